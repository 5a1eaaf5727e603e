"""Registro: what happened in the company, for its managers."""

from collections.abc import Generator
from itertools import islice

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts import limits, stepup
from accounts.forms.logbook import LogbookFilter
from accounts.logbook import Reader
from accounts.models.logbook import NEWEST_FIRST, AuditEntry, AuditEntryQuerySet
from tables import csv, keyset

LINES = 50
HEADINGS = (_("Date"), _("Kind"), _("What happened"), _("Who"), _("To whom"), _("From where"), _("Reason"))


@require_safe
def entries(request):
    form = LogbookFilter(request.GET, manager=request.user)
    page, misread = page_of(form.rows(), request.GET.get("pagina"))
    context = {
        "form": form,
        "page": page,
        "lines": Reader().lines(page.rows),
        "misread": misread,
        "is_narrowed": form.is_narrowing,
    }
    return render(request, "accounts/logbook.html", context)


def page_of(rows: AuditEntryQuerySet, cursor: str | None) -> tuple[keyset.KeysetPage[AuditEntry], bool]:
    """The page that the address names, or the first one; and whether it names one that never was."""
    try:
        return keyset.page(rows, order=NEWEST_FIRST, cursor=cursor, size=LINES), False
    except keyset.BadCursor:
        return keyset.page(rows, order=NEWEST_FIRST, size=LINES), True


@require_safe
@stepup.required(back="logbook:list")
@limits.limited("export")
def export(request):
    """What is filtered, on all its pages, as a table for a spreadsheet; itself a line of the logbook."""
    form = LogbookFilter(request.GET, manager=request.user)
    if request.method == "GET":
        kind, what = AuditEntry.Kind.DATA_EXPORTED, {"export": [None, "logbook"]}
        AuditEntry.write(kind, by=request.user, company=request.user.company, changes=what)
    name = f"registro-{timezone.localdate().isoformat()}.csv"
    return csv.download(request, HEADINGS, rows_of(form.rows()), name=name)


def rows_of(entries: AuditEntryQuerySet) -> Generator[tuple[csv.Cell, ...], None, None]:
    """One row for each line; a slice of them in memory at a time, and one query for the people new in it."""
    reader, rows = Reader(), entries.iterator(csv.ROWS_AT_A_TIME)
    while some := list(islice(rows, csv.ROWS_AT_A_TIME)):
        for line in reader.lines(some):
            entry = line.entry
            yield entry.at, line.group, line.sentence, line.who, line.whom, entry.address, entry.reason_told
