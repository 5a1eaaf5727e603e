"""A session of the company: booked, looked at, moved, cancelled."""

from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import limits
from contracts.models import HourBag
from training import invitations
from training.forms import BookingForm, CancelForm, LinkForm
from training.models import Booking, NotBooked, Slot, SlotGone, TooLate

MOST_UPCOMING = 50
READ_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


def for_bookers(view):
    """A page for those who may book, in an area that others see too (S0-58)."""

    @wraps(view)
    def asked(request, *args, **kwargs):
        if not request.user.can_book_training or request.user.is_viewed:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return asked


@for_bookers
@READ_OR_POST
def book(request, slot):
    """Take a slot. `show` in what is posted only shows the outline of the module that was chosen."""
    now, user = timezone.now(), request.user
    chosen = Slot.objects.visible_to(user).in_rows().filter(public_id=slot).first()
    if chosen is None or (request.method != "POST" and not chosen.is_free(at=now)):
        return gone(request, chosen)
    asks = request.method == "POST" and "show" not in request.POST
    form = BookingForm(
        request.POST if request.method == "POST" else None, slot=chosen, person=user, is_asking=asks, at=now
    )
    if asks and form.is_valid() and (session := form.book(spend=limits.spender(request))):
        messages.success(request, _("Your session is booked. We have sent you the confirmation by e-mail."))
        return redirect(session)
    bag = HourBag.objects.visible_to(user).of(user.company)
    return render(request, "training/book.html", {"form": form, "slot": chosen, "bag": bag})


@require_safe
def bookings(request):
    """What is to come, and what was, year by year."""
    now, mine = timezone.now(), Booking.objects.visible_to(request.user)
    past = mine.past(at=now)
    years = [first.year for first in past.order_by().datetimes("slot__starts", "year", order="DESC")]
    asked = request.GET.get("ano", "")
    year = next((one for one in years if str(one) == asked), years[0] if years else None)
    context = {
        "upcoming": mine.upcoming(at=now).in_rows()[:MOST_UPCOMING],
        "years": years,
        "year": year,
        "past": past.filter(slot__starts__year=year).in_rows().with_recordings() if year else [],
    }
    return render(request, "training/bookings.html", context)


@require_safe
def booking(request, public_id):
    now = timezone.now()
    session = found(request, public_id)
    context = {
        "booking": session,
        "actions": session.actions_for(request.user, at=now),
        "attendees": session.attendees.select_related("user"),
        "wishes": session.wishes.select_related("topic"),
        "recordings": session.recordings.select_related("stored"),
    }
    return render(request, "training/booking.html", context)


@require_safe
def ics(request, public_id):
    """The session for one's own calendar."""
    now = timezone.now()
    session = found(request, public_id)
    if "calendar" not in session.actions_for(request.user, at=now):
        raise PermissionDenied
    content = invitations.file(session, at=now, language=request.LANGUAGE_CODE)
    day = timezone.localdate(session.slot.starts)
    headers = {"Content-Disposition": f'attachment; filename="formacion-{day}.ics"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)


@for_bookers
@READ_OR_POST
def move(request, public_id, slot):
    """Another slot instead of the one it has: asked once, done in one step."""
    now, user = timezone.now(), request.user
    session = found(request, public_id)
    if "change" not in session.actions_for(user, at=now):
        return too_late(request, session)
    to = Slot.objects.visible_to(user).in_rows().filter(public_id=slot).first()
    if to is None or not to.is_free(at=now):
        messages.error(request, SlotGone().message)
        return redirect("training:change", session.public_id)
    if request.method == "POST":
        try:
            limits.spend("booking", request)
            session.change(to=to, by=user, at=now)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, _("Your session has moved. We have sent the new date by e-mail."))
        return redirect(session)
    context = {"booking": session, "to": to, "more": to.minutes - session.minutes, "less": session.minutes - to.minutes}
    return render(request, "training/move.html", context)


@for_bookers
@READ_OR_POST
def link(request, public_id):
    """The company's own meeting link, or ours again."""
    now = timezone.now()
    session = found(request, public_id)
    if "give_link" not in session.actions_for(request.user, at=now):
        return too_late(request, session)
    form = LinkForm(request.POST if request.method == "POST" else None, booking=session)
    if request.method == "POST" and form.is_valid():
        has_changed = form.save(by=request.user, at=now)
        messages.success(
            request, _("The link is kept, and everybody has it.") if has_changed else _("Nothing changed.")
        )
        return redirect(session)
    return render(request, "training/link.html", {"form": form, "booking": session})


@for_bookers
@READ_OR_POST
def cancel(request, public_id):
    """Call it off, after reading whether the hours come back."""
    now = timezone.now()
    session = found(request, public_id)
    if "cancel" not in session.actions_for(request.user, at=now):
        return too_late(request, session)
    form = CancelForm(request.POST if request.method == "POST" else None, booking=session, at=now)
    if request.method == "POST" and form.is_valid():
        minutes = form.cancel(by=request.user)
        done = _("The session is cancelled and its hours are back in your bag.")
        messages.success(request, done if minutes else _("The session is cancelled. Its hours were not given back."))
        return redirect("training:calendar")
    return render(request, "training/cancel.html", {"form": form, "booking": session})


def found(request, public_id) -> Booking:
    return get_object_or_404(Booking.objects.visible_to(request.user).in_rows(), public_id=public_id)


def too_late(request, session: Booking):
    """What was asked of the session is no longer possible: why, and the session as it is."""
    still_to_come = session.is_to_come(at=timezone.now())
    messages.error(request, (TooLate() if still_to_come else NotBooked()).message)
    return redirect(session)


def gone(request, slot: Slot | None):
    """The slot that an address names is not free: to what the company has there, else to those that are."""
    session = Booking.objects.visible_to(request.user).live().filter(slot=slot).first() if slot else None
    if session:
        messages.info(request, _("Your company has booked this slot already: here it is."))
        return redirect(session)
    messages.error(request, SlotGone().message)
    return redirect("training:calendar")
