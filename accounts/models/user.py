"""People: a company's contacts and the vendor's staff, with the flags that open areas to them."""

import hmac
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.core import signing
from django.core.validators import RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import emails
from accounts.models.company import Company
from accounts.models.logbook import STAYS, AuditEntry
from accounts.models.people import Changed, UserManager
from accounts.models.refusals import CannotHaveAccess, Overtaken, StillActive, Themselves
from accounts.permissions import BY_NAME, PARENTS, PERMISSIONS, settled
from mail import outbox
from text.words import normalised

# Without letters that look like digits.
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# A domain that no mail reaches (RFC 2606).
NOWHERE = "borrado.invalid"

INVITATION_SALT = "accounts.invitation"
EMAIL_SALT = "accounts.email"
UNSUBSCRIBE_SALT = "accounts.unsubscribe"
# No token of ours is longer.
LONGEST_TOKEN = 1000


def pseudonym() -> str:
    """What an erased person is called in threads: “Persona borrada 7K2Q”."""
    with translation.override(settings.LANGUAGE_CODE):
        code = "".join(secrets.choice(CROCKFORD) for _place in range(4))
        return gettext("Erased person %(code)s") % {"code": code}


def random_id() -> str:
    """How pages call a person: tells nothing about how many there are."""
    return secrets.token_urlsafe(9)


def permission(name: str) -> models.BooleanField:
    """A flag's column; one writer, `User.objects.set_permissions`."""
    return models.BooleanField(BY_NAME[name].label, default=False)


