from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worktime.calendars import NeverWorked, Stretch, WorkCalendar
from worktime.clock import wall

MADRID, CANARY = ZoneInfo("Europe/Madrid"), ZoneInfo("Atlantic/Canary")
OFFICE = WorkCalendar(MADRID)
ROUND_THE_CLOCK = tuple(Stretch(weekday, time(0), time(0)) for weekday in range(7))
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)

quarters = st.builds(lambda quarter: time(quarter // 4, quarter % 4 * 15), st.integers(0, 95))


@st.composite
def stretches(draw):
    starts, ends = sorted(draw(st.lists(quarters, min_size=2, max_size=2, unique=True)))
    return Stretch(draw(st.integers(0, 6)), starts, draw(st.sampled_from([ends, time(0)])))


@st.composite
def calendars(draw):
    first = draw(st.sampled_from([SPRING, AUTUMN]))
    holidays = draw(st.frozensets(st.integers(-3, 3), max_size=2))
    return WorkCalendar(
        draw(st.sampled_from([MADRID, CANARY])),
        frozenset(first + timedelta(days=ahead) for ahead in holidays),
        tuple(draw(st.lists(stretches(), max_size=8))),
    )


instants = st.builds(
    lambda day, minutes: datetime.combine(day, time(12), UTC) + timedelta(minutes=minutes),
    st.sampled_from([SPRING, AUTUMN]),
    st.integers(-3 * 24 * 60, 3 * 24 * 60),
)


def local(zone, *parts):
    return datetime(*parts, tzinfo=zone)


def counted(calendar, since, until):
    """The oracle: minute by minute. A stretch begins at the first minute of its day that shows its start or later, and
    ends at the first that shows its end or later."""

    def reached(day, hour, minute):
        shown = datetime.combine(day, hour)
        return any(wall(minute - timedelta(hours=back), calendar.zone) >= shown for back in (0, 1))

    def is_worked(minute):
        day = wall(minute, calendar.zone).date()
        if day in calendar.holidays:
            return False
        today = [stretch for stretch in calendar.week if stretch.weekday == day.weekday()]
        return any(
            reached(day, stretch.starts, minute) and (stretch.ends == time(0) or not reached(day, stretch.ends, minute))
            for stretch in today
        )

    minutes = max((until - since) // timedelta(minutes=1), 0)
    return sum(is_worked(since + timedelta(minutes=passed)) for passed in range(minutes))


@settings(max_examples=40, deadline=None)
@given(calendars(), instants, instants)
def test_working_minutes_are_those_that_one_counts_on_the_clock(calendar, since, until):
    assert calendar.working_minutes(since, until) == counted(calendar, since, until)


@given(calendars(), st.lists(instants, min_size=3, max_size=3))
def test_two_spans_that_meet_add_up(calendar, three):
    since, between, until = sorted(three)
    parts = calendar.working_time(since, between) + calendar.working_time(between, until)
    assert parts == calendar.working_time(since, until)


@given(calendars(), instants, instants)
def test_no_more_is_worked_than_elapses(calendar, since, until):
    assert timedelta() <= calendar.working_time(since, until) <= max(until - since, timedelta())


@given(instants, instants)
def test_round_the_clock_every_minute_that_elapses_is_worked(since, until):
    calendar = WorkCalendar(MADRID, week=ROUND_THE_CLOCK)
    assert calendar.working_time(since, until) == max(until - since, timedelta())


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 7, 1), 24)])
def test_a_day_has_the_minutes_that_elapse(day, hours):
    for zone in (MADRID, CANARY):
        midnight = datetime.combine(day, time(0), zone)
        next_one = datetime.combine(day + timedelta(days=1), time(0), zone)
        assert WorkCalendar(zone, week=ROUND_THE_CLOCK).working_minutes(midnight, next_one) == hours * 60


def test_stretches_that_overlap_are_worked_once():
    week = (Stretch(0, time(9), time(12)), Stretch(0, time(11), time(13)), Stretch(0, time(9), time(10)))
    calendar = WorkCalendar(MADRID, week=week)
    assert calendar.working_minutes(local(MADRID, 2026, 11, 23), local(MADRID, 2026, 11, 24)) == 240


def test_a_friday_afternoon_and_a_monday_morning():
    assert OFFICE.working_minutes(local(MADRID, 2026, 11, 27, 17, 30), local(MADRID, 2026, 11, 30, 9, 30)) == 60


def test_a_holiday_is_not_worked():
    calendar = WorkCalendar(MADRID, frozenset({date(2026, 12, 8)}))
    assert calendar.working_minutes(local(MADRID, 2026, 12, 7, 17), local(MADRID, 2026, 12, 9, 10)) == 120
    assert not calendar.is_working_day(date(2026, 12, 8))
    assert [calendar.is_working_day(date(2026, 12, day)) for day in (7, 12, 13)] == [True, False, False]


def test_backwards_nothing_is_worked():
    assert OFFICE.working_minutes(local(MADRID, 2026, 11, 27, 12), local(MADRID, 2026, 11, 27, 10)) == 0


@pytest.mark.parametrize("ends", [time(9), time(8)])
def test_a_stretch_ends_after_it_starts(ends):
    with pytest.raises(ValueError, match="No stretch"):
        Stretch(0, time(9), ends)


@pytest.mark.parametrize(
    ("at", "before"),
    [
        ((2026, 11, 26, 10), (2026, 11, 25, 10)),
        ((2026, 11, 30, 9, 30), (2026, 11, 27, 9, 30)),  # over a weekend
        ((2026, 12, 9, 10), (2026, 12, 4, 10)),  # over two holidays and a weekend
        ((2026, 3, 30, 10), (2026, 3, 27, 10)),  # over the night that lacks an hour
        ((2026, 10, 26, 10), (2026, 10, 23, 10)),  # over the one that has an hour more
    ],
)
def test_the_working_day_before_has_the_same_time_on_the_clock(at, before):
    holidays = frozenset({date(2026, 12, 7), date(2026, 12, 8)})
    for zone in (MADRID, CANARY):
        calendar = WorkCalendar(zone, holidays)
        assert calendar.same_time_of_working_day_before(local(zone, *at)) == local(zone, *before)


def test_the_day_before_is_the_one_of_the_place():
    """At half past midnight in Madrid it is still the day before on the Canary Islands."""
    at = local(MADRID, 2026, 12, 1, 0, 30)
    assert WorkCalendar(CANARY).same_time_of_working_day_before(at) == local(CANARY, 2026, 11, 27, 23, 30)
    assert OFFICE.same_time_of_working_day_before(at) == local(MADRID, 2026, 11, 30, 0, 30)


@given(calendars(), instants)
def test_the_working_day_before_is_worked_and_earlier(calendar, at):
    if not calendar.week:
        with pytest.raises(NeverWorked):
            calendar.same_time_of_working_day_before(at)
        return
    before = calendar.same_time_of_working_day_before(at)
    assert before < at
    assert calendar.is_working_day(wall(before, calendar.zone).date())
