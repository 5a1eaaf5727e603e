"""Registration: somebody asks for access, shows that the address is theirs, and somebody of the company decides.

Whether anybody may is a setting (decision 24). What the pages answer tells nobody who is known here.
"""

import re
import secrets
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import emails, logins
from accounts.models.company import Company
from accounts.models.logbook import AuditEntry
from accounts.models.user import User, random_id
from accounts.tenancy import TenantQuerySet

if TYPE_CHECKING:
    from django.db.models import QuerySet

CLOSED, APPROVAL, OPEN = "closed", "approval", "open"

LINK_LIFE = timedelta(hours=24)
UNVERIFIED_LIFE = timedelta(days=7)
UNDECIDED_LIFE = timedelta(days=60)

# Without signs that one takes for another; 32 of them.
CODE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

Done = TypeVar("Done")


class NoLongerOpen(Exception):
    """Somebody was first: the link was used, the request decided, or a newer one took its place."""


def once_more(deed: Callable[[], Done]) -> Done:
    """In a transaction; what met another of its kind at the same instant is done again, after it."""
    try:
        with transaction.atomic():
            return deed()
    except IntegrityError:
        with transaction.atomic():
            return deed()


def hashed(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()


class AccessRequestQuerySet(TenantQuerySet["AccessRequest"]):
    def visible_to(self, user):
        """Those of one's own company, for its managers; one whose address is not verified is nobody's yet."""
        if not user.is_authenticated or not user.is_company_manager:
            return self.none()
        return super().visible_to(user).exclude(state=AccessRequest.State.UNVERIFIED)

    def waiting(self):
        """Whose address is verified and whom nobody has answered."""
        return self.filter(state=AccessRequest.State.VERIFIED)

    def answered(self):
        return self.exclude(state__in=AccessRequest.OPEN_STATES)

    def ask(self, *, email: str, **data) -> None:
        """Somebody asks for access; a link shows whose the address is. `data`: names, telephone, company, message.

        The work is the same whatever is known of the address, so that neither time nor queries tell it. A second
        request takes the place of the first, whose link dies.
        """
        once_more(lambda: self.begin(email=email, **data))

    def begin(self, *, email: str, **data) -> None:
        token = secrets.token_urlsafe(24)
        holder = User.objects.named(email)
        self.filter(email=email, state=AccessRequest.State.UNVERIFIED).delete()
        until = timezone.now() + LINK_LIFE
        asked = self.create(email=email, token_hash=hashed(token), token_until=until, **data)
        if holder is not None and holder.may_log_in():
            emails.already_registered(holder)
        else:
            emails.request_verify(asked, token)

    def tidy(self, *, at: datetime) -> None:
        """Forget whoever never used the link; end what nobody answered. Decided ones are kept."""
        self.filter(state=AccessRequest.State.UNVERIFIED, asked_at__lt=at - UNVERIFIED_LIFE).delete()
        for asked in self.waiting().filter(verified_at__lt=at - UNDECIDED_LIFE):
            with suppress(NoLongerOpen):
                asked.expire()


class AccessRequest(models.Model):
    """Somebody asks to be let in. A company's managers decide; support only says which company it is."""

    class State(models.TextChoices):
        UNVERIFIED = "unverified", pgettext_lazy("request for access", "address not verified")
        VERIFIED = "verified", pgettext_lazy("request for access", "waiting")
        APPROVED = "approved", pgettext_lazy("request for access", "approved")
        REJECTED = "rejected", pgettext_lazy("request for access", "rejected")
        EXPIRED = "expired", pgettext_lazy("request for access", "expired")

    OPEN_STATES = (State.UNVERIFIED, State.VERIFIED)

    public_id = models.CharField(max_length=16, unique=True, default=random_id, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.UNVERIFIED)
    first_name = models.CharField(_("first name"), max_length=80)
    last_name = models.CharField(_("last name"), max_length=120)
    email = models.EmailField(_("e-mail address"))
    phone = models.CharField(_("telephone"), max_length=30, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="es")
    company_typed = models.CharField(_("company, as typed"), max_length=150, blank=True)
    message = models.TextField(_("message"), max_length=2000, blank=True)
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, verbose_name=_("company"), related_name="access_requests"
    )
    person = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("contact"),
        related_name="access_requests",
        help_text=_("The contact of the company whose address it is; once approved, who got access."),
    )
    token_hash = models.CharField(max_length=64, blank=True, editable=False)
    token_until = models.DateTimeField(null=True, editable=False)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    verified_at = models.DateTimeField(_("address verified"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, verbose_name=_("decided by"), related_name="+"
    )
    answer = models.TextField(_("answer"), max_length=1000, blank=True)

    objects = AccessRequestQuerySet.as_manager()

    PERSONAL = {"first_name", "last_name", "email", "phone", "company_typed", "message", "answer"}
    IMPERSONAL = {"public_id", "token_hash"}
    WHOSE = {"person": "ids", "email": "emails"}

    class Meta:
        ordering = ["-id"]
        verbose_name = _("request for access")
        verbose_name_plural = _("requests for access")
        constraints = [
            models.UniqueConstraint(
                name="one_request_of_each_open_state_per_email",
                fields=["email", "state"],
                condition=Q(state__in=["unverified", "verified"]),
            ),
            models.UniqueConstraint(
                name="one_request_per_link", fields=["token_hash"], condition=Q(state="unverified")
            ),
            models.CheckConstraint(
                name="a_decided_request_says_when",
                condition=Q(state__in=["approved", "rejected"], decided_at__isnull=False)
                | Q(state__in=["unverified", "verified", "expired"], decided_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-verified_at"], name="access_requests_of_company"),
            models.Index(fields=["company"], name="waiting_access_requests", condition=Q(state="verified")),
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_absolute_url(self) -> str:
        return reverse("access_requests:detail", args=[self.public_id])

    # --- questions ---

    @classmethod
    def from_link(cls, token: str) -> "AccessRequest | None":
        """Whose address a link verifies; None when it is wrong, old, used or a newer one was sent."""
        live = cls.objects.filter(state=cls.State.UNVERIFIED, token_until__gt=timezone.now())
        return live.filter(token_hash=hashed(token)).first()

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def domain(self) -> str:
        """What stands behind the @ of the address."""
        return self.email.rpartition("@")[2]

    def is_from_outside(self) -> bool:
        """Whether the company says which addresses are its own, and this one is not among them."""
        domains = self.company.own_domains() if self.company else set()
        return bool(domains) and self.domain not in domains

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper()

    def actions_for(self, user: User) -> set[str]:
        """What `user` may do: the company's managers decide; while none is known, support says which, or no."""
        if self.state != self.State.VERIFIED:
            return set()
        if user.is_staff:
            return {"assign", "found", "reject"} if self.company_id is None else set()
        return {"approve", "reject"} if self.company_id == user.company_id and user.is_company_manager else set()

    def contact_in(self, company: Company) -> User | None:
        """The person of the company who has this address already: whoever has access, else whoever is active."""
        people = company.people.filter(email=self.email, erased_at=None)
        return people.order_by("-has_portal_access", "-is_active", "pk").first()

    # --- verbs ---

    def verify(self) -> None:
        """Whoever has the link has the address: now somebody can be told. Raises NoLongerOpen."""
        once_more(self.go_on)

    def go_on(self) -> None:
        now = timezone.now()
        former = AccessRequest.objects.filter(email=self.email).waiting()
        told = set(former.values_list("company", flat=True))
        former.update(state=self.State.EXPIRED)
        self.move(self.State.UNVERIFIED, self.State.VERIFIED, verified_at=now, token_hash="")
        holder = User.objects.named(self.email)
        if holder is not None and holder.may_log_in():
            self.move(self.State.VERIFIED, self.State.EXPIRED)
            emails.already_registered(holder)
            return
        homes = Company.objects.filter(is_active=True, people__email=self.email, people__erased_at=None).distinct()
        if settings.REGISTRATION == OPEN and not homes.exists():
            self.found_company(self.personal_company(), by=None)
        else:
            self.lead_to(company_meant(homes, self.email, self.company_typed), by=None, told=told)

    def lead_to(self, company: Company | None, *, by: User | None, told: Collection[int | None] = ()) -> None:
        """Put the request before the managers of the company, or before support while nobody knows which one it is.

        `told`: the companies that heard already of a former request from this address.
        """
        self.company = company
        self.person = self.contact_in(company) if company is not None else None
        self.save(update_fields=["company", "person"])
        AuditEntry.write(AuditEntry.Kind.ACCESS_REQUESTED, by=by, on=self, company=company)
        if self.company_id in told:
            return
        if company is not None:
            emails.access_requested(self)
        else:
            emails.access_requested_for_support(self, User.objects.registrars())

    @transaction.atomic
    def assign(self, company: Company, *, by: User) -> None:
        """Support says which company it is; its managers decide. Raises NoLongerOpen."""
        unknown = AccessRequest.objects.filter(pk=self.pk, company=None).waiting()
        if not unknown.update(company=company):
            raise NoLongerOpen
        self.lead_to(company, by=by)

    @transaction.atomic
    def approve(self, *, by: User, login: str, permissions: Mapping[str, bool]) -> User:
        """The person gets access, these permissions, and a link to choose a password. A contact stays the same person.

        Raises NoLongerOpen, also while no company is known; LastManager; IntegrityError when login or address were
        taken at this very instant.
        """
        company = self.company
        if company is None:
            raise NoLongerOpen
        User.objects.lock(company)
        self.decide(self.State.APPROVED, by=by)
        permissions = {**permissions, "has_portal_access": True}
        person = self.contact_in(company)
        if person is None:
            data = self.personal_data() | {"login": login}
            person = User.objects.create_contact(by=by, company=company, permissions=permissions, **data)
        else:
            person.reactivate(by=by)
            person.edit(by=by, data={"login": login, "access_until": None})
            person.set_permissions(by=by, changes=permissions)
        person.invite(by=by, tell=emails.access_approved)
        self.note_approval(person, by=by)
        return person

    @transaction.atomic
    def reject(self, *, by: User, answer: str = "") -> None:
        """No, with words if there are any. Raises NoLongerOpen."""
        self.decide(self.State.REJECTED, by=by, answer=answer)
        AuditEntry.write(AuditEntry.Kind.ACCESS_REJECTED, by=by, on=self, company=self.company)
        emails.access_rejected(self)

    @transaction.atomic
    def found_company(self, company: Company, *, by: User | None, login: str = "") -> User:
        """The person becomes the first manager of a company of their own. Raises NoLongerOpen."""
        self.decide(self.State.APPROVED, by=by)
        manager = self.personal_data() | {"login": login or self.free_login()}
        User.objects.found_company(company, by=by, manager=manager, tell=emails.access_approved)
        person = company.people.get()
        self.company = company
        self.note_approval(person, by=by)
        return person

    @transaction.atomic
    def expire(self) -> None:
        """Nobody answered in time: the person hears at least that. Raises NoLongerOpen."""
        self.move(self.State.VERIFIED, self.State.EXPIRED)
        emails.access_rejected(self)

    # --- private helpers ---

    def move(self, old: str, new: str, **changes) -> None:
        """From one state to the next, for whoever is first. Raises NoLongerOpen."""
        if not AccessRequest.objects.filter(pk=self.pk, state=old).update(state=new, **changes):
            raise NoLongerOpen
        for name, value in {"state": new, **changes}.items():
            setattr(self, name, value)

    def decide(self, new: str, *, by: User | None, answer: str = "") -> None:
        self.move(self.State.VERIFIED, new, decided_at=timezone.now(), decided_by=by, answer=answer)

    def note_approval(self, person: User, *, by: User | None) -> None:
        self.person = person
        self.save(update_fields=["company", "person"])
        changes = {"person": [None, person.pk]}
        AuditEntry.write(AuditEntry.Kind.ACCESS_APPROVED, by=by, on=self, company=self.company, changes=changes)

    def personal_data(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("first_name", "last_name", "email", "phone", "language")}

    def free_login(self) -> str:
        return logins.free(self.first_name, self.last_name, self.email)

    def personal_company(self) -> Company:
        name = self.get_full_name()
        return Company(name=name[:150], code=free_code(name), email=self.email, phone=self.phone)


# --- which company it is ---


def company_meant(homes: "QuerySet[Company]", email: str, typed: str) -> Company | None:
    """The active company that already has a contact with this address, else that of its domain, else of the code.

    Where several fit, the code says which one; None when it does not.
    """
    for companies in (list(homes), list(of_domain(email.rpartition("@")[2]))):
        if len(companies) == 1:
            return companies[0]
        if meant := [company for company in companies if company.code == typed.upper()]:
            return meant[0]
    return Company.objects.filter(is_active=True, code=typed.upper()).first()


def of_domain(domain: str) -> Iterator[Company]:
    """The active companies that say this domain of e-mail addresses is theirs."""
    for company in Company.objects.filter(is_active=True, email_domains__icontains=domain):
        if domain in company.own_domains():
            yield company


# --- a code that no company has yet ---


def free_code(name: str) -> str:
    """A company's code: the first letters of a name, then chance, which does not tell how many companies there are."""
    letters = re.sub(r"[^A-Z]", "", unicodedata.normalize("NFKD", name).upper())[:3] or "P"
    while True:
        code = letters + "".join(secrets.choice(CODE_SIGNS) for _sign in range(4))
        if not Company.objects.filter(code=code).exists():
            return code
