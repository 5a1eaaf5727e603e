"""The weeks and months that the calendar shows, on the clocks of the reader's company."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone

from training.models import Booking, Slot
from worktime.calendars import days
from worktime.clock import first_at
from worktime.models import Holiday

if TYPE_CHECKING:
    from accounts.models import User

ONE_WEEK = timedelta(weeks=1)
# Years that a calendar shows; beyond them nobody looks for a training.
FIRST_YEAR, LAST_YEAR = 2000, 2100
# So many times a day of the month lists; the others stand in the week.
TIMES_OF_A_DAY = 4


@dataclass(frozen=True, slots=True)
class Span:
    """The days that are shown: whole weeks, from a Monday to a Sunday. `month`: the first day of the month that they
    are shown for, None for a week alone."""

    first: date
    last: date
    month: date | None = None

    @classmethod
    def of_month(cls, day: date) -> "Span":
        month = day.replace(day=1)
        end = first_of_next(month) - timedelta(days=1)
        return cls(monday_of(month), monday_of(end) + timedelta(days=6), month)

    @classmethod
    def of_week(cls, day: date) -> "Span":
        first = monday_of(day)
        return cls(first, first + timedelta(days=6))

    @classmethod
    def asked_for(cls, *, month: str, week: str, begin: date) -> "Span":
        """What an address names, `2026-11` or a day; what names nothing shows the month of `begin`."""
        if (day := read(week)) is not None:
            return cls.of_week(day)
        return cls.of_month(read(f"{month}-01") or begin)

    @property
    def before(self) -> date:
        """A day of the month, or the week, before."""
        return (self.month or self.first) - timedelta(days=1)

    @property
    def after(self) -> date:
        return first_of_next(self.month) if self.month else self.first + ONE_WEEK

    @property
    def middle(self) -> date:
        """A day by which the other view goes on showing much the same."""
        return self.month or self.first

    def instants(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When its first day begins, and when the day after its last one does, in UTC."""
        return first_at(self.first, time(0), zone), first_at(self.last + timedelta(days=1), time(0), zone)


class Offer(NamedTuple):
    """A free slot, as little of it as the calendar says, and in words: thousands may be shown."""

    starts: datetime
    ends: datetime
    public_id: str
    first_name: str
    last_name: str

    @property
    def trainer(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def begins_and_ends(self) -> str:
        """“10:00–11:30”, on the active clocks."""
        zone = timezone.get_current_timezone()
        return f"{self.starts.astimezone(zone):%H:%M}–{self.ends.astimezone(zone):%H:%M}"


COLUMNS = ("starts", "ends", "public_id", "trainer__user__first_name", "trainer__user__last_name")


@dataclass(slots=True)
class Time:
    """Slots that begin at the same time of a day, of several trainers or several lengths."""

    starts: datetime
    offers: list[Offer]

    @property
    def only(self) -> Offer | None:
        """The one that there is; None where one has to choose."""
        return self.offers[0] if len(self.offers) == 1 else None


@dataclass(slots=True)
class Day:
    """One cell: the sessions of the company and the times at which it may have another."""

    date: date
    is_beside: bool  # of another month than the one that is shown
    is_today: bool
    holidays: list[str]
    sessions: list[Booking] = field(default_factory=list)
    times: list[Time] = field(default_factory=list)

    @property
    def is_closed(self) -> bool:
        return bool(self.holidays) or self.date.weekday() > 4

    @property
    def first_times(self) -> list[Time]:
        """Those that the month shows."""
        return self.times if len(self.times) <= TIMES_OF_A_DAY + 1 else self.times[:TIMES_OF_A_DAY]

    @property
    def more(self) -> int:
        """How many times there are besides."""
        return len(self.times) - len(self.first_times)


@dataclass(frozen=True, slots=True)
class Almanac:
    """What the calendar shows: weeks of days, with what is free and what the company has."""

    span: Span
    weeks: list[list[Day]]
    leads_to: str  # the address of a slot, save for its name and the end

    @classmethod
    def of(cls, user: "User", asked: Mapping[str, str], *, at: datetime, moving: Booking | None = None) -> "Almanac":
        """What the address asks for, else this month, in three queries. For a session that is `moving` the month in
        which it is, and slots that lead to moving it."""
        begin = timezone.localdate(moving.slot.starts if moving else at)
        span = Span.asked_for(month=asked.get("mes", ""), week=asked.get("semana", ""), begin=begin)
        since, until = span.instants(timezone.get_current_timezone())
        free = Slot.objects.visible_to(user).free(at=at).between(since, until).order_by("starts", "ends", "pk")
        sessions = Booking.objects.visible_to(user).live().between(since, until).in_rows().order_by("slot__starts")
        holidays = Holiday.objects.of_region(user.company.region).between(span.first, span.last)
        offers = (Offer(*columns) for columns in free.values_list(*COLUMNS))
        return cls(span, weeks(span, offers=offers, sessions=sessions, holidays=holidays, at=at), beginning(moving))

    @property
    def week_to_show(self) -> date:
        """The week that is shown instead of the month: the one of today, where it is among these."""
        return next((day.date for day in self.days if day.is_today), self.span.middle)

    @property
    def weekdays(self) -> list[date]:
        """A Monday to a Sunday, for the names of the days."""
        return [day.date for day in self.weeks[0]]

    @property
    def days(self) -> list[Day]:
        return [day for week in self.weeks for day in week]

    @property
    def has_offers(self) -> bool:
        return any(day.times for day in self.days)


def beginning(moving: Booking | None) -> str:
    """Of the addresses of slots; what follows is put together in the template, for resolving each takes its time."""
    anywhere = "-"
    if moving:
        whole = reverse("training:move", args=[moving.public_id, anywhere])
    else:
        whole = reverse("training:book", args=[anywhere])
    return whole.removesuffix(f"{anywhere}/")


def weeks(
    span: Span, *, offers: Iterable[Offer], sessions: Iterable[Booking], holidays: Iterable[Holiday], at: datetime
) -> list[list[Day]]:
    """The days of the span, week by week, with what is on them in the active time zone."""
    named: dict[date, list[str]] = {}
    for holiday in holidays:
        named.setdefault(holiday.day, []).append(holiday.name)
    today = timezone.localdate(at)
    cells = {
        day: Day(
            date=day,
            is_beside=span.month is not None and day.month != span.month.month,
            is_today=day == today,
            holidays=named.get(day, []),
        )
        for day in days(span.first, span.last)
    }
    for session in sessions:
        cells[timezone.localdate(session.slot.starts)].sessions.append(session)
    for starts, together in groupby(offers, key=lambda offer: offer.starts):
        cells[timezone.localdate(starts)].times.append(Time(starts, list(together)))
    row = list(cells.values())
    return [row[begin : begin + 7] for begin in range(0, len(row), 7)]


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def first_of_next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def read(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
