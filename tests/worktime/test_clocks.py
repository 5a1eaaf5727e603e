from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worktime.clock import first_at, instants, wall

MADRID, CANARY = ZoneInfo("Europe/Madrid"), ZoneInfo("Atlantic/Canary")
ZONES = st.sampled_from([MADRID, CANARY])
# The days on which clocks change, and those around them.
CHANGES = [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)]
DAYS = st.builds(lambda day, ahead: day + timedelta(days=ahead), st.sampled_from(CHANGES), st.integers(-3, 3))
HOURS = st.builds(time, st.integers(0, 23), st.integers(0, 59))


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hour", "zone"),
    [
        (date(2026, 3, 29), time(2, 30), MADRID),
        (date(2027, 3, 28), time(2, 0), MADRID),
        (date(2026, 3, 29), time(1, 30), CANARY),
    ],
)
def test_a_time_that_the_clock_jumps_over_is_no_instant(day, hour, zone):
    assert instants(day, hour, zone) == ()


@pytest.mark.parametrize(
    ("hour", "zone"), [(time(2, 30), MADRID), (time(1, 30), CANARY)], ids=["in Madrid", "on the Canary Islands"]
)
def test_a_time_that_comes_twice_is_two_instants_an_hour_apart(hour, zone):
    assert instants(date(2026, 10, 25), hour, zone) == (utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30))


@pytest.mark.parametrize(("zone", "jump"), [(MADRID, time(2)), (CANARY, time(1))])
def test_in_the_hour_that_is_jumped_over_the_first_later_instant_is_the_jump(zone, jump):
    for minute in (0, 1, 30, 59):
        assert first_at(date(2026, 3, 29), jump.replace(minute=minute), zone) == utc(2026, 3, 29, 1)


@given(DAYS, HOURS, ZONES)
def test_the_first_instant_is_the_first_minute_at_which_the_clock_shows_the_time_or_later(day, hour, zone):
    midnight = datetime.combine(day, time(0), zone).astimezone(UTC)
    shown = datetime.combine(day, hour)
    minutes = (midnight + timedelta(minutes=passed) for passed in range(26 * 60))
    assert first_at(day, hour, zone) == next(minute for minute in minutes if wall(minute, zone) >= shown)


@given(DAYS, HOURS, ZONES)
def test_each_instant_of_a_time_shows_it(day, hour, zone):
    for instant in instants(day, hour, zone):
        assert wall(instant, zone) == datetime.combine(day, hour)


@given(st.lists(st.tuples(DAYS, HOURS), min_size=2), ZONES)
def test_later_on_the_clock_is_never_earlier(shown, zone):
    firsts = [first_at(day, hour, zone) for day, hour in sorted(shown)]
    assert firsts == sorted(firsts)


def test_nine_every_week_stays_nine():
    days = [date(2026, 3, 23) + timedelta(weeks=week) for week in range(35)]
    found = [instants(day, time(9), MADRID) for day in days]
    assert {len(each) for each in found} == {1}
    assert {wall(each[0], MADRID).time() for each in found} == {time(9)}
    assert {each[0].time() for each in found} == {time(7), time(8)}
