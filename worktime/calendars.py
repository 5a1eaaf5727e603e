"""Which days and hours are worked somewhere, and how much of that lies between two instants."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worktime.clock import first_at

ONE_DAY = timedelta(days=1)
MIDNIGHT = time(0)
# Further back nobody looks for a day that is worked: there is none.
LONGEST_REST = 366


class NeverWorked(ValueError):
    """No day of a whole year is worked."""


@dataclass(frozen=True, order=True)
class Stretch:
    """Hours of a weekday (0 is Monday) that are worked, on the clocks of the place; ends at midnight with 00:00."""

    weekday: int
    starts: time
    ends: time

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6 or (self.ends != MIDNIGHT and self.ends <= self.starts):
            raise ValueError(f"No stretch of a week: {self.weekday}, {self.starts}–{self.ends}")


def office_hours() -> tuple[Stretch, ...]:
    """Monday to Friday from 9 to 18."""
    return tuple(Stretch(weekday, time(9), time(18)) for weekday in range(5))


@dataclass(frozen=True)
class WorkCalendar:
    """The weekly hours of a place with its holidays, on its clocks."""

    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()
    week: tuple[Stretch, ...] = office_hours()

    def is_working_day(self, day: date) -> bool:
        return day not in self.holidays and any(stretch.weekday == day.weekday() for stretch in self.week)

    def working_day_before(self, day: date) -> date:
        """The last day before `day` that is worked. Raises NeverWorked."""
        for back in range(1, LONGEST_REST + 1):
            if self.is_working_day(earlier := day - timedelta(days=back)):
                return earlier
        raise NeverWorked

    def same_time_of_working_day_before(self, at: datetime) -> datetime:
        """When the clocks showed the same as `at` on the working day before, in UTC. Raises NeverWorked."""
        local = at.astimezone(self.zone)
        return first_at(self.working_day_before(local.date()), local.time(), self.zone)

    def working_time(self, since: datetime, until: datetime) -> timedelta:
        """What of the time from `since` to `until` is worked, as it elapses: an hour that clocks skip is none."""
        windows = self.windows(since, until)
        return sum((max(min(ends, until) - max(starts, since), timedelta()) for starts, ends in windows), timedelta())

    def working_minutes(self, since: datetime, until: datetime) -> int:
        """The whole minutes of it."""
        return self.working_time(since, until) // timedelta(minutes=1)

    def windows(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is worked on the days from `since` to `until`, in UTC, in order, without overlaps."""
        done = None
        for day in days(since.astimezone(self.zone).date(), until.astimezone(self.zone).date()):
            for starts, ends in self.windows_of(day):
                first = starts if done is None else max(starts, done)
                if first < ends:
                    yield first, ends
                    done = ends

    def windows_of(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        if day in self.holidays:
            return
        for stretch in sorted(self.week):
            if stretch.weekday == day.weekday():
                last = day + ONE_DAY if stretch.ends == MIDNIGHT else day
                yield first_at(day, stretch.starts, self.zone), first_at(last, stretch.ends, self.zone)


def days(first: date, last: date) -> Iterable[date]:
    """Each day from the first to the last, both included."""
    return (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
