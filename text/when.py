"""Dates as people say them: relative when near, short when far."""

from datetime import datetime, timedelta

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def near(at: datetime, *, now: datetime) -> str:
    """“3 min ago”, “yesterday”, “16 Nov”, “16 Nov 2024”, in the active language and time zone."""
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
    """“16 Nov”, with the year when it is another one."""
    at = timezone.localtime(at)
    return formats.date_format(at, "j M" if at.year == timezone.localtime(now).year else "j M Y").lower()


def moment(at: datetime, *, now: datetime) -> str:
    """“17 Nov, 09:12”."""
    return f"{day(at, now=now)}, {formats.date_format(timezone.localtime(at), 'H:i')}"


def absolute(at: datetime) -> str:
    """The whole date, for the hover."""
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")


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
