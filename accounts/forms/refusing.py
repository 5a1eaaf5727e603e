"""What the model says of a person that a form would make, at the form's fields."""

from collections.abc import Mapping
from types import MappingProxyType

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User

SAME_NAMES: Mapping[str, str] = MappingProxyType({})


def refuse_what_is_no_user(form: forms.Form, person: User, *, names: Mapping[str, str] = SAME_NAMES) -> None:
    """Fields that are refused already are not told again. `names`: the model's field → the form's."""
    person.normalise()
    refused = [field.name for field in User._meta.fields if names.get(field.name, field.name) in form.errors]
    try:
        person.full_clean(exclude=["company", "password", *refused])
    except ValidationError as error:
        for field, reasons in error.update_error_dict({}).items():
            name = names.get(field, field)
            form.add_error(name if name in form.fields else None, reasons)
