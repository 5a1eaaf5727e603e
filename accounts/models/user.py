"""People: a company's contacts and the vendor's staff, with the flags that open areas to them."""

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import BadRequest, ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import emails
from accounts.models.company import Company
from accounts.models.logbook import AuditEntry
from accounts.tenancy import TenantQuerySet
from mail import outbox
from text.words import normalised

# Flag → the flag it hangs from. A child is cleared when its parent is off, and a check constraint holds it (S0-107).
PARENTS: dict[str, str] = {
    "is_company_manager": "has_portal_access",
    "can_use_tickets": "has_portal_access",
    "can_see_company_tickets": "can_use_tickets",
    "can_accept_quotes": "can_use_tickets",
    "can_use_requests": "has_portal_access",
    "can_use_training": "has_portal_access",
    "can_book_training": "can_use_training",
    "can_use_webinars": "has_portal_access",
    "can_use_releases": "has_portal_access",
    "can_use_downloads": "has_portal_access",
    "can_use_contracts": "has_portal_access",
    "can_use_invoices": "has_portal_access",
}
ACCESS_FLAGS = ("has_portal_access", *PARENTS)
MAIL_MARKS = ("receives_general_mail", "receives_licence_files", "copied_on_company_tickets")
PROFILE_MARKS = ("is_technical_contact", "is_administrative_contact", "is_commercial_contact")
PERMISSIONS = (*ACCESS_FLAGS, *MAIL_MARKS, *PROFILE_MARKS)
# What a new contact with access gets unless the manager says otherwise.
NEW_CONTACT_FLAGS = ("has_portal_access", "can_use_tickets", "can_use_webinars", "can_use_releases", "can_use_requests")
# The first manager of a company gets every area, company tickets and the licence mark.
FIRST_MANAGER_FLAGS = (*ACCESS_FLAGS, "receives_general_mail", "receives_licence_files")

INVITATION_SALT = "accounts.invitation"


class LastManager(ValidationError):
    """The change would leave a company without an active manager with access (S0-85)."""

    def __init__(self) -> None:
        super().__init__(
            _("The company needs at least one active user who manages its users. Appoint another one first."),
            code="last_manager",
        )


class Overtaken(BadRequest):
    """The password was changed meanwhile, as by the second use of one link at the same instant."""


class UserQuerySet(TenantQuerySet["User"]):
    def active(self):
        return self.filter(is_active=True)

    def agents(self):
        """Staff who may answer tickets."""
        may_answer = Q(groups__permissions__codename="change_ticket") | Q(is_superuser=True)
        return self.staff().filter(may_answer).distinct()

    def with_access(self):
        """Those who may log in: active, of an active company, with the access flag."""
        return self.filter(is_active=True, has_portal_access=True, company__is_active=True)

    def managers(self):
        return self.with_access().filter(is_company_manager=True)

    def staff(self):
        return self.filter(is_staff=True, is_active=True)

    def named(self, typed: str):
        """The one person whom a normalised login name or e-mail address names at log-in, or None."""
        people = self.select_related("company")
        if "@" in typed:
            return people.filter(Q(has_portal_access=True) | Q(is_staff=True), email=typed).first()
        return people.filter(login=typed).first()


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username):
        return self.get(login=normalised(username))

    @transaction.atomic
    def create_contact(
        self,
        *,
        by: "User | None",
        company: Company,
        permissions: Mapping[str, bool],
        password: str | None = None,
        must_change_password: bool = True,
        **data,
    ) -> "User":
        """A person of a company. `data`: email, login, names, telephone. Without password the person is invited."""
        user = self.model(company=company, must_change_password=bool(password) and must_change_password, **data)
        user.set_password(password)
        user.save()
        AuditEntry.write(AuditEntry.Kind.PERSON_CREATED, by=by, on=user, company=company)
        user.set_permissions(by=by, changes=permissions)
        return user

    @transaction.atomic
    def found_company(self, company: Company, *, by: "User", manager: Mapping[str, Any]) -> Company:
        """Create a company together with its first manager, who gets a link to choose a password (S0-7)."""
        company.save()
        AuditEntry.write(AuditEntry.Kind.COMPANY_CREATED, by=by, on=company, company=company)
        permissions = dict.fromkeys(FIRST_MANAGER_FLAGS, True)
        person = self.create_contact(by=by, company=company, permissions=permissions, **manager)
        person.invite(by=by)
        return company

    def create_superuser(self, login: str, email: str, password: str, **data) -> "User":
        """The first person of support, by command; the password keeps the rule (S0-110). Raises ValidationError."""
        validate_password(password)
        user = self.model(login=login, email=email, is_staff=True, is_superuser=True, **data)
        user.set_password(password)
        user.full_clean()
        user.save()
        return user


def random_id() -> str:
    """How pages call a person: tells nothing about how many there are."""
    return secrets.token_urlsafe(9)


