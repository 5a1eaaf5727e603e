"""Many licence files at once: whose each is and for which period, read from a table, its name, or what was typed.

Nothing is kept here. Support looks at the whole of it, and then all of it is kept or none.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Company, User
from accounts.spreadsheet import read_day
from contracts.models import LicenceFile, Received
from files.names import canonical, extension
from files.receiving import Upload
from tables.reading import Line
from text.search import bare

# A day in a file's name: 2027-12-31, 2027_12_31, 20271231.
A_DAY = re.compile(r"(?<!\d)(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")

REQUIRED = {"file": gettext_lazy("file")}
CALLED = {
    "file": "file", "archivo": "file", "fichero": "file", "nombre": "file", "name": "file",
    "company": "company", "empresa": "company", "codigo": "company", "code": "company",
    "from": "valid_from", "desde": "valid_from", "valida desde": "valid_from", "valid from": "valid_from",
    "until": "valid_until", "hasta": "valid_until", "valida hasta": "valid_until", "valid until": "valid_until",
    "note": "note", "nota": "note",
}  # fmt: skip


def column_of(heading: str) -> str | None:
    """The column that a heading means, in either language."""
    return CALLED.get(" ".join(bare(heading).split()))


@dataclass
class Typed:
    """What stands in the form for all files that say nothing of their own."""

    code: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    note: str = ""


@dataclass
class Parcel:
    """One file as it would be kept. `faults` keep the whole from being kept; `notes` are for whoever looks."""

    upload: Upload
    company: Company | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    note: str = ""
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def received(self) -> Received:
        """What is kept of a parcel without faults."""
        if self.faults or self.company is None or self.valid_from is None or self.valid_until is None:
            raise ValueError("A parcel with a fault is not kept.")
        return Received(self.company, self.valid_from, self.valid_until, self.upload, self.note)


def sort(uploads: Iterable[Upload], *, typed: Typed, lines: Iterable[Line] = ()) -> tuple[list[Parcel], list[str]]:
    """Each file with its company and period, and what is wrong with the table itself. Few queries for any number."""
    parcels = [Parcel(upload) for upload in uploads]
    rows, faults = rows_by_name(lines)
    known = companies_named(parcels, rows, typed)
    for parcel in parcels:
        row = rows.pop(key_of(parcel.upload.name), {})
        give_company(parcel, known, row.get("company") or typed.code)
        give_period(parcel, row, typed)
        parcel.note = row.get("note") or typed.note
    faults += [
        _("The table names a file that was not sent: %(name)s.") % {"name": row["file"]} for row in rows.values()
    ]
    check(parcels)
    return parcels, faults


def key_of(name: str) -> str:
    return canonical(name).casefold()


def rows_by_name(lines: Iterable[Line]) -> tuple[dict[str, Mapping[str, str]], list[str]]:
    """The rows of the table by the file that they name."""
    rows: dict[str, Mapping[str, str]] = {}
    faults = []
    for line in lines:
        name = line.cells.get("file", "")
        where = {"line": line.number, "name": name}
        if line.fault:
            faults.append(_("Line %(line)s of the table: %(fault)s") % {"line": line.number, "fault": line.fault})
        elif not name:
            faults.append(_("Line %(line)s of the table names no file.") % where)
        elif key_of(name) in rows:
            faults.append(_("Line %(line)s of the table names %(name)s again.") % where)
        else:
            rows[key_of(name)] = line.cells
    return rows, faults


# --- whose ---


def words_of(name: str) -> list[str]:
    """The words of a file's name that may be a company's code; what follows the last dot is none."""
    ending = extension(name)
    stem = name[: -len(ending) - 1] if ending else name
    return [word.upper() for word in re.split(r"[^A-Za-z0-9]+", stem) if word]


def companies_named(
    parcels: Iterable[Parcel], rows: Mapping[str, Mapping[str, str]], typed: Typed
) -> dict[str, Company]:
    """All companies that a name, the table or the form may mean, by their codes."""
    codes = {word for parcel in parcels for word in words_of(parcel.upload.name)}
    codes |= {row.get("company", "").strip().upper() for row in rows.values()} | {typed.code.strip().upper()}
    return {company.code: company for company in Company.objects.filter(code__in=codes - {""})}


def give_company(parcel: Parcel, known: Mapping[str, Company], said: str) -> None:
    """The company that the file's name holds and the table or the form says: both must mean the same one."""
    in_name = {code: known[code] for code in words_of(parcel.upload.name) if code in known}
    said = said.strip().upper()
    if said and said not in known:
        parcel.faults.append(_("There is no company with the code %(code)s.") % {"code": said})
    elif len(in_name) > 1:
        parcel.faults.append(_("Its name holds several companies: %(codes)s.") % {"codes": ", ".join(in_name)})
    elif said and in_name and said not in in_name:
        words = _("Its name says %(found)s, and you said %(said)s: one of the two is wrong.")
        parcel.faults.append(words % {"found": ", ".join(in_name), "said": said})
    elif said or in_name:
        parcel.company = known[said or next(iter(in_name))]
    else:
        parcel.faults.append(_("Its name holds no company's code, and nothing else says whose it is."))


