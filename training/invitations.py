"""A session as calendars understand it (RFC 5545): one entry for ever, by its UID, in ever higher versions."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import icalendar
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from mail.outbox import Recipient

if TYPE_CHECKING:
    from training.models import Booking, Slot

PRODID = "-//portal//formacion//ES"


def request(booking: "Booking", *, at: datetime) -> Callable[[Recipient], str]:
    """The invitation for each recipient, in their language."""
    return lambda to: calendar(booking, "REQUEST", at=at, to=to)


def cancel(booking: "Booking", *, at: datetime, slot: "Slot | None" = None) -> Callable[[Recipient], str]:
    """What takes the entry out of each recipient's calendar; `slot` is the one that they know, if it is another."""
    return lambda to: calendar(booking, "CANCEL", at=at, to=to, slot=slot)


def file(booking: "Booking", *, at: datetime, language: str) -> bytes:
    """The session as a file, for whoever adds it to a calendar by hand."""
    return calendar(booking, "PUBLISH", at=at, to=Recipient(address="", language=language)).encode()


def calendar(booking: "Booking", method: str, *, at: datetime, to: Recipient, slot: "Slot | None" = None) -> str:
    """One calendar with this one entry and the time zone of the company's clocks. Nobody but the recipient is named as
    a guest: who else comes is no matter of calendars."""
    with translation.override(to.language):
        whole = icalendar.Calendar()
        whole.add("prodid", PRODID)
        whole.add("version", "2.0")
        whole.add("calscale", "GREGORIAN")
        whole.add("method", method)
        whole.add_component(entry(booking, slot or booking.slot, method, at=at, to=to))
        whole.add_missing_timezones()
        return whole.to_ical().decode()


def entry(booking: "Booking", slot: "Slot", method: str, *, at: datetime, to: Recipient) -> icalendar.Event:
    zone = ZoneInfo(booking.company.time_zone)
    event = icalendar.Event()
    event.add("uid", booking.uid)
    event.add("sequence", booking.sequence)
    event.add("dtstamp", at)
    event.add("dtstart", shown(slot.starts, zone))
    event.add("dtend", shown(slot.ends, zone))
    event.add("summary", _("Training: %(subject)s") % {"subject": booking.subject})
    event.add("description", described(booking))
    event.add("location", booking.meeting_url)
    event.add("url", booking.meeting_url)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    organizer = icalendar.vCalAddress(f"mailto:{settings.BRAND['email']}")
    organizer.params["CN"] = icalendar.vText(settings.BRAND["name"])
    event.add("organizer", organizer)
    if to.address:
        guest = icalendar.vCalAddress(f"mailto:{to.address}")
        guest.params["CN"] = icalendar.vText(to.name or to.address)
        guest.params["RSVP"] = icalendar.vText("FALSE")
        event.add("attendee", guest)
    return event


def shown(at: datetime, zone: ZoneInfo) -> datetime:
    """An instant on the clocks of a place. Of an hour that comes twice calendars know the first one only: the second
    is told in UTC."""
    local = at.astimezone(zone)
    return at.astimezone(UTC) if local.fold else local


def described(booking: "Booking") -> str:
    """What stands in the entry: with whom, where, and where to change it."""
    words = {
        "trainer": booking.slot.trainer,
        "meeting": booking.meeting_url,
        "page": settings.PUBLIC_URL + booking.get_absolute_url(),
    }
    return _("Trainer: %(trainer)s\nVideo call: %(meeting)s\nTo change or cancel it: %(page)s") % words
