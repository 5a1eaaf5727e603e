"""Break-glass: a company whose managers are all out of reach gets a manager from support, slowly and in the open."""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import emails
from accounts.models.company import Company
from accounts.models.logbook import AuditEntry
from accounts.models.user import User
from accounts.tenancy import TenantQuerySet

# What the person gets, and nothing else: they decide on the rest themselves.
APPOINTED_WITH = {"has_portal_access": True, "is_company_manager": True}
NEW_CONTACT = ("first_name", "last_name", "email", "login")


class ReplacementRefused(ValidationError):
    """What was asked cannot happen to the replacement of a manager, or not any more."""


def public_id() -> str:
    return secrets.token_urlsafe(9)


class ManagerReplacementQuerySet(TenantQuerySet["ManagerReplacement"]):
    def visible_to(self, user):
        """For the managers of the company, who may object."""
        if not user.is_authenticated or not user.is_company_manager:
            return self.none()
        return super().visible_to(user)

    def open(self):
        """Asked for or confirmed, and not yet done."""
        return self.filter(state__in=ManagerReplacement.OPEN)

    def due(self, *, at: datetime):
        """Confirmed long enough ago. A suspended company waits: its manager could not log in."""
        confirmed = ManagerReplacement.State.CONFIRMED
        return self.filter(state=confirmed, due_at__lte=at, company__is_active=True)

    @transaction.atomic
    def ask(
        self, *, by: User, company: Company, reason: str, person: User | None = None, login: str = "", **data: str
    ) -> "ManagerReplacement":
        """A person of support asks for a contact to be appointed, or a new one with this `data`: names and e-mail.

        Where no second person of support is needed it is confirmed at once. Raises ReplacementRefused.
        """
        confirmers = User.objects.permitted("replace_manager").exclude(pk=by.pk)
        if settings.BREAK_GLASS_CONFIRMATION and not confirmers.exists():
            raise ReplacementRefused(
                _("Nobody else of support may confirm it. Give a second person the role that may, and ask again."),
                code="alone",
            )
        if person is not None and (person.company_id != company.pk or not person.is_active):
            raise ReplacementRefused(_("This person is not an active contact of the company."), code="person")
        try:
            with transaction.atomic():
                asked = self.create(
                    company=company,
                    person=person,
                    login=login,
                    reason=reason,
                    asked_by=by,
                    asked_at=timezone.now(),
                    **data,
                )
        except IntegrityError as error:
            raise ReplacementRefused(_("A replacement is under way already."), code="open") from error
        asked.write(AuditEntry.Kind.REPLACEMENT_ASKED, by=by)
        if settings.BREAK_GLASS_CONFIRMATION:
            emails.replacement_asked(asked, confirmers)
        else:
            asked.confirm(by=by)
        return asked

    def appoint_due(self, *, at: datetime) -> int:
        """Appoint whoever is due; what has become impossible is cancelled. Says how many were appointed."""
        appointed = 0
        for replacement in self.due(at=at).select_related("company", "person", "confirmed_by").order_by("pk"):
            try:
                replacement.appoint(at=at)
            except (ValidationError, IntegrityError):
                replacement.give_up()
            else:
                appointed += 1
        return appointed


