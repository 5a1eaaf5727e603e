"""The matrix of people and permissions: what was ticked, and what was confirmed."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.differences import Difference, changed_meanwhile, difference, listed
from accounts.forms.access import password_field
from accounts.models import User
from accounts.models.people import Changed
from accounts.models.refusals import ChangedMeanwhile
from accounts.permissions import PERMISSIONS, names_offered

SHOWN_SALT, CONFIRMED_SALT = "accounts.permissions.shown", "accounts.permissions.confirmed"
SEALED_LIMIT = 50_000  # characters
MISREAD = _("This page could not be read. Open it again and repeat the change.")


def field_of(person: User) -> str:
    """The name of a person's boxes; the value of each is a permission."""
    return f"p-{person.public_id}"


def on(person: User) -> list[str]:
    return [name for name in PERMISSIONS if getattr(person, name)]


def sealed(people: Iterable[User]) -> str:
    """What the matrix shows, for the form to carry: what somebody else changes meanwhile was not changed here."""
    return signing.dumps({person.public_id: on(person) for person in people}, salt=SHOWN_SALT, compress=True)


def opened(value: str, *, salt: str) -> Any:
    try:
        return signing.loads(value, salt=salt)
    except signing.BadSignature as error:
        raise ValidationError(MISREAD) from error


class SealedField(forms.CharField):
    """What only this portal can have written."""

    def __init__(self, salt: str) -> None:
        self.salt = salt
        super().__init__(max_length=SEALED_LIMIT, widget=forms.HiddenInput)

    def clean(self, value):
        return opened(super().clean(value), salt=self.salt)


class MatrixForm(forms.Form):
    """The boxes of the people who were shown. What differs from what was shown is what the manager wants."""

    shown = SealedField(SHOWN_SALT)

    def wishes(self, person: User) -> dict[str, bool]:
        """What the manager did to the boxes of a person."""
        shown, ticked = self.cleaned_data["shown"][person.public_id], set(self.data.getlist(field_of(person)))
        return {name: name in ticked for name in names_offered() if (name in ticked) != (name in shown)}

    def differences(self, people: Iterable[User]) -> list[Difference]:
        """What would change of these people as they are now, or was asked for and cannot be."""
        found = []
        for person in people:
            wishes = self.wishes(person)
            if not person.login and not person.has_portal_access:
                wishes.pop("has_portal_access", None)
            found.append(difference(person, wishes))
        return [one for one in found if one.changes or one.ungranted]


class SteppedUpForm(forms.Form):
    """A deed that asks once more who is there when it is grave; the view asks `stepup.confirm`."""

    password = password_field(_("Your password"))

    def __init__(self, *args, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.by = by
        self.fields["password"].required = False


class ConfirmedForm(SteppedUpForm):
    """The differences as they were shown to the manager who confirms them. Ends in `User.objects.set_permissions`."""

    confirmed = SealedField(CONFIRMED_SALT)

    @classmethod
    def of(cls, differences: Iterable[Difference], *, by: User) -> "ConfirmedForm":
        changes = {one.person.public_id: one.changes for one in differences if one.changes}
        sealed = signing.dumps([by.public_id, changes], salt=CONFIRMED_SALT, compress=True)
        return cls(by=by, initial={"confirmed": sealed})

    def clean_confirmed(self) -> dict[str, dict[str, bool]]:
        manager, changes = self.cleaned_data["confirmed"]
        if manager != self.by.public_id or {name for one in changes.values() for name in one} - set(PERMISSIONS):
            raise ValidationError(MISREAD)
        return changes

    def people(self):
        return User.objects.visible_to(self.by).active().filter(public_id__in=self.cleaned_data["confirmed"])

    def differences(self) -> list[Difference]:
        """What of it would change now."""
        now = (difference(person, self.cleaned_data["confirmed"][person.public_id]) for person in self.people())
        return [one for one in now if one.changes]

    def overtaken(self) -> list[tuple[User, str]]:
        """About which permissions of whom this and what somebody else did meanwhile do not agree."""
        changes = self.cleaned_data["confirmed"]
        now = (difference(person, changes[person.public_id]) for person in self.people())
        found = ((one.person, changed_meanwhile(changes[one.person.public_id], one)) for one in now)
        return [(person, listed(names)) for person, names in found if names]

    @property
    def appoints(self) -> bool:
        return any(changes.get("is_company_manager") for changes in self.cleaned_data["confirmed"].values())

    def save(self) -> dict[int, Changed]:
        """Raises ChangedMeanwhile, LastManager, CannotHaveAccess."""
        changes = self.cleaned_data["confirmed"]
        people = {person.pk: changes[person.public_id] for person in self.people()}
        if len(people) < len(changes):
            raise ChangedMeanwhile
        return User.objects.set_permissions(by=self.by, company=self.by.company, changes=people, exactly=True)


class UndoForm(SteppedUpForm):
    """The last change, as it was shown. Ends in `User.objects.undo_permissions`."""

    batch = forms.CharField(max_length=16, widget=forms.HiddenInput)

    def save(self) -> dict[int, Changed]:
        """Raises CannotUndo, LastManager, CannotHaveAccess."""
        return User.objects.undo_permissions(by=self.by, company=self.by.company, batch=self.cleaned_data["batch"])
