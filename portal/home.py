"""The home page: a greeting, the four counters, unread answers, and what each area has to say."""

from datetime import datetime

from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from text import when
from tickets import status
from tickets.models import Ticket

# The counters as tiles (S0-18…S0-21): the tab behind each, its name, and the state whose colour it wears.
TILES = (
    (status.NEW, _("Not processed"), "new"),
    (status.OPEN, _("Open tickets"), "open"),
    (status.WAITING, _("Awaiting action"), "waiting"),
    (status.RECENTLY_CLOSED, _("Recent"), "closed"),
)
UNREAD_SHOWN = 8


@require_safe
def home(request):
    if request.user.is_staff:
        return redirect("admin:index")
    now = timezone.now()
    context = {"part_of_day": part_of_day(timezone.localtime(now).hour)}
    if request.user.can_use_tickets:
        own = request.GET.get("ver") == "mios" or not request.user.can_see_company_tickets
        context |= tickets_panel(request.user, own=own, at=now)
    return render(request, "portal/home.html", context)


def part_of_day(hour: int) -> str:
    return "morning" if 6 <= hour < 14 else "afternoon" if 14 <= hour < 21 else "night"


def tickets_panel(user, *, own: bool, at: datetime) -> dict:
    """The tiles and the unread answers, in two queries."""
    tickets = Ticket.objects.visible_to(user)
    if own:
        tickets = tickets.involving(user)
    counts = tickets.counts(at=at)
    unread = list(
        tickets.unread_by(user).select_related("author", "product").order_by("-answered_at")[: UNREAD_SHOWN + 1]
    )
    for ticket in unread:
        ticket.when = when.near(ticket.answered_at, now=at)
    return {
        "own": own,
        "tiles": [{"tab": tab, "name": name, "state": state, "count": counts[tab.key]} for tab, name, state in TILES],
        "unread": unread[:UNREAD_SHOWN],
        "more_unread": len(unread) > UNREAD_SHOWN,
    }