def permission(words) -> models.BooleanField:
    """A flag's column; one writer, `User.set_permissions`."""
    return models.BooleanField(words, default=False)


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

    has_portal_access = permission(_("may log in"))
    is_company_manager = permission(_("manages the company's users"))
    can_use_tickets = permission(_("tickets"))
    can_see_company_tickets = permission(_("sees all the company's tickets"))
    can_accept_quotes = permission(_("may accept quotes"))
    can_use_requests = permission(_("requests"))
    can_use_training = permission(_("training"))
    can_book_training = permission(_("may book training"))
    can_use_webinars = permission(_("webinars"))
    can_use_releases = permission(_("release notes"))
    can_use_downloads = permission(_("downloads"))
    can_use_contracts = permission(_("services and renewals"))
    can_use_invoices = permission(_("invoices"))

    receives_general_mail = permission(_("general mail"))
    receives_licence_files = permission(_("licence files and updates"))
    copied_on_company_tickets = permission(_("copy of others' tickets"))

    is_technical_contact = permission(_("technical contact"))
    is_administrative_contact = permission(_("administrative contact"))
    is_commercial_contact = permission(_("commercial contact"))

    objects = UserManager()

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    class Meta:
        ordering = ["first_name", "last_name", "id"]
        verbose_name = _("user")
        verbose_name_plural = _("users")
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
        """Active and either staff or a contact with access of a company that is not suspended."""
        if not self.is_active:
            return False
        return self.is_staff or (self.has_portal_access and self.company.is_active)

    # --- verbs ---

    @transaction.atomic
    def set_permissions(self, *, by: "User | None", changes: Mapping[str, bool]) -> dict[str, list[bool]]:
        """The one writer of flags and marks. Returns {flag: [old, new]} of what really changed.

        Locks the company row first, clears children whose parent is off, keeps one active manager with access.
        Raises LastManager; ValueError for a name that is no permission.
        """
        if unknown := set(changes) - set(PERMISSIONS):
            raise ValueError(f"Not a permission: {', '.join(sorted(unknown))}")
        self.lock_company()
        self.refresh_from_db(fields=[*PERMISSIONS, "is_active"])
        before = {name: getattr(self, name) for name in PERMISSIONS}
        after = before | dict(changes)
        for child, parent in PARENTS.items():
            after[child] = after[child] and after[parent]
        changed = {name: [before[name], after[name]] for name in PERMISSIONS if before[name] != after[name]}
        for name, (_old, new) in changed.items():
            setattr(self, name, new)
        fields = list(changed)
        if any(after[name] and not before[name] for name in ("can_use_tickets", "can_see_company_tickets")):
            self.unread_from = timezone.now()
            fields.append("unread_from")
        if changed:
            self.save(update_fields=fields)
            self.keep_a_manager(was_manager=before["is_company_manager"])
            AuditEntry.write(AuditEntry.Kind.PERMISSIONS_CHANGED, by=by, on=self, company=self.company, changes=changed)
        return changed

    @transaction.atomic
    def deactivate(self, *, by: "User | None") -> None:
        """End this person's access; nothing of theirs is deleted. Raises LastManager."""
        self.lock_company()
        self.refresh_from_db(fields=["is_active", "is_company_manager"])
        self.is_active = False
        self.save(update_fields=["is_active"])
        outbox.cancel_for(self.pk)
        self.keep_a_manager(was_manager=self.is_company_manager)
        AuditEntry.write(AuditEntry.Kind.PERSON_DEACTIVATED, by=by, on=self, company=self.company)

    @transaction.atomic
    def keep_as_staff(self, *, by: "User", changed: list[str], is_new: bool) -> "User":
        """Create or change a person of support; a new one gets a link to choose a password."""
        self.save()
        changes = {name: [None, str(getattr(self, name))] for name in changed if name in ("is_active", "login")}
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
    def invite(self, *, by: "User | None") -> None:
        """Mail a link to choose a password; it works once and for INVITATION_DAYS days."""
        AuditEntry.write(AuditEntry.Kind.INVITATION_SENT, by=by, on=self, company=self.company)
        emails.invited(self)

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
        return sha256(f"{self.password}|{self.email}|{self.login}".encode()).hexdigest()[:32]

    # --- private helpers ---

    def lock_company(self) -> None:
        """Whoever changes who manages a company does so one after the other."""
        list(Company.objects.select_for_update(of=("self",), no_key=True).filter(people=self))

    def keep_a_manager(self, *, was_manager: bool) -> None:
        """Refuse, inside the transaction that locked the company, to leave it without a manager (S0-85)."""
        others = User.objects.filter(
            company=self.company_id, is_active=True, has_portal_access=True, is_company_manager=True
        )
        if was_manager and not others.exists():
            raise LastManager
