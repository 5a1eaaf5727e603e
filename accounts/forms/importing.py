"""A table of contacts: sent, looked at, confirmed."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from accounts import importing, spreadsheet
from accounts.forms.people import OwnPassword
from accounts.importing import MOST_ROWS, Step
from accounts.models import AuditEntry, User
from accounts.models.refusals import LastManager
from tables import reading, sent
from tables.reading import Line, Table

SALT = "accounts.importing"
HOURS_TO_CONFIRM = 2
# So many rows are done by one request, which no proxy gives up.
ROWS_A_TURN = 200


class TableForm(forms.Form):
    """The file. What is in it is not kept: it travels to the confirmation and back, signed."""

    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
        error_messages={
            "required": _("Choose the file."),
            "invalid": _("Choose the file."),
            "empty": _("The file is empty."),
        },
    )

    def clean_file(self) -> Table:
        content = sent.content_of(self.cleaned_data["file"])
        table = reading.read(content, column_of=spreadsheet.column_of, required=spreadsheet.REQUIRED, most=MOST_ROWS)
        return sent.with_rows(table)


class Refused(NamedTuple):
    """A row that was confirmed and could not be done."""

    line: int
    title: str
    faults: list[tuple[str, str]]


@dataclass
class Outcome:
    """What became of the rows that were confirmed, so far."""

    created: int = 0
    changed: int = 0
    refused: list[Refused] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.created + self.changed + len(self.refused)


class ConfirmForm(OwnPassword):
    """Exactly what was shown, so many rows a turn. What changed meanwhile is refused, row by row."""

    seal = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, by: User, confirm: Callable[[str], bool] | None, **kwargs) -> None:
        super().__init__(*args, confirm=confirm, **kwargs)
        self.by = by
        self.outcome = Outcome()

    @classmethod
    def showing(cls, steps: list[Step], *, by: User, confirm: Callable[[str], bool] | None) -> "ConfirmForm":
        """The form below a report: it carries the rows that would do something, and what each would do."""
        form = cls(by=by, confirm=confirm)
        form.steps = [step for step in steps if step.does_something]
        form.seen = [step.digest() for step in form.steps]
        form.initial["seal"] = form.sealed()
        return form

    def next_turn(self) -> "ConfirmForm":
        """The form that carries what is left, and what became of the rest."""
        form = type(self)(by=self.by, confirm=None)
        form.steps, form.seen, form.outcome = self.steps[ROWS_A_TURN:], self.seen[ROWS_A_TURN:], self.outcome
        form.initial["seal"] = form.sealed()
        return form

    def sealed(self) -> str:
        rows = [[step.line, {name: cell for name, cell in step.cells.items() if cell}] for step in self.steps]
        return signing.dumps([rows, self.seen, asdict(self.outcome)], salt=self.salt, compress=True)

    @property
    def salt(self) -> str:
        return f"{SALT}:{self.by.pk}"

    def clean_seal(self) -> str:
        """The rows, planned anew, and what each of them was shown to do."""
        typed = self.cleaned_data["seal"]
        try:
            rows, self.seen, outcome = signing.loads(typed, salt=self.salt, max_age=HOURS_TO_CONFIRM * 3600)
        except signing.BadSignature as error:
            raise ValidationError(_("This report is too old. Send the file again.")) from error
        self.outcome = Outcome(**outcome | {"refused": [Refused(*row) for row in outcome["refused"]]})
        self.steps = importing.plan([Line(number, cells) for number, cells in rows], by=self.by)
        return typed

    def clean(self):
        cleaned = super().clean()
        if not self.errors and self.asks_own_password():
            self.check_own_password()
        return cleaned

    def asks_own_password(self) -> bool:
        return self.confirm is not None and any(step.appoints for step in self.steps)

    @property
    def begins(self) -> bool:
        """Whether nothing of the report was tried yet."""
        return not self.outcome.rows

    @property
    def rows_left(self) -> int:
        return len(self.steps)

    @property
    def rows_in_all(self) -> int:
        return self.outcome.rows + self.rows_left

    def save(self) -> Outcome:
        """One turn, with one transaction a row: none waits for the others, and what is done stays done."""
        before = replace(self.outcome)
        for step, digest in zip(self.steps[:ROWS_A_TURN], self.seen, strict=False):
            if not step.faults and step.digest() != digest:
                step.refuse("", _("This contact has changed since the report was shown."))
            is_new = step.is_new
            if not step.faults:
                self.take(step)
            if step.faults:
                self.outcome.refused.append(Refused(step.line, step.title, step.faults))
            elif is_new:
                self.outcome.created += 1
            else:
                self.outcome.changed += 1
        counts = {name: [None, getattr(self.outcome, name) - getattr(before, name)] for name in ("created", "changed")}
        AuditEntry.write(AuditEntry.Kind.PEOPLE_IMPORTED, by=self.by, company=self.by.company, changes=counts)
        return self.outcome

    def take(self, step: Step) -> None:
        try:
            step.take(by=self.by)
        except LastManager as error:
            step.refuse("is_company_manager", error)
        except IntegrityError:  # somebody took the address or the login this very moment
            step.refuse("", _("This contact has changed since the report was shown."))
