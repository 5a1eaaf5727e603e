"""Dates as people say them: relative when near, short when far."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.utils import formats, timezone
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(at: datetime) -> int:
    """The instant as a whole number, since 1970."""
    return (at - EPOCH) // timedelta.resolution


def near(at: datetime, *, now: datetime) -> str:
    """“3 min ago”, “yesterday”, “Nov 16”, “Nov 16, 2024”, in the active language and time zone."""
    elapsed = now - at
    local, today = timezone.localtime(at), timezone.localtime(now)
    if timedelta() <= elapsed < timedelta(minutes=1):
        return _("just now")
    if timedelta() <= elapsed < timedelta(hours=1):
        return _("%(count)s min ago") % {"count": int(elapsed.total_seconds() // 60)}
    if timedelta() <= elapsed and local.date() == today.date():
        return _("%(count)s h ago") % {"count": int(elapsed.total_seconds() // 3600)}
    if local.date() == today.date() - timedelta(days=1):
        return _("yesterday")
    return day(local, now=today)


def day(at: datetime, *, now: datetime) -> str:
    """“Nov 16”, with the year when it is another one."""
    at = timezone.localtime(at)
    if at.year == timezone.localtime(now).year:
        return date_words(at.date(), pgettext("format of a date", "M j"), get_language())
    return short(at.date())


def short(day: date) -> str:
    """“Nov 16, 2024”, for a day that is no moment, such as the last one of an access."""
    return date_words(day, pgettext("format of a date", "M j, Y"), get_language())


def moment(at: datetime, *, now: datetime) -> str:
    """“Nov 17, 09:12”."""
    return f"{day(at, now=now)}, {timezone.localtime(at):%H:%M}"


def absolute(at: datetime) -> str:
    """The whole date, for the hover: “17 November 2026 at 09:12”."""
    at = timezone.localtime(at)
    words = {"day": date_words(at.date(), "DATE_FORMAT", get_language()), "time": f"{at:%H:%M}"}
    return _("%(day)s at %(time)s") % words


@lru_cache(maxsize=10_000)
def date_words(day: date, form: str, _language: str | None) -> str:
    """A page names some fifty days, and most of them again and again: each is put into words once."""
    return formats.date_format(day, form)


def lasting(since: datetime, *, now: datetime) -> str:
    """How long ago something began: “12 minutes”, “3 hours”, “5 days”."""
    minutes = max(int((now - since).total_seconds() // 60), 0)
    if minutes < 1:
        return _("less than a minute")
    if minutes < 60:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    if minutes < 48 * 60:
        return ngettext("%(count)s hour", "%(count)s hours", minutes // 60) % {"count": minutes // 60}
    return ngettext("%(count)s day", "%(count)s days", minutes // 1440) % {"count": minutes // 1440}


def hours(begins: datetime, ends: datetime) -> str:
    """“10:00–11:00”; where clocks show something else than the vendor's, with whose hour it is."""
    words = f"{timezone.localtime(begins):%H:%M}–{timezone.localtime(ends):%H:%M}"
    zone = timezone.get_current_timezone_name()
    if zone == settings.TIME_ZONE:
        return words
    return _("%(hours)s (%(place)s time)") % {"hours": words, "place": place(zone)}


def place(zone: str) -> str:
    """How people call a time zone: “Canary Islands”, “Mexico City”."""
    if zone == "Atlantic/Canary":
        return pgettext("time zone", "Canary Islands")
    return zone.rpartition("/")[2].replace("_", " ")
