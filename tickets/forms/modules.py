"""Which module of the product something is about: asked only where the vendor offers any."""

from django import forms
from django.db.models import QuerySet

from contracts.models import Product


def offer_modules(form: forms.BaseForm, modules: QuerySet[Product], *, name: str = "product") -> None:
    """The choices of this field, read once; without any the form does not have it."""
    rows = list(modules)
    if not rows:
        del form.fields[name]
        return
    field: forms.ModelChoiceField = form.fields[name]  # type: ignore[assignment]
    field.queryset = modules
    field.widget.choices = [("", field.empty_label), *((row.pk, str(row)) for row in rows)]