# --- for when ---


def give_period(parcel: Parcel, row: Mapping[str, str], typed: Typed) -> None:
    """The days of the table, else those in the file's name, else those of the form."""
    in_name = days_in(parcel.upload.name)
    named = dict(zip(("valid_from", "valid_until"), in_name, strict=True)) if len(in_name) == 2 else {}
    for name in ("valid_from", "valid_until"):
        try:
            said = read_day(row[name]) if row.get(name) else named.get(name) or getattr(typed, name)
        except ValidationError as error:
            parcel.faults.append(_("Its row in the table: %(fault)s") % {"fault": " ".join(error.messages)})
            continue
        setattr(parcel, name, said)
        if said is None:
            words = {"valid_from": _("Nothing says its first day."), "valid_until": _("Nothing says its last day.")}
            parcel.faults.append(words[name])
    if parcel.valid_from and parcel.valid_until and parcel.valid_until < parcel.valid_from:
        parcel.faults.append(_("Its last day comes before its first one."))


def days_in(name: str) -> list[date]:
    """The days in a file's name, the earliest first; what looks like one and is none does not count."""
    days = []
    for year, month, day in A_DAY.findall(name):
        try:
            days.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return sorted(days)


# --- what else stands against it ---


def check(parcels: list[Parcel]) -> None:
    """What is over, what is there already, whose file it is as well, and who will not hear of it."""
    companies = {parcel.company.pk for parcel in parcels if parcel.company}
    hearing = set(
        User.objects.receiving_licence_files().filter(company__in=companies).values_list("company", flat=True)
    )
    kept = LicenceFile.objects.filter(withdrawn_at=None).select_related("company", "stored")
    by_hash: dict[str, list[Any]] = {}
    for file in kept.filter(stored__sha256__in={parcel.upload.sha256 for parcel in parcels}):
        by_hash.setdefault(file.stored.sha256, []).append(file.company)
    periods = set(kept.filter(company__in=companies).values_list("company", "valid_until"))
    now = timezone.now()
    for parcel in parcels:
        refuse_a_known_file(parcel, by_hash.get(parcel.upload.sha256, []))
        by_hash.setdefault(parcel.upload.sha256, []).append(parcel.company)
        if parcel.company:
            note_about(parcel, parcel.company, hearing, periods, today=parcel.company.today(now))


def refuse_a_known_file(parcel: Parcel, companies: list[Company | None]) -> None:
    others = {company.code for company in companies if company and company != parcel.company}
    if others:
        words = _("This very file is that of another company: %(codes)s.")
        parcel.faults.append(words % {"codes": ", ".join(sorted(others))})
    elif companies:
        parcel.faults.append(_("This very file is there already."))


def note_about(
    parcel: Parcel, company: Company, hearing: set[int], periods: set[tuple[int, date]], *, today: date
) -> None:
    if parcel.valid_until and parcel.valid_until < today:
        day = date_format(parcel.valid_until, "DATE_FORMAT")
        parcel.faults.append(_("Its period is over: the last day was %(day)s.") % {"day": day})
    if (company.pk, parcel.valid_until) in periods:
        parcel.notes.append(_("The company has another file with the same last day."))
    if company.pk not in hearing:
        parcel.notes.append(_("Nobody of the company receives licence files: nobody gets it by e-mail."))
    if not company.is_active:
        parcel.notes.append(_("The company is suspended."))
