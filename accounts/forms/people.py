"""The contacts of a company, as its managers look for them and keep them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts import logins
from accounts.forms.access import NEW_PASSWORD, password_field
from accounts.limits import Refusals
from accounts.models import User
from accounts.models.people import UserQuerySet
from accounts.models.refusals import LastManager
from accounts.permissions import (
    ACCESS_FLAGS,
    BY_NAME,
    COPIED,
    MAIL_MARKS,
    NEW_CONTACT_FLAGS,
    PARENTS,
    PERMISSIONS,
    PROFILE_MARKS,
    Group,
    lost_with_parent,
    names_offered,
    offered,
    settled,
)
from text.words import normalised, one_line

# By public_id at the end: its values can be read from the address of a page.
ORDER = ("first_name", "last_name", "public_id")

# What the list may show → which of the company's people these are. What follows are the permissions, by their names.
SHOWN: Mapping[str, tuple[Any, Callable[[UserQuerySet], UserQuerySet]]] = {
    "": (_("Everybody"), lambda people: people.active()),
    "con-acceso": (_("May log in"), lambda people: people.active().filter(has_portal_access=True)),
    "sin-acceso": (_("May not log in"), lambda people: people.active().filter(has_portal_access=False)),
    "hasta": (_("Access until a day"), lambda people: people.active().exclude(access_until=None)),
    "sin-correos": (_("Declined general mail"), lambda people: people.active().filter(declines_general_mail=True)),
    "desactivados": (_("Deactivated"), lambda people: people.deactivated()),
}
GROUPS = {Group.ACCESS: _("Permission"), Group.MAIL: _("Mail"), Group.PROFILE: _("Profile")}


def choices_of_the_list() -> list:
    marks = [
        (
            label,
            [
                (row.name, capfirst(row.label))
                for row in offered()
                if row.group == group and row.name != ACCESS_FLAGS[0]
            ],
        )
        for group, label in GROUPS.items()
    ]
    return [*((key, label) for key, (label, _which) in SHOWN.items()), *marks]


class ListingForm(forms.Form):
    """What the list is asked for; what is not understood is left out."""

    q = forms.CharField(required=False, max_length=200)
    ver = forms.ChoiceField(
        label=_("Show"), required=False, choices=choices_of_the_list,
        widget=forms.Select(attrs={"class": "form-select"}),
    )  # fmt: skip

    def __init__(self, query, *, people: UserQuerySet) -> None:
        super().__init__(query)
        self.people = people
        self.misread = not self.is_valid()
        self.words = one_line(self.cleaned_data.get("q", ""))
        self.shown = self.cleaned_data.get("ver", "")

    @property
    def is_narrowed(self) -> bool:
        return bool(self.words or self.shown)

    @property
    def shows_deactivated_apart(self) -> bool:
        return not self.shown

    def rows(self) -> UserQuerySet:
        found = self.people.holding(self.words)
        if self.shown in SHOWN:
            return SHOWN[self.shown][1](found)
        return found.active().filter(**{self.shown: True})

    def deactivated(self) -> UserQuerySet:
        return self.people.holding(self.words).deactivated()

    def exported(self) -> QuerySet[User]:
        """All that the list shows, those apart too."""
        rows = self.people.holding(self.words) if self.shows_deactivated_apart else self.rows()
        return rows.order_by("-is_active", *ORDER)


# How somebody comes by a password.
KEEP, LINK, TYPED = "keep", "link", "typed"
CHOICES = {
    KEEP: _("Leave it as it is"),
    LINK: _("Send a link so that this person chooses it"),
    TYPED: _("Type one now"),
}
SHOWN_SALT = "accounts.contact.shown"
DATA = ("first_name", "last_name", "email", "phone", "language", "login", "access_until")


def switch(name: str) -> forms.BooleanField:
    widget = forms.CheckboxInput(attrs={"class": "form-check-input", "role": "switch"})
    row = BY_NAME[name]
    return forms.BooleanField(label=capfirst(row.label), help_text=row.help, required=False, widget=widget)


class OwnPassword(forms.Form):
    """A form that asks for one's own password where the deed makes somebody a manager, or lets somebody else log in as
    one, and the session is not fresh (A34).

    `confirm` says whether it is the right one; None when the session is fresh.
    """

    own_password = password_field(_("Your password"))

    def __init__(self, *args, confirm: Callable[[str], bool] | None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.confirm = confirm
        own = self.fields["own_password"]
        own.required = False
        own.help_text = _("Appointing a user manager, or changing how one logs in, is delicate: we ask who you are.")

    def check_own_password(self) -> None:
        """Called when all the rest is well: a try counts as one at log-in."""
        if self.confirm is None or self.errors:
            return
        typed = self.cleaned_data.get("own_password")
        try:
            if not typed:
                self.add_error("own_password", _("Type your password: this gives somebody the rights of a manager."))
            elif self.confirm(typed):
                self.confirm = None
            else:
                self.add_error("own_password", _("This is not your current password."))
        except ValidationError as error:  # too many tries
            self.add_error("own_password", error)


class ContactForm(OwnPassword, forms.ModelForm):
    """One contact, whole: data, marks, access. Ends in `User.objects.create_contact` or `person.keep`.

    It carries what it showed: only what differs from that changes, so that two managers' edits are both kept. What is
    unique is asked here in words, and held by the database; `asking` counts names and addresses that were not free.
    """

    shown = forms.CharField(required=False, max_length=8_000, widget=forms.HiddenInput)
    password_choice = forms.ChoiceField(
        label=_("Password"), choices=list(CHOICES.items()),
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )  # fmt: skip
    password1 = password_field(_("Password"), **NEW_PASSWORD)
    password2 = password_field(_("Repeat the password"), autocomplete="new-password")
    must_change = forms.BooleanField(
        label=_("Must change it at the next log-in"), required=False, initial=True,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )  # fmt: skip

    class Meta:
        model = User
        fields = DATA
        widgets = {
            "first_name": forms.TextInput(attrs={"autocomplete": "off", "data-first-name": ""}),
            "last_name": forms.TextInput(attrs={"autocomplete": "off", "data-last-name": ""}),
            "email": forms.EmailInput(attrs={"autocomplete": "off"}),
            "phone": forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
            "login": forms.TextInput(
                attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "data-login": ""}
            ),
            "access_until": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {
            "login": _("If left empty we make one of the name, such as jon.ibarra."),
            "access_until": _("The last day, if there is one; the portal withdraws the access after it."),
        }
        labels = {"login": _("User name"), "email": _("E-mail address")}

    def __init__(self, *args, by: User, asking: Refusals, like: User | None = None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self.asking = asking
        self.person = person = self.instance
        self.is_new = person.pk is None
        self.stored = {name: getattr(person, name) for name in (*DATA, *PERMISSIONS)}
        for name in names_offered():
            self.fields[name] = switch(name)
        self.initial |= self.first_permissions(like)
        self.initial["shown"] = self.sealed()
        if person.pk == by.pk:
            self.fields["email"].disabled = True
            self.fields["email"].help_text = _("Your own address is changed in your account, where you confirm it.")
        for name in ("password1", "password2", "password_choice"):
            self.fields[name].required = False
        self.fields["password_choice"].choices = [(key, CHOICES[key]) for key in self.ways()]
        self.initial["password_choice"] = self.ways()[0]
        if person.declines_general_mail:
            self.fields["receives_general_mail"].help_text = _("This person has asked not to get it.")

    def first_permissions(self, like: User | None) -> dict[str, bool]:
        """What the switches show at first: a new person's usual areas also wait behind the switch of the access."""
        permissions = {name: self.stored[name] for name in PERMISSIONS}
        if self.is_new or not self.person.has_portal_access:
            permissions |= dict.fromkeys(NEW_CONTACT_FLAGS, True) | {"has_portal_access": self.is_new}
        if like is not None:
            permissions |= {name: getattr(like, name) for name in COPIED}
        return permissions

    def ways(self) -> list[str]:
        """How this person may come by a password, the usual one first."""
        if self.person.pk == self.by.pk:
            return [KEEP]
        if self.is_new:
            return [LINK, TYPED]
        if not self.person.is_active:
            return [KEEP, TYPED]
        waits = not self.person.has_portal_access and not self.person.has_usable_password()
        return [LINK, TYPED] if waits else [KEEP, LINK, TYPED]

    # --- what the form showed ---

    @property
    def salt(self) -> str:
        return f"{SHOWN_SALT}:{self.person.pk}"

    def sealed(self) -> str:
        values = {name: str(value or "") if name in DATA else int(value) for name, value in self.stored.items()}
        return signing.dumps(values, salt=self.salt)

    def shown_first(self) -> dict[str, Any]:
        """What was stored when the form was opened; what is stored now where it does not say."""
        try:
            values = signing.loads(self.cleaned_data.get("shown", ""), salt=self.salt)
        except signing.BadSignature:
            return self.stored
        known = self.stored.keys() & values & self.fields.keys()
        return self.stored | {name: self.fields[name].to_python(values[name]) for name in known}

    # --- validation ---

    def clean_first_name(self) -> str:
        return self.tidied("first_name")

    def clean_last_name(self) -> str:
        return self.tidied("last_name")

    def clean_phone(self) -> str:
        return self.tidied("phone")

    def tidied(self, name: str) -> str:
        value = one_line(self.cleaned_data[name])
        if self.fields[name].required and not value:
            raise ValidationError(self.fields[name].error_messages["required"], code="required")
        return value

    def clean_email(self) -> str:
        return normalised(self.cleaned_data["email"])

    def clean_login(self) -> str | None:
        return normalised(self.cleaned_data["login"] or "") or None

    def clean(self) -> dict[str, Any]:
        """Without ModelForm's: it would ask the database for each constraint, in words that help nobody."""
        cleaned, shown = self.cleaned_data, self.shown_first()
        self.data_changes = {name: cleaned[name] for name in DATA if name in cleaned and cleaned[name] != shown[name]}
        wanted = {name: cleaned[name] for name in names_offered()}
        told = PERMISSIONS if wanted["has_portal_access"] else ("has_portal_access", *MAIL_MARKS, *PROFILE_MARKS)
        self.flag_changes = {name: wanted[name] for name in wanted if name in told and wanted[name] != shown[name]}
        self.after = settled({name: self.stored[name] for name in PERMISSIONS}, self.flag_changes)
        self.lost = lost_with_parent(self.stored | wanted) if wanted["has_portal_access"] else []
        self.way = KEEP
        if self.after["has_portal_access"]:
            self.clean_access()
        elif self.stored["access_until"] or self.data_changes.get("access_until"):
            self.data_changes["access_until"] = None
        self.check_login()
        if self.after["is_company_manager"] and self.is_grave():
            self.check_own_password()
        return cleaned

    def is_grave(self) -> bool:
        """Whether somebody becomes a manager, or may log in as another manager."""
        keys = {"email", "login"} & self.data_changes.keys()
        return not self.stored["is_company_manager"] or self.way == TYPED or bool(keys)

    def clean_access(self) -> None:
        """Whoever may log in has a login, an address of their own and a way to a password."""
        self.check_email()
        until = self.data_changes.get("access_until", self.stored["access_until"])
        gains = not self.stored["has_portal_access"]
        if until and until < timezone.localdate() and ("access_until" in self.data_changes or gains):
            self.add_error("access_until", _("Choose a day from today on."))
        self.way = self.cleaned_data.get("password_choice") or self.ways()[0]
        if self.way == TYPED:
            self.clean_passwords()

    def check_email(self) -> None:
        """One that is new here, or opens an account from now on, must open nobody else's."""
        email = self.cleaned_data.get("email")
        if not email or (self.stored["has_portal_access"] and "email" not in self.data_changes):
            return
        try:
            with self.asking():
                if User.objects.opening_accounts_by([email]).exclude(pk=self.person.pk).exists():
                    raise ValidationError(_("Another person already uses this e-mail address to log in."))
        except ValidationError as error:
            self.add_error("email", error)

    def check_login(self) -> None:
        """One that is typed must be free; whoever has access and none gets one."""
        cleaned, wanted = self.cleaned_data, self.data_changes.get("login")
        names = {name: cleaned.get(name) or "" for name in ("first_name", "last_name")}
        if wanted:
            try:
                with self.asking():
                    logins.check_free(wanted, person=self.person, **names)
            except ValidationError as error:
                self.add_error("login", error)
        elif self.after["has_portal_access"] and "login" not in self.errors and not self.login_before():
            self.data_changes["login"] = logins.free(**names, email=cleaned.get("email") or "")

    def login_before(self) -> str | None:
        """The login that stays; None where it was emptied, too."""
        return self.data_changes.get("login", self.stored["login"])

    def clean_passwords(self) -> None:
        first, second = (self.cleaned_data.get(name) for name in ("password1", "password2"))
        if "password1" in self.errors:
            return
        if not first:
            self.add_error("password1", self.fields["password1"].error_messages["required"])
            return
        try:
            validate_password(first, self.person)
        except ValidationError as error:
            self.add_error("password1", error)
        if first != second and "password2" not in self.errors:
            self.add_error("password2", _("The two passwords are not the same."))

    # --- the deed ---

    def save(self) -> User | None:
        """The person, or None when it could not be kept: the reason stands at its field then."""
        password = self.cleaned_data["password1"] if self.way == TYPED else None
        ways = {"password": password, "invited": self.way == LINK}
        try:
            if self.is_new:
                return self.create(**ways)
            self.person.keep(
                by=self.by, data=self.data_changes, permissions=self.flag_changes,
                must_change=self.cleaned_data["must_change"], **ways,
            )  # fmt: skip
        except LastManager as error:
            self.add_error(self.where_the_manager_goes(), error)
        except IntegrityError:  # somebody was quicker
            self.check_email()
            self.check_login()
            if not self.errors:
                self.add_error(None, _("Somebody else changed this contact at the same moment. Look and save again."))
        else:
            return self.person
        if not self.is_new:
            self.person.refresh_from_db()
        return None

    def create(self, **ways) -> User:
        data = {name: self.cleaned_data[name] for name in DATA} | self.data_changes
        return User.objects.create_contact(
            by=self.by, company=self.by.company, permissions=self.flag_changes,
            must_change_password=self.cleaned_data["must_change"], **ways, **data,
        )  # fmt: skip

    def where_the_manager_goes(self) -> str:
        """The field that would leave the company without a manager."""
        if not self.after["has_portal_access"]:
            return "has_portal_access"
        return "access_until" if self.after["is_company_manager"] else "is_company_manager"

    # --- for the page ---

    def profile(self) -> list[forms.BoundField]:
        return [self[name] for name in PROFILE_MARKS]

    def mails(self) -> list[forms.BoundField]:
        return [self[name] for name in MAIL_MARKS if name in self.fields]

    def areas(self) -> Iterator[tuple[forms.BoundField, list[forms.BoundField]]]:
        """The switches behind the access, each with those that hang from it."""
        for name in ACCESS_FLAGS:
            if PARENTS.get(name) == "has_portal_access" and name in self.fields:
                yield self[name], [self[child] for child, parent in PARENTS.items() if parent == name]

    def invitation_days(self) -> int:
        return settings.INVITATION_DAYS

    def asks_own_password(self) -> bool:
        return self.confirm is not None and self.person.pk != self.by.pk
