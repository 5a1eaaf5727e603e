"""Novedades: what each version of the product brings, month by month (S0-68 to S0-72)."""

from collections import defaultdict

from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import limits
from releases import months
from releases.forms import NewsForm
from releases.models import Release
from releases.models.note import IN_ORDER
from releases.models.release import NEWEST_FIRST
from tables import keyset
from text import when
from tickets.models import Ticket

RELEASES = 3
# Notes of each release in the list, and of one on a page of its own.
NOTES, NOTES_OF_ONE = 25, 200
RELEASES_ON_PAPER, NOTES_ON_PAPER, NOTES_OF_ONE_ON_PAPER = 40, 200, 2_000


@require_safe
def news(request):
    form = asked(request)
    cursor = request.GET.get("pagina")
    page, misread = page_of(form.releases(), order=NEWEST_FIRST, cursor=cursor, size=RELEASES)
    shown = months.of(page.rows, form.notes, most=NOTES)
    name_own_tickets(request.user, [note for month in shown for one in month.releases for note in one.notes])
    context = {"form": form, "page": page, "months": shown, "misread": misread or form.misread}
    return render(request, "releases/news.html", context)


@require_safe
def release(request, version):
    """Everything that one release brings: the address that mails and tickets name, also note by note (`nota`)."""
    row = get_object_or_404(Release.objects.visible_to(request.user), version=version)
    notes = row.notes.public()
    shown = months.counted([row], notes)[row.pk]
    named, cursor = request.GET.get("nota", "").replace("\0", ""), request.GET.get("pagina")
    begun = notes if cursor else notes.from_page_of(named, size=NOTES_OF_ONE)
    page, misread = page_of(begun.with_modules(), order=IN_ORDER, cursor=cursor, size=NOTES_OF_ONE)
    name_own_tickets(request.user, page.rows)
    context = {"shown": shown, "page": page, "misread": misread, "begins_later": begun is not notes}
    return render(request, "releases/release.html", context)


@require_safe
def news_on_paper(request):
    """The same list on paper, with its filters; its first releases, which is said where there are more."""
    form = asked(request)
    rows = list(form.releases().newest_first()[: RELEASES_ON_PAPER + 1])
    shown = months.of(rows[:RELEASES_ON_PAPER], form.notes, most=NOTES_ON_PAPER)
    context = sheet(request) | {"months": shown, "is_cut": len(rows) > RELEASES_ON_PAPER}
    return render(request, "releases/news_print.html", context)


@require_safe
def release_on_paper(request, version):
    row = get_object_or_404(Release.objects.visible_to(request.user), version=version)
    [shown] = months.of([row], row.notes.public(), most=NOTES_OF_ONE_ON_PAPER)
    return render(request, "releases/news_print.html", sheet(request) | {"months": [shown], "release": row})


def asked(request) -> NewsForm:
    if request.GET.get("q"):
        limits.spend("search", request)
    own = Ticket.objects.visible_to(request.user).exclude(release_note=None)
    asked_for = own.order_by().values("release_note")
    return NewsForm(request.GET, person=request.user, at=timezone.now(), asked_for=asked_for)


def name_own_tickets(user, notes) -> None:
    """Gives each note `own_tickets`: those that it solves and that the person may see. One query."""
    releases = {note.release_id for note in notes}
    own = Ticket.objects.visible_to(user).filter(release_note__release__in=releases).order_by("number")
    tickets = defaultdict(list)
    for ticket in own.only("number", "release_note"):
        tickets[ticket.release_note_id].append(ticket)
    for note in notes:
        note.own_tickets = tickets[note.pk]


def page_of(rows, *, order, cursor, size):
    """The page that the address names, or the first one; and whether it names one that never was."""
    try:
        return keyset.page(rows, order=order, cursor=cursor, size=size), False
    except keyset.BadCursor:
        return keyset.page(rows, order=order, size=size), True


def sheet(request) -> dict:
    now = timezone.now()
    words = _("Printed on %(date)s by %(name)s")
    return {"printed": words % {"date": when.absolute(now), "name": request.user.get_full_name()}}
