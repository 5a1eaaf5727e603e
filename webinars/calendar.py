"""A webinar as an entry of a calendar."""

from datetime import UTC, datetime

from django.conf import settings
from icalendar import Calendar, Event

from text.rendering import article_line
from webinars.models import Webinar

CONTENT_TYPE = "text/calendar; charset=utf-8"
CHARACTERS = 1_000


def entry(webinar: Webinar, *, at: datetime) -> bytes:
    """For whoever takes it along: taken again, it takes the place of the former one. The way in is the portal's page,
    which knows who is registered."""
    link = settings.PUBLIC_URL + webinar.get_absolute_url()
    event = Event()
    event.add("uid", f"webinar-{webinar.uid}@{settings.MAIL_DOMAIN}")
    event.add("sequence", webinar.sequence)
    event.add("dtstamp", at)
    event.add("dtstart", utc(webinar.starts_at))
    event.add("dtend", utc(webinar.ends_at))
    event.add("summary", webinar.title)
    event.add("description", f"{article_line(webinar.text, CHARACTERS)}\n\n{link}".strip())
    event.add("location", link)
    event.add("url", link)
    event.add("status", "CANCELLED" if webinar.is_cancelled else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.BRAND['vendor']}//{settings.BRAND['name']}//ES")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()


def utc(moment: datetime) -> datetime:
    """Instants need no table of clocks: each calendar shows them by its own."""
    return moment.astimezone(tz=UTC)
