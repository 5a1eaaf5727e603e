"""Hours and dates of trainings in words."""

from django import template
from django.conf import settings
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from text import when
from training.models import Slot

register = template.Library()

# The circle of the ring is a hundred long.
WHOLE = 100


@register.filter
def hours(minutes: int) -> str:
    """“7.5”, as the language writes it."""
    return formats.number_format(minutes / 60, 2).rstrip("0").rstrip(".,")


@register.filter
def duration(minutes: int) -> str:
    """“1 h 30 min”, where a line breaks between hours and minutes alone."""
    whole, rest = divmod(abs(minutes), 60)
    parts = [
        f"{whole}\N{NO-BREAK SPACE}h" if whole else "",
        f"{rest}\N{NO-BREAK SPACE}min" if rest or not whole else "",
    ]
    return " ".join(filter(None, parts))


@register.filter
def signed(minutes: int) -> str:
    """“+ 1 h 30 min”, with a minus that is as wide as the plus."""
    return f"{'−' if minutes < 0 else '+'}\N{NO-BREAK SPACE}{duration(minutes)}"


@register.filter
def share(part: int, full: int) -> int:
    """How much of the ring is filled, in hundredths."""
    return min(WHOLE * part // full, WHOLE) if full else 0


@register.filter
def weekday_and_day(at) -> str:
    """“Thursday, November 26”, with the year when it is another one."""
    local = timezone.localtime(at)
    is_this_year = local.year == timezone.localtime().year
    form = pgettext("format of a date", "l, F j") if is_this_year else pgettext("format of a date", "l, F j, Y")
    return capfirst(when.date_words(local.date(), form, get_language()))


@register.filter
def clock(at) -> str:
    return f"{timezone.localtime(at):%H:%M}"


@register.simple_tag
def period(slot: Slot) -> SafeString:
    """“Thursday, November 26, 10:00–11:30”."""
    return format_html(
        '<time datetime="{}">{}, {}–{}</time>',
        slot.starts.isoformat(),
        weekday_and_day(slot.starts),
        clock(slot.starts),
        clock(slot.ends),
    )


@register.simple_tag
def zone_words(zone: str) -> str:
    """Whose times are shown, for those who do not have the vendor's; nothing for the others."""
    if zone == settings.TIME_ZONE:
        return ""
    if zone == "Atlantic/Canary":
        return _("Times of the Canary Islands")
    return _("Times of %(place)s") % {"place": zone.rpartition("/")[2].replace("_", " ")}
