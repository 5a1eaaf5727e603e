"""When the stories happen, counted back from the moment of writing, so that the demonstration is always recent."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

SATURDAY = 5


def moment(written: str, *, now: datetime) -> datetime:
    """The instant of "40m", forty minutes ago, or of "3d 09:12", at that hour three working days before today."""
    if written.endswith("m"):
        return now - timedelta(minutes=int(written.removesuffix("m")))
    days, clock = written.split("d ")
    day = working_day_before(timezone.localdate(now), int(days))
    return timezone.make_aware(datetime.combine(day, time.fromisoformat(clock)))


def working_day_before(day: date, count: int) -> date:
    """The last of `count` days from Monday to Friday before `day`."""
    for _step in range(count):
        day -= timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day -= timedelta(days=1)
    return day
