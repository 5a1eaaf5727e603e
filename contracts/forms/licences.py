"""Licence files as support drops them: sent, looked at, confirmed."""

from datetime import date
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, User
from contracts import dropping
from contracts.dropping import Parcel, Typed
from contracts.models import LicenceFile, Received
from files.forms import ManyFilesField
from files.receiving import Refused, Upload, discard, receive
from tables import reading
from text.words import one_line

SALT = "contracts.licence_files"
HOURS_TO_CONFIRM = 2
MOST_FILES = 100
MOST_TABLE_BYTES = 1024 * 1024


class DropForm(forms.Form):
    """The files, and what their names do not say. Valid when all of it can be kept: `parcels` are shown either way."""

    files = ManyFilesField(
        label=_("Licence files"),
        required=False,
        help_text=_("Up to 100. Each is matched by the company's code in its name: IBA_2027-01-01_2027-12-31.lic."),
    )
    table = forms.FileField(
        label=_("Table (CSV)"),
        required=False,
        help_text=_("Columns: file, company, from, until, note. For files whose names do not say it."),
    )
    code = forms.CharField(
        label=_("Company (code)"), required=False, max_length=8,
        help_text=_("For files in whose name there is none."),
    )  # fmt: skip
    valid_from = forms.DateField(
        label=_("Valid from"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("For files of which neither the table nor the name says it."),
    )  # fmt: skip
    valid_until = forms.DateField(
        label=_("Valid until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=300, help_text=_("The company reads it."))
    applied = forms.BooleanField(
        label=_("The companies have these files applied already"), required=False,
        help_text=_("They are kept, and nobody is told of them."),
    )  # fmt: skip

    parcels: tuple[Parcel, ...] | list[Parcel] = ()

    def clean_note(self) -> str:
        return one_line(self.cleaned_data["note"])

    def clean_table(self) -> list[reading.Line]:
        file = self.cleaned_data["table"]
        if file is None:
            return []
        if file.size > MOST_TABLE_BYTES:
            raise ValidationError(_("The file is larger than 1 MB. Split it."))
        try:
            content = file.read()
        except OSError as error:
            raise ValidationError(_("The file could not be read. Send it again.")) from error
        most = MOST_FILES
        return reading.read(content, column_of=dropping.column_of, required=dropping.REQUIRED, most=most).lines

    def clean_files(self) -> list:
        files = self.cleaned_data["files"]
        if not files:
            raise ValidationError(_("Choose at least one file."))
        if len(files) > MOST_FILES:
            raise ValidationError(_("These are more than 100 files. Send them in parts."))
        return files

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.errors:
            return cleaned
        uploads = self.received()
        typed = Typed(*(cleaned.get(name) for name in ("code", "valid_from", "valid_until", "note")))
        self.parcels, faults = dropping.sort(uploads, typed=typed, lines=cleaned["table"])
        for fault in faults:
            self.add_error("table", fault)
        if self.errors or any(parcel.faults for parcel in self.parcels):
            self.add_error(None, _("Nothing was saved. Mend what is named here and send all the files again."))
            for upload in uploads:
                discard(upload)
        return cleaned

    def received(self) -> list[Upload]:
        """The files on our disk; what cannot be received is named at the field."""
        uploads = []
        for file in self.cleaned_data["files"]:
            try:
                uploads.append(receive(file, allow_executables=True))
            except Refused as refusal:
                self.add_error("files", refusal)
        return uploads


class KeepForm(forms.Form):
    """Exactly what was shown, all or none. Ends in `LicenceFile.objects.upload`."""

    seal = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, by: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    @classmethod
    def showing(cls, parcels: list[Parcel], *, applied: bool, by: User) -> "KeepForm":
        packed = [packed_of(parcel.received()) for parcel in parcels]
        return cls(by=by, initial={"seal": signing.dumps([packed, applied], salt=salt_of(by), compress=True)})

    def clean_seal(self) -> str:
        typed = self.cleaned_data["seal"]
        try:
            packed, self.applied = signing.loads(typed, salt=salt_of(self.by), max_age=HOURS_TO_CONFIRM * 3600)
        except signing.BadSignature as error:
            raise ValidationError(_("These files waited too long. Send them again.")) from error
        companies = Company.objects.in_bulk([one["company"] for one in packed])
        self.received = [unpacked(one, companies) for one in packed]
        return typed

    def save(self) -> list[LicenceFile]:
        """Raises ValidationError when the files are not there any more: kept by another click, or tidied away."""
        try:
            return LicenceFile.objects.upload(self.received, by=self.by, applied=self.applied)
        except FileNotFoundError as error:
            raise ValidationError(_("These files were saved already, or waited too long: look at the list.")) from error


def salt_of(person: User) -> str:
    return f"{SALT}:{person.pk}"


def packed_of(one: Received) -> dict[str, Any]:
    days = {name: getattr(one, name).isoformat() for name in ("valid_from", "valid_until")}
    return {"company": one.company.pk, "note": one.note, "upload": one.upload.packed(), **days}


def unpacked(data: dict[str, Any], companies: dict[int, Company]) -> Received:
    first, last = (date.fromisoformat(data[name]) for name in ("valid_from", "valid_until"))
    return Received(companies[data["company"]], first, last, Upload.unpacked(data["upload"]), data["note"])
