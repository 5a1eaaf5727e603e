"""What a clock on the wall shows, and when: twice a year an hour is missing and another comes twice."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def instants(day: date, hour: time, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants, in UTC, at which the clocks of `zone` show this: one; none in the hour that the clock jumps over;
    two, the earlier first, in the hour that comes twice."""
    shown = datetime.combine(day, hour)
    found = {shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(instant for instant in found if wall(instant, zone) == shown))


def first_at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """The first instant, in UTC, at which the clocks of `zone` show this or, in the hour that they jump over, later."""
    if exact := instants(day, hour, zone):
        return exact[0]
    shown = datetime.combine(day, hour)
    before, after = sorted(shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if wall(middle, zone) < shown:
            before = middle
        else:
            after = middle
    return after


def wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of `zone` show at an instant, without a zone."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)
