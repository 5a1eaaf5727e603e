"""The home page: a greeting, the counters, unread answers, the next training and webinar, and what each area says."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.areas import is_there
from accounts.models import User
from announcements.models import Announcement
from announcements.models.announcement import IN_ORDER
from contracts.models import HourBag
from text import when
from tickets import status
from tickets.models import Ticket
from training.models import Booking, Slot
from webinars.models import Webinar

# The counters as tiles (S0-18…S0-21): the tab behind each, its name, and the state whose colour it wears.
TILES = (
    (status.NEW, _("Not processed"), "new"),
    (status.OPEN, _("Open tickets"), "open"),
    (status.WAITING, _("Awaiting action"), "waiting"),
    (status.RECENTLY_CLOSED, _("Recent"), "closed"),
)
UNREAD_SHOWN = 8
ANNOUNCEMENTS_SHOWN = 4


@dataclass(frozen=True, slots=True)
class TicketsPanel:
    """What the home page says of tickets. `own`: one's own, not the whole company's; `alarm`: the red mark is lit."""

    own: bool
    tiles: list[dict]
    unread: list[Ticket]
    more_unread: bool
    alarm: bool


@dataclass(frozen=True, slots=True)
class TrainingPanel:
    """What the home page says of training (S0-48, S0-49): the next session, what may be done with it, and what is left
    in the bag; `full`: how much there was after the last purchase."""

    upcoming: Booking | None
    actions: set[str]
    bag: HourBag
    full: int
    may_book: bool


@require_safe
def home(request):
    if request.user.is_staff:
        return redirect("admin:index")
    now = timezone.now()
    context: dict[str, Any] = {"part_of_day": part_of_day(timezone.localtime(now).hour)}
    if is_there("announcements"):
        context |= unread_announcements(request.user, at=now)
    if request.user.can_use_webinars:
        rows = Webinar.objects.visible_to(request.user).upcoming(at=now)
        context["webinar"] = rows.with_marks(request.user).first()
    if request.user.can_use_tickets:
        context["panel"] = tickets_panel(request.user, own=request.GET.get("ver") == "mios", at=now)
        request.alarm = context["panel"].alarm
    if request.user.can_use_training:
        context["training"] = training_panel(request.user, at=now)
    return render(request, "portal/home.html", context)


def unread_announcements(user: User, *, at: datetime) -> dict[str, Any]:
    """Those in force that the person has yet to read, pinned ones first."""
    rows = Announcement.objects.visible_to(user, at=at).in_force(at=at).unread_by(user).in_lists()
    found = list(rows.order_by(*IN_ORDER)[: ANNOUNCEMENTS_SHOWN + 1])
    return {"announcements": found[:ANNOUNCEMENTS_SHOWN], "more_announcements": len(found) > ANNOUNCEMENTS_SHOWN}


def part_of_day(hour: int) -> str:
    return "morning" if 6 <= hour < 14 else "afternoon" if 14 <= hour < 21 else "night"


def training_panel(user: User, *, at: datetime) -> TrainingPanel:
    """In three queries, of anybody who may see the company's training."""
    upcoming = Booking.objects.visible_to(user).upcoming(at=at).in_rows().first()
    bag = HourBag.objects.visible_to(user).of(user.company)
    return TrainingPanel(
        upcoming=upcoming,
        actions=upcoming.actions_for(user, at=at) if upcoming else set(),
        bag=bag,
        full=bag.filled_to(),
        may_book="book" in Slot().actions_for(user),
    )


def tickets_panel(user: User, *, own: bool, at: datetime) -> TicketsPanel:
    """The tiles, the alarm and the unread answers of anybody who may use tickets, in two queries."""
    own = own or not user.can_see_company_tickets
    tickets = Ticket.objects.personal_to(user) if own else Ticket.objects.visible_to(user)
    counts, alarm = tickets.counts(at=at, reader=user)
    unread = list(tickets.unread_by(user).in_rows().order_by("-answered_at")[: UNREAD_SHOWN + 1])
    for ticket in unread:
        ticket.when = when.near(ticket.answered_at, now=at)
    return TicketsPanel(
        own=own,
        tiles=[{"tab": tab, "name": name, "state": state, "count": counts[tab.key]} for tab, name, state in TILES],
        unread=unread[:UNREAD_SHOWN],
        more_unread=len(unread) > UNREAD_SHOWN,
        alarm=alarm,
    )
