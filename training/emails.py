"""The e-mails that this app sends. Each function decides who hears of it, and nothing else."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse

from accounts.emails import recipient
from mail.outbox import queue
from training import invitations

if TYPE_CHECKING:
    from training.models import Booking, Recording, Slot


def session_booked(booking: "Booking", *, at: datetime) -> None:
    """The confirmation with link and invitation, to the contact and those who attend; and to the trainer (S0-60)."""
    calendar = invitations.request(booking, at=at)
    queue("session_booked", map(recipient, booking.people()), context=about(booking), calendar=calendar)
    queue("session_booked_for_trainer", [trainer(booking)], context=for_trainer(booking), calendar=calendar)


def session_handed_over(booking: "Booking", *, at: datetime) -> None:
    """Another person of the company is the contact: the confirmation, to them alone."""
    calendar = invitations.request(booking, at=at)
    queue("session_booked", [recipient(booking.contact)], context=about(booking), calendar=calendar)


def session_changed(booking: "Booking", *, at: datetime, was: "Slot | None" = None) -> None:
    """Another time or another link. Also to whoever changed it: the calendar entry follows. When it moved (`was`) to
    another trainer, the former one hears that it is off, and the new one that it is booked."""
    calendar, moved_to = invitations.request(booking, at=at), trainer(booking)
    queue("session_changed", map(recipient, booking.people()), context=about(booking), calendar=calendar)
    if was is None or was.trainer_id == booking.slot.trainer_id:
        queue("session_changed", [moved_to], context=for_trainer(booking), calendar=calendar)
        return
    queue("session_booked_for_trainer", [moved_to], context=for_trainer(booking), calendar=calendar)
    gone = for_trainer(booking) | {"slot": was, "trainer": was.trainer, "is_off": True, "zone": was.trainer.time_zone}
    former, calendar = recipient(was.trainer.user), invitations.cancel(booking, at=at, slot=was)
    queue("session_cancelled", [former], context=gone, calendar=calendar)


def session_cancelled(booking: "Booking", *, refunded: int, at: datetime) -> None:
    """Called off. Also to whoever did it: the calendar entry goes."""
    calendar, more = invitations.cancel(booking, at=at), {"refunded": refunded, "is_off": True}
    queue("session_cancelled", map(recipient, booking.people()), context=about(booking) | more, calendar=calendar)
    queue("session_cancelled", [trainer(booking)], context=for_trainer(booking) | more, calendar=calendar)


def session_reminder(booking: "Booking", *, is_soon: bool) -> None:
    """A day before, and an hour before (`is_soon`): to its people and the trainer."""
    more = {"is_soon": is_soon}
    queue("session_reminder", map(recipient, booking.people()), context=about(booking) | more)
    queue("session_reminder", [trainer(booking)], context=for_trainer(booking) | more)


def recording_added(recording: "Recording") -> None:
    """To the people of the session."""
    booking = recording.booking
    link = settings.PUBLIC_URL + recording.get_absolute_url()
    context = about(booking) | {"recording": recording, "link": link}
    queue("recording_added", map(recipient, booking.people()), context=context)


def trainer(booking: "Booking"):
    return recipient(booking.slot.trainer.user)


def about(booking: "Booking") -> dict[str, Any]:
    """What every mail says of a session, on the company's clocks."""
    return {
        "booking": booking,
        "company": booking.company,
        "slot": booking.slot,
        "trainer": booking.slot.trainer,
        "zone": booking.company.time_zone,
        "is_elsewhere": booking.company.time_zone != settings.TIME_ZONE,
        "link": settings.PUBLIC_URL + booking.get_absolute_url(),
    }


def for_trainer(booking: "Booking") -> dict[str, Any]:
    """The trainer hears it on their own clocks, also what is wanted and who comes; the link leads to the desk."""
    wishes = booking.wishes.select_related("topic")
    zone = booking.slot.trainer.time_zone
    return about(booking) | {
        "zone": zone,
        "is_elsewhere": zone != settings.TIME_ZONE,
        "is_trainer": True,
        "link": settings.PUBLIC_URL + reverse("admin:training_booking_change", args=[booking.pk]),
        "more": [wish.topic for wish in wishes if wish.wish == "more"],
        "less": [wish.topic for wish in wishes if wish.wish == "less"],
        "attendees": list(booking.attendees.select_related("user")),
    }