class User(AbstractBaseUser, PermissionsMixin):
    """A contact of one company, or staff of the vendor. A contact may exist without access to the portal (S0-94)."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    public_id = models.CharField(max_length=16, unique=True, default=random_id, editable=False)
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("company")
    )
    login = models.CharField(
        _("login name"),
        max_length=60,
        unique=True,
        null=True,
        blank=True,
        validators=[
            RegexValidator(
                r"^[\w.\-]{3,60}$", _("3 to 60 letters, digits, dots, dashes or underscores, without spaces.")
            )
        ],
        error_messages={"unique": _("This login name is not available.")},
    )
    email = models.EmailField(_("e-mail address"))
    proved_email = models.EmailField(
        blank=True, editable=False, help_text=_("The address of which a mailed link has shown that it is theirs.")
    )
    first_name = models.CharField(_("first name"), max_length=80)
    last_name = models.CharField(_("last name"), max_length=120, blank=True)
    phone = models.CharField(_("telephone"), max_length=30, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="es")
    theme = models.CharField(_("theme"), max_length=5, choices=Theme.choices, default=Theme.AUTO)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("support staff"), default=False)
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    unread_from = models.DateTimeField(
        _("unread from"), default=timezone.now, help_text=_("What support wrote before counts as read.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    access_until = models.DateField(
        _("access until"), null=True, blank=True, help_text=_("The last day; the portal withdraws the access after it.")
    )
    declines_general_mail = models.BooleanField(_("does not want general mail"), default=False)
    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)
    session_nonce = models.CharField(max_length=16, default=random_id, editable=False)

    has_portal_access = permission("has_portal_access")
    is_company_manager = permission("is_company_manager")
    can_use_tickets = permission("can_use_tickets")
    can_see_company_tickets = permission("can_see_company_tickets")
    can_accept_quotes = permission("can_accept_quotes")
    can_use_requests = permission("can_use_requests")
    can_use_training = permission("can_use_training")
    can_book_training = permission("can_book_training")
    can_use_webinars = permission("can_use_webinars")
    can_use_releases = permission("can_use_releases")
    can_use_downloads = permission("can_use_downloads")
    can_use_contracts = permission("can_use_contracts")
    can_use_invoices = permission("can_use_invoices")

    receives_general_mail = permission("receives_general_mail")
    receives_licence_files = permission("receives_licence_files")
    copied_on_company_tickets = permission("copied_on_company_tickets")

    is_technical_contact = permission("is_technical_contact")
    is_administrative_contact = permission("is_administrative_contact")
    is_commercial_contact = permission("is_commercial_contact")

    objects = UserManager()

    # Whether staff are looking at the portal in this person's place: then nothing can be done nor counts as read.
    is_viewed = False

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email", "first_name"]

    PERSONAL = {"login", "email", "proved_email", "first_name", "last_name", "phone"}
    IMPERSONAL = {"public_id", "password", "session_nonce"}
    WHOSE: dict[str, str] = {}  # the person's own: `erase`

    class Meta:
        ordering = ["first_name", "last_name", "id"]
        verbose_name = _("user")
        verbose_name_plural = _("users")
        permissions = [("view_as_person", _("Can see the portal as a person"))]
        constraints = [
            models.CheckConstraint(
                name="staff_have_no_company_and_customers_always_one",
                condition=Q(is_staff=True, company=None) | Q(is_staff=False, company__isnull=False),
            ),
            models.CheckConstraint(name="superusers_are_staff", condition=Q(is_superuser=False) | Q(is_staff=True)),
            models.CheckConstraint(
                name="staff_have_no_portal_access", condition=Q(is_staff=False) | Q(has_portal_access=False)
            ),
            models.CheckConstraint(
                name="access_needs_a_login",
                condition=Q(has_portal_access=False, is_staff=False) | Q(login__isnull=False),
            ),
            models.UniqueConstraint(
                name="one_person_with_access_per_email",
                fields=["email"],
                condition=Q(has_portal_access=True) | Q(is_staff=True),
                violation_error_message=_("Another person already uses this e-mail address to log in."),
            ),
            *[
                models.CheckConstraint(
                    name=f"{child}_needs_its_parent", condition=Q(**{child: False}) | Q(**{parent: True})
                )
                for child, parent in PARENTS.items()
            ],
        ]
        indexes = [
            models.Index(
                fields=["company"], name="copied_people_of_company", condition=Q(copied_on_company_tickets=True)
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def clean(self) -> None:
        self.normalise()

    def save(self, *args, **kwargs) -> None:
        self.normalise()
        super().save(*args, **kwargs)

    def normalise(self) -> None:
        """Login and e-mail are stored NFC and casefolded, so that the unique columns compare what people mean."""
        self.login = normalised(self.login) if self.login else None
        self.email = normalised(self.email)

    # --- questions ---

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.login or self.email

    def get_short_name(self) -> str:
        return self.first_name or self.get_full_name()

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper() or self.email[:2].upper()

    def may_log_in(self) -> bool:
        """Active and either staff or a contact with access, within their days, of a company that is not suspended."""
        if not self.is_active:
            return False
        return self.is_staff or (self.has_portal_access and self.company.is_active and not self.is_over())

    def is_over(self, *, at: datetime | None = None) -> bool:
        """Whether the last day of the access has passed, where the company is, and nothing else is needed to end it.

        A manager's date is carried out by `withdraw_overdue` alone, which knows whether another manager is left.
        """
        if self.access_until is None or self.is_company_manager:
            return False
        return self.access_until < self.company.today(at)

    # --- verbs ---

    def take(self, changes: Mapping[str, bool]) -> Changed:
        """Keep flags and marks, children settled; whoever calls it has locked the company and writes the logbook."""
        before = {name: getattr(self, name) for name in PERMISSIONS}
        after = settled(before, changes)
        changed = {name: [before[name], after[name]] for name in PERMISSIONS if before[name] != after[name]}
        for name, (_old, new) in changed.items():
            setattr(self, name, new)
        fields = list(changed)
        if any(after[name] and not before[name] for name in ("can_use_tickets", "can_see_company_tickets")):
            self.unread_from = timezone.now()
            fields.append("unread_from")
        if before["has_portal_access"] and not after["has_portal_access"]:
            self.session_nonce = random_id()  # what was open, and every link, stays dead if the access comes back
            fields.append("session_nonce")
        if after["has_portal_access"] and not before["has_portal_access"]:
            self.save_with_access(fields)
        elif changed:
            self.save(update_fields=fields)
        return changed

    def save_with_access(self, fields: list[str]) -> None:
        """Save what gives access; a last day that has passed goes, else it would be taken away again at once."""
        if self.company_id and self.access_until and self.access_until < self.company.today():
            self.access_until = None
            fields = [*fields, "access_until"]
        try:
            with transaction.atomic():
                self.save(update_fields=fields)
        except IntegrityError as error:
            raise CannotHaveAccess(self) from error

    def note_staying(self) -> bool:
        """The logbook says, once for each date, that the last manager stays beyond it. Whether it is news."""
        until = self.access_until.isoformat()
        kind, changes = AuditEntry.Kind.PERSON_CHANGED, {"access_until": [until, until]}
        if AuditEntry.objects.filter(company=self.company, kind=kind, target_id=self.pk, changes=changes).exists():
            return False
        AuditEntry.write(kind, by=None, on=self, company=self.company, changes=changes, reason=STAYS)
        return True

    def set_permissions(self, *, by: "User | None", changes: Mapping[str, bool], reason: str = "") -> Changed:
        """Change flags and marks of this person. Returns {flag: [old, new]} of what really changed.

        Raises LastManager; ValueError for a name that is no permission.
        """
        changed = User.objects.set_permissions(by=by, company=self.company, changes={self.pk: changes}, reason=reason)
        self.refresh_from_db(fields=[*PERMISSIONS, "unread_from", "access_until", "session_nonce"])
        return changed.get(self.pk, {})

    @transaction.atomic
    def keep(
        self,
        *,
        by: "User",
        data: Mapping[str, Any],
        permissions: Mapping[str, bool],
        password: str | None = None,
        must_change: bool = True,
        invited: bool = False,
    ) -> None:
        """All that a manager decided about this person at once: everything is kept or, with LastManager, nothing.

        `data` and `permissions` name what is to change and nothing else, so that what another manager decided
        meanwhile stays. `password` is one that the manager typed; `invited` mails a link to choose one.
        """
        User.objects.lock(self.company)  # before the person's row, in the order of everybody who changes permissions
        self.refresh_from_db()
        loses_access = permissions.get("has_portal_access") is False
        if loses_access:  # a person without access may be without login, and share an address
            self.set_permissions(by=by, changes=permissions)
        self.edit(by=by, data=data)
        if not loses_access:
            self.set_permissions(by=by, changes=permissions)
        if password:
            self.give_password(password, by=by, must_change=must_change)
        elif invited:
            self.invite(by=by)

    @transaction.atomic
    def edit(self, *, by: "User | None", data: Mapping[str, Any]) -> list[str]:
        """Change contact data: names, e-mail, telephone, language, login, `access_until`. Returns what really changed.

        The logbook is told which fields, not what they say: an erased person leaves nothing there. What was mailed to
        another address or login before, a link to choose a password among it, no longer opens anything.
        Raises LastManager when the only manager's access would end one day.
        """
        changed = [name for name, value in data.items() if getattr(self, name) != value]
        address = self.email
        for name in changed:
            setattr(self, name, data[name])
        self.normalise()
        if changed:
            with User.objects.keeping_a_manager(self.company if "access_until" in changed else None):
                self.save(update_fields=changed)
            changes: dict[str, list] = {name: [None, None] for name in changed}
            if "access_until" in changed:
                until = self.access_until
                changes["access_until"] = [None, until.isoformat() if until else None]
            AuditEntry.write(AuditEntry.Kind.PERSON_CHANGED, by=by, on=self, company=self.company, changes=changes)
        if "email" in changed and self.may_log_in():
            emails.email_changed(self, address)
        return changed

    @transaction.atomic
    def deactivate(self, *, by: "User | None") -> None:
        """End this person's access; nothing of theirs is deleted. Sessions, links and queued mails die at once.

        Raises LastManager.
        """
        with User.objects.keeping_a_manager(self.company):
            if not User.objects.filter(pk=self.pk, is_active=True).update(is_active=False):
                return
        self.is_active = False
        self.end_sessions()
        outbox.cancel_for(self.pk)
        AuditEntry.write(AuditEntry.Kind.PERSON_DEACTIVATED, by=by, on=self, company=self.company)

    @transaction.atomic
    def reactivate(self, *, by: "User") -> None:
        """The person is back, with the flags that they had; sessions and links of before stay dead."""
        if User.objects.filter(pk=self.pk, is_active=False, erased_at=None).update(is_active=True):
            AuditEntry.write(AuditEntry.Kind.PERSON_REACTIVATED, by=by, on=self, company=self.company)
        self.refresh_from_db(fields=["is_active"])

    @transaction.atomic
    def erase(self, *, by: "User", reason: str) -> bool:
        """Take everything that says who this was and leave a pseudonym; False when somebody did so before.

        These are the columns of this row: portal.privacy.erasure has all the others. Raises StillActive, Themselves.
        """
        if by.pk == self.pk:
            raise Themselves
        now = timezone.now()
        if not User.objects.filter(pk=self.pk, is_active=False, erased_at=None).update(erased_at=now):
            self.refresh_from_db()
            if self.is_active:
                raise StillActive
            return False
        self.erased_at = now
        self.take(dict.fromkeys(PERMISSIONS, False))
        self.public_id, self.session_nonce = random_id(), random_id()
        self.first_name, self.last_name, self.phone = pseudonym(), "", ""
        self.login = f"borrado-{self.public_id}" if self.is_staff else None
        self.email, self.proved_email = f"{self.public_id}@{NOWHERE}", ""
        self.is_superuser, self.access_until, self.last_login = False, None, None
        self.set_unusable_password()
        self.save()
        self.groups.clear()
        self.user_permissions.clear()
        AuditEntry.write(AuditEntry.Kind.PERSON_ERASED, by=by, on=self, company=self.company, reason=reason)
        return True

    @transaction.atomic
    def give_password(self, password: str, *, by: "User", must_change: bool = True) -> None:
        """A manager typed a password for this person, who hears of it if there was another one; every session and link
        of before dies."""
        had_one = self.has_usable_password()
        self.set_password(password)
        self.must_change_password = must_change
        self.save(update_fields=["password", "must_change_password"])
        AuditEntry.write(AuditEntry.Kind.PASSWORD_GIVEN, by=by, on=self, company=self.company)
        if had_one and self.may_log_in():
            emails.password_given(self, by=by)

    @transaction.atomic
    def keep_as_staff(self, *, by: "User", changed: list[str], is_new: bool) -> "User":
        """Create or change a person of support; a new one gets a link to choose a password.

        The logbook is told which columns, and of those that say nothing about the person also what they hold now.
        """
        self.save()
        changes: dict[str, list] = {name: [None, None] for name in changed}
        if "is_active" in changed:
            changes["is_active"] = [not self.is_active, self.is_active]
        AuditEntry.write(AuditEntry.Kind.STAFF_CHANGED, by=by, on=self, changes=changes)
        if is_new:
            self.invite(by=by)
        return self

    @transaction.atomic
    def change_password(self, password: str) -> None:
        """The person chose a password of their own. Raises Overtaken when it is no longer the one this began with."""
        before = self.password
        self.set_password(password)
        self.must_change_password = False
        changes = {"password": self.password, "must_change_password": False}
        if not User.objects.filter(pk=self.pk, password=before).update(**changes):
            raise Overtaken
        AuditEntry.write(AuditEntry.Kind.PASSWORD_CHANGED, by=self, on=self, company=self.company)

    @transaction.atomic
    def invite(self, *, by: "User | None", tell: "Callable[[User], None]" = emails.invited) -> None:
        """Mail a link to choose a password; it works once and for INVITATION_DAYS days. `tell` writes the mail."""
        AuditEntry.write(AuditEntry.Kind.INVITATION_SENT, by=by, on=self, company=self.company)
        tell(self)

    @transaction.atomic
    def ask_for_email(self, address: str) -> None:
        """Mail a link to the new address, and word of it to the present one.

        An address with which somebody else logs in gets no mail; the work is the same, so that time tells nothing.
        """
        emails.email_change_asked(self, address)
        with transaction.atomic():
            emails.email_to_confirm(self, address)
            if User.objects.named(address) is not None:
                transaction.set_rollback(True)

    def change_email(self, address: str) -> None:
        """The person showed that the address is theirs. Raises Overtaken when it is no longer free."""
        before = self.email
        mine = User.objects.filter(pk=self.pk, email=before, password=self.password, session_nonce=self.session_nonce)
        try:
            with transaction.atomic():
                if not mine.update(email=address, proved_email=address):
                    raise Overtaken
                AuditEntry.write(AuditEntry.Kind.EMAIL_CHANGED, by=self, on=self, company=self.company)
                emails.email_changed(self, before)
        except IntegrityError:
            raise Overtaken from None
        self.email = self.proved_email = address

    def prove_email(self) -> None:
        """A link that was mailed to the address was used: it is theirs, as long as it stays the same."""
        if self.proved_email != self.email and User.objects.filter(pk=self.pk, email=self.email).update(
            proved_email=self.email
        ):
            self.proved_email = self.email

    @transaction.atomic
    def choose_general_mail(self, *, wanted: bool) -> None:
        """The person's own word beside the manager's mark."""
        if User.objects.filter(pk=self.pk, declines_general_mail=wanted).update(declines_general_mail=not wanted):
            changes = {"declines_general_mail": [wanted, not wanted]}
            AuditEntry.write(AuditEntry.Kind.PERSON_CHANGED, by=self, on=self, company=self.company, changes=changes)
        self.declines_general_mail = not wanted

    # --- links of a new address, and of what one no longer wants ---

    def email_token(self, address: str) -> str:
        return signing.dumps([self.pk, address, self.email_state()], salt=EMAIL_SALT)

    @classmethod
    def from_email_token(cls, token: str) -> "tuple[User, str] | None":
        """Who asked for which address; None when the link is wrong, old, used or overtaken."""
        if len(token) > LONGEST_TOKEN:
            return None
        try:
            pk, address, state = signing.loads(token, salt=EMAIL_SALT, max_age=settings.EMAIL_CHANGE_HOURS * 3600)
        except (signing.BadSignature, ValueError, TypeError):
            return None
        user = cls.objects.select_related("company").filter(pk=pk).first()
        if user is None or not user.may_log_in() or not hmac.compare_digest(state, user.email_state()):
            return None
        return user, address

    def email_state(self) -> str:
        """A digest that a change of password or address, and the end of all sessions, make another."""
        return sha256(f"{self.password}|{self.email}|{self.session_nonce}".encode()).hexdigest()[:32]

    def unsubscribe_token(self) -> str:
        return signing.Signer(salt=UNSUBSCRIBE_SALT).sign(self.public_id)

    @classmethod
    def from_unsubscribe_token(cls, token: str) -> "User | None":
        """Whose general mail the link is about; it works for ever, and for people without access too."""
        if len(token) > LONGEST_TOKEN:
            return None
        try:
            public_id = signing.Signer(salt=UNSUBSCRIBE_SALT).unsign(token)
        except signing.BadSignature:
            return None
        return cls.objects.select_related("company").filter(public_id=public_id, erased_at=None).first()

    # --- invitation links ---

    def invitation_token(self) -> str:
        return signing.dumps([self.pk, self.invitation_state()], salt=INVITATION_SALT)

    @classmethod
    def from_invitation(cls, token: str) -> "User | None":
        """Whom a link to choose a password belongs to; None when it is wrong, old, used or overtaken."""
        if len(token) > 300:
            return None
        try:
            pk, state = signing.loads(token, salt=INVITATION_SALT, max_age=settings.INVITATION_DAYS * 24 * 3600)
        except (signing.BadSignature, ValueError, TypeError):
            return None
        user = cls.objects.select_related("company").filter(pk=pk).first()
        if user is None or not user.may_log_in() or not hmac.compare_digest(state, user.invitation_state()):
            return None
        return user

    def invitation_state(self) -> str:
        """A digest that any change of password, address or login makes another, so that an old link dies."""
        return sha256(f"{self.password}|{self.email}|{self.login}|{self.session_nonce}".encode()).hexdigest()[:32]

    # --- sessions ---

    def get_session_auth_hash(self) -> str:
        """Sessions die with the password and, without a new one, by `end_sessions`."""
        return self.session_hash(settings.SECRET_KEY)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        yield from map(self.session_hash, settings.SECRET_KEY_FALLBACKS)

    def session_hash(self, secret: str) -> str:
        state = f"{self.password}|{self.session_nonce}"
        return salted_hmac("accounts.session", state, secret=secret, algorithm="sha256").hexdigest()

    def end_sessions(self) -> None:
        """Every session of this person and every link to choose a password is dead from now on."""
        self.session_nonce = random_id()
        self.save(update_fields=["session_nonce"])
