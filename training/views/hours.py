"""The hour bag: what is left, and every movement, as a bank tells it."""

from collections.abc import Generator

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from accounts import limits
from contracts.models import HourBag, HourEntry
from contracts.models.hours import HourEntryQuerySet
from tables import csv, keyset
from training.models import Booking

LINES = 25
NEWEST_FIRST = ("-number",)
HEADINGS = (
    gettext_lazy("Number"),
    gettext_lazy("Date"),
    pgettext_lazy("hours", "Movement"),
    gettext_lazy("Minutes"),
    gettext_lazy("Balance in minutes"),
    gettext_lazy("Who"),
    gettext_lazy("Why"),
)


@require_safe
def hours(request):
    entries = HourEntry.objects.visible_to(request.user)
    page = page_of(entries, request.GET.get("pagina"))
    bag = HourBag.objects.visible_to(request.user).of(request.user.company)
    context = {"bag": bag, "full": bag.filled_to(), "page": page, "lines": lines_of(page.rows, request.user)}
    return render(request, "training/hours.html", context)


def page_of(entries: HourEntryQuerySet, cursor: str | None) -> keyset.KeysetPage[HourEntry]:
    """The page that the address names, or the first one."""
    try:
        return keyset.page(entries, order=NEWEST_FIRST, cursor=cursor, size=LINES, shown=in_rows)
    except keyset.BadCursor:
        return keyset.page(entries, order=NEWEST_FIRST, size=LINES, shown=in_rows)


def in_rows(entries):
    return entries.select_related("by")


def lines_of(entries: list[HourEntry], user) -> list[tuple[HourEntry, Booking | None]]:
    """Each movement with the session that it is about, if any."""
    references = {entry.reference for entry in entries} - {""}
    found = Booking.objects.visible_to(user).in_rows().filter(public_id__in=references)
    sessions = {session.public_id: session for session in found} if references else {}
    return [(entry, sessions.get(entry.reference)) for entry in entries]


@require_safe
@limits.limited("export")
def hours_export(request):
    """All the movements, for a spreadsheet."""
    entries = in_rows(HourEntry.objects.visible_to(request.user)).order_by(*NEWEST_FIRST)
    name = _("training-hours-%(date)s.csv") % {"date": timezone.localdate().isoformat()}
    return csv.download(request, HEADINGS, rows_of(entries), name=name)


def rows_of(entries: HourEntryQuerySet) -> Generator[tuple[csv.Cell, ...], None, None]:
    for entry in entries.iterator(csv.ROWS_AT_A_TIME):
        yield (
            entry.number,
            entry.at,
            entry.get_kind_display(),
            entry.minutes,
            entry.balance_after,
            _("Support") if entry.by.is_staff else entry.by.get_full_name(),
            entry.reason,
        )