class ManagerReplacement(models.Model):
    """One appointment of a manager by support: asked for by one person, confirmed by another, done after some hours in
    which the company may object. Names and address of a new contact are kept until it ends."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked for")
        CONFIRMED = "confirmed", _("confirmed")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")

    OPEN = (State.ASKED, State.CONFIRMED)

    public_id = models.CharField(max_length=16, unique=True, default=public_id, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="replacements", verbose_name=_("company"))
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("person"))
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    login = models.CharField(_("login name"), max_length=60, blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("asked by"))
    asked_at = models.DateTimeField(_("asked"))
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    due_at = models.DateTimeField(_("due"), null=True)
    cancelled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("cancelled by"))
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = ManagerReplacementQuerySet.as_manager()

    PERSONAL = {"first_name", "last_name", "email", "login"}
    KEPT = {"reason"}
    IMPERSONAL = {"public_id"}
    WHOSE = {"person": "ids", "email": "emails"}

    class Meta:
        verbose_name = _("replacement of a manager")
        verbose_name_plural = _("replacements of managers")
        default_permissions = ()
        permissions = [("replace_manager", _("Can replace a company's lost manager"))]
        constraints = [
            models.UniqueConstraint(
                fields=["company"],
                name="one_open_replacement_per_company",
                condition=Q(state__in=["asked", "confirmed"]),
            ),
            models.CheckConstraint(
                name="an_open_replacement_names_a_contact_or_a_new_one",
                condition=~Q(state__in=["asked", "confirmed"])
                | Q(person__isnull=False, email="")
                | Q(person=None) & ~Q(email="") & ~Q(login=""),
            ),
            models.CheckConstraint(
                name="a_confirmed_replacement_has_its_moment",
                condition=~Q(state__in=["confirmed", "done"])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False, due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} {self.state}"

    # --- questions ---

    @property
    def name(self) -> str:
        """Who is to be appointed."""
        return self.person.get_full_name() if self.person else f"{self.first_name} {self.last_name}".strip()

    @property
    def awaits_confirmation(self) -> bool:
        return self.state == self.State.ASKED

    def may_be_confirmed_by(self, person: User) -> bool:
        """Two people of support are needed, where the vendor has two."""
        return self.awaits_confirmation and (not settings.BREAK_GLASS_CONFIRMATION or person.pk != self.asked_by_id)

    # --- verbs ---

    @transaction.atomic
    def confirm(self, *, by: User) -> None:
        """A second person of support agrees: the company is told, and the hours for objections begin.

        Raises ReplacementRefused.
        """
        if self.awaits_confirmation and not self.may_be_confirmed_by(by):
            raise ReplacementRefused(_("Another person of support must confirm it."), code="same_person")
        now = timezone.now()
        due_at = now + timedelta(hours=settings.BREAK_GLASS_HOURS)
        self.move((self.State.ASKED,), self.State.CONFIRMED, confirmed_by=by, confirmed_at=now, due_at=due_at)
        self.write(AuditEntry.Kind.REPLACEMENT_CONFIRMED, by=by)
        emails.replacement_confirmed(self, self.people_to_tell())

    @transaction.atomic
    def cancel(self, *, by: User | None) -> None:
        """A manager of the company objects, or support takes it back. Raises ReplacementRefused when it has ended."""
        self.move(self.OPEN, self.State.CANCELLED, cancelled_by=by, ended_at=timezone.now())
        self.write(AuditEntry.Kind.REPLACEMENT_CANCELLED, by=by)
        support = [person for person in (self.asked_by, self.confirmed_by) if person and person != by]
        emails.replacement_cancelled(self, [*support, *(self.people_to_tell() if self.confirmed_at else ())], by=by)
        self.forget()

    def give_up(self) -> None:
        """The contact is no longer there, or the login or the address has been taken meanwhile."""
        try:
            self.refresh_from_db()
            self.cancel(by=None)
        except ReplacementRefused:  # somebody was quicker
            pass

    @transaction.atomic
    def appoint(self, *, at: datetime) -> None:
        """The hours are over and nobody objected: the person manages the company and gets a link to choose a password.

        The managers of before stay as they are; the new one decides about them.
        """
        self.move((self.State.CONFIRMED,), self.State.DONE, ended_at=at)
        by, person = self.confirmed_by, self.person
        if person is None:
            data = {name: getattr(self, name) for name in NEW_CONTACT}
            person = User.objects.create_contact(by=by, company=self.company, permissions=APPOINTED_WITH, **data)
        elif not person.is_active:
            raise ReplacementRefused(_("This person is not an active contact of the company."), code="person")
        else:
            if not person.login:
                person.edit(by=by, data={"login": self.login})
            person.set_permissions(by=by, changes=APPOINTED_WITH, reason=self.reason)
        ManagerReplacement.objects.filter(pk=self.pk).update(person=person)
        self.write(AuditEntry.Kind.MANAGER_REPLACED, by=by, person=person)
        person.invite(by=by)
        self.forget()

    # --- the beats of the verbs ---

    def move(self, before: tuple[str, ...], after: str, **changes) -> None:
        """Take the step if nobody has taken another one. Raises ReplacementRefused."""
        here = ManagerReplacement.objects.filter(pk=self.pk, state__in=before)
        if not here.update(state=after, **changes):
            raise ReplacementRefused(_("This was decided meanwhile: look at it again."), code="overtaken")
        self.refresh_from_db()

    def forget(self) -> None:
        """Data of somebody who may never become a contact are not kept."""
        ManagerReplacement.objects.filter(pk=self.pk).update(**dict.fromkeys(NEW_CONTACT, ""))

    def people_to_tell(self):
        """Every active contact of the company."""
        return self.company.people.active()

    def write(self, kind: AuditEntry.Kind, *, by: User | None, person: User | None = None) -> None:
        on = person or self.person or self
        AuditEntry.write(kind, by=by, on=on, company=self.company, reason=self.reason)
