"""The calendar: what is free, what the company has, what comes next and how many hours are left."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from contracts.models import HourBag
from training.almanac import Almanac
from training.models import Booking, Recording, Slot
from training.views.booking import for_bookers, found, too_late

# Besides the next one; the others stand on a page of their own.
UPCOMING_SHOWN = 3
RECORDINGS_SHOWN = 3


@require_safe
def calendar(request):
    now = timezone.now()
    bag = HourBag.objects.visible_to(request.user).of(request.user.company)
    sessions = list(Booking.objects.visible_to(request.user).upcoming(at=now).in_rows()[: UPCOMING_SHOWN + 1])
    upcoming = sessions[0] if sessions else None
    context = {
        "almanac": Almanac.of(request.user, request.GET, at=now),
        "may_book": "book" in Slot().actions_for(request.user),
        "bag": bag,
        "full": bag.filled_to(),
        "upcoming": upcoming,
        "actions": upcoming.actions_for(request.user, at=now) if upcoming else set(),
        "later": sessions[1:],
        "recordings": Recording.objects.visible_to(request.user).newest_first().in_rows()[:RECORDINGS_SHOWN],
    }
    return render(request, "training/calendar.html", context)


@for_bookers
@require_safe
def change(request, public_id):
    """The same calendar, to choose where a session moves to."""
    now = timezone.now()
    session = found(request, public_id)
    if "change" not in session.actions_for(request.user, at=now):
        return too_late(request, session)
    almanac = Almanac.of(request.user, request.GET, at=now, moving=session)
    return render(request, "training/change.html", {"almanac": almanac, "booking": session})
