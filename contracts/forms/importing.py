"""A table of subscriptions: sent, looked at, confirmed."""

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from contracts import importing
from contracts.importing import MOST_ROWS, Step
from tables import reading, sent, workbook
from tables.reading import Line, Table

SALT = "contracts.subscriptions"
HOURS_TO_CONFIRM = 2
CHANGED = _("Something has changed since the report was shown, so nothing was done. Send the file again.")


class TableForm(forms.Form):
    """The file. What is in it is not kept: it travels to the confirmation and back, signed."""

    file = forms.FileField(
        label=_("Table (CSV or XLSX)"),
        help_text=_("Columns: company (its code), module or service, from, until. Without until it has no end."),
    )

    def clean_file(self) -> Table:
        content = sent.content_of(self.cleaned_data["file"])
        if workbook.is_one(content):
            content = workbook.as_csv(content, most=MOST_ROWS)
        table = reading.read(content, column_of=importing.column_of, required=importing.REQUIRED, most=MOST_ROWS)
        return sent.with_rows(table)


class ConfirmForm(forms.Form):
    """Exactly what was shown, in one transaction; when anything has changed meanwhile, nothing of it."""

    seal = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, by: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    @classmethod
    def showing(cls, steps: list[Step], *, by: User) -> "ConfirmForm":
        rows = [[step.line, dict(step.cells), step.digest()] for step in steps if step.does_something]
        return cls(by=by, initial={"seal": signing.dumps(rows, salt=salt_of(by), compress=True)})

    def clean_seal(self) -> str:
        """The rows, planned anew, do what each of them was shown to do."""
        typed = self.cleaned_data["seal"]
        try:
            rows = signing.loads(typed, salt=salt_of(self.by), max_age=HOURS_TO_CONFIRM * 3600)
        except signing.BadSignature as error:
            raise ValidationError(_("This report is too old. Send the file again.")) from error
        self.steps = importing.plan([Line(number, cells) for number, cells, _digest in rows])
        if [step.digest() for step in self.steps] != [digest for _number, _cells, digest in rows]:
            raise ValidationError(CHANGED)
        return typed

    def save(self) -> int:
        """Returns how many rows were done. Raises ValidationError when somebody was quicker this very moment."""
        try:
            with transaction.atomic():
                for step in self.steps:
                    step.take(by=self.by)
        except IntegrityError as error:
            raise ValidationError(CHANGED) from error
        return len(self.steps)


def salt_of(person: User) -> str:
    return f"{SALT}:{person.pk}"
