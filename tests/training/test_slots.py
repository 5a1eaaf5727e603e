"""Slots are made ahead from what trainers offer every week, on the clocks where they are; a weekly nine o'clock stays
nine o'clock over every change of the clocks (F22)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.training.scene import NOW, THURSDAY, book, fill, new_slot, new_trainer
from training.models import (
    Absence,
    Availability,
    NoSuchTime,
    NotAQuarter,
    Offered,
    Slot,
    SlotGone,
    Trainer,
    TwiceThatTime,
    instant,
)
from worktime.models import Holiday

pytestmark = pytest.mark.django_db

MADRID, CANARIAS = ZoneInfo("Europe/Madrid"), ZoneInfo("Atlantic/Canary")
# The nights in which the clocks of Spain change, by their Sundays.
SPRINGS, AUTUMNS = (date(2026, 3, 29), date(2027, 3, 28)), (date(2026, 10, 25), date(2027, 10, 31))
# The hour that is missing or comes twice, where.
CHANGED = {MADRID: time(2, 30), CANARIAS: time(1, 30)}


def every(weekday: int, starts: time, *, trainer: Trainer | None = None, at: datetime = NOW, **details) -> Availability:
    row = Availability(trainer=trainer or new_trainer(), weekday=weekday, starts=starts, **details)
    row.keep(at=at)
    return row


def offered(trainer: Trainer) -> list[datetime]:
    return list(trainer.slots.filter(withdrawn_at=None).order_by("starts").values_list("starts", flat=True))


# --- F22 ---


@pytest.mark.parametrize("zone", [MADRID, CANARIAS], ids=str)
@pytest.mark.parametrize("sunday", [*SPRINGS, *AUTUMNS], ids=str)
def test_a_weekly_nine_o_clock_stays_nine_o_clock_when_the_clocks_change(zone, sunday, settings):
    settings.TRAINING_WEEKS = 4
    at = datetime.combine(sunday - timedelta(days=14), time(12), UTC)
    trainer = every(0, time(9), trainer=new_trainer(time_zone=zone.key), at=at).trainer

    slots = [starts.astimezone(zone) for starts in offered(trainer)]

    assert len(slots) == 4
    assert {(local.weekday(), local.time()) for local in slots} == {(0, time(9))}
    assert len({local.utcoffset() for local in slots}) == 2
    assert {slot.minutes for slot in trainer.slots.all()} == {90}


@pytest.mark.parametrize("zone", [MADRID, CANARIAS], ids=str)
@pytest.mark.parametrize("sunday", SPRINGS, ids=str)
def test_a_time_over_which_the_clocks_jump_is_refused(zone, sunday):
    with pytest.raises(NoSuchTime):
        instant(sunday, CHANGED[zone], zone)
    with pytest.raises(NoSuchTime):
        instant(sunday, CHANGED[zone], zone, second=True)


@pytest.mark.parametrize("zone", [MADRID, CANARIAS], ids=str)
@pytest.mark.parametrize("sunday", AUTUMNS, ids=str)
def test_of_a_time_that_comes_twice_somebody_says_which_is_meant(zone, sunday):
    with pytest.raises(TwiceThatTime):
        instant(sunday, CHANGED[zone], zone)

    first, second = (instant(sunday, CHANGED[zone], zone, second=second) for second in (False, True))

    assert second - first == timedelta(hours=1)
    trainer = new_trainer(time_zone=zone.key)
    new_slot(first, trainer=trainer), new_slot(second, trainer=trainer)
    assert offered(trainer) == [first, second]


@pytest.mark.parametrize("zone", [MADRID, CANARIAS], ids=str)
def test_a_weekly_slot_leaves_out_the_night_without_its_hour(zone, settings):
    settings.TRAINING_WEEKS = 3
    spring = SPRINGS[0]
    at = datetime.combine(spring - timedelta(days=10), time(12), UTC)
    trainer = every(6, CHANGED[zone], trainer=new_trainer(time_zone=zone.key), at=at).trainer

    assert spring not in {starts.astimezone(zone).date() for starts in offered(trainer)}
    assert len(offered(trainer)) == 2


@pytest.mark.parametrize("sunday", [SPRINGS[0], AUTUMNS[0]], ids=str)
def test_a_session_over_the_change_costs_the_minutes_that_elapse(ana, ibarra, sunday):
    fill(ibarra)
    starts = instant(sunday, time(1, 30), MADRID)

    booking = book(new_slot(starts, minutes=120), ana, at=starts - timedelta(days=5))

    assert booking.refundable() == 120
    assert booking.slot.ends - booking.slot.starts == timedelta(minutes=120)
    shown = booking.slot.ends.astimezone(MADRID).replace(tzinfo=None) - datetime.combine(sunday, time(1, 30))
    assert shown == timedelta(hours=3 if sunday in SPRINGS else 1)


# --- ahead ---


def test_slots_are_made_some_weeks_ahead_and_once(settings):
    settings.TRAINING_WEEKS = 3
    trainer = every(3, time(10)).trainer
    assert offered(trainer) == [THURSDAY, *(THURSDAY + timedelta(weeks=week) for week in (1, 2))]

    assert Availability.objects.offer_ahead(at=NOW) == 0
    assert Availability.objects.offer_ahead(at=NOW + timedelta(weeks=1)) == 1


def test_holidays_of_the_trainers_region_and_absences_have_no_slots(settings):
    settings.TRAINING_WEEKS = 4
    trainer = new_trainer(region="MD")
    Holiday.objects.create(region="MD", day="2026-11-26", name="Fiesta")
    Holiday.objects.create(region="CT", day="2026-12-03", name="De otra región")
    every(3, time(10), trainer=trainer)
    assert len(offered(trainer)) == 3

    absence = Absence(trainer=trainer, first_day=date(2026, 12, 1), last_day=date(2026, 12, 3))
    assert absence.keep(at=NOW) == 0
    assert {starts.date() for starts in offered(trainer)} == {date(2026, 11, 19), date(2026, 12, 10)}

    absence.first_day, absence.last_day = date(2026, 12, 4), date(2026, 12, 10)
    absence.keep(at=NOW)
    assert {starts.date() for starts in offered(trainer)} == {date(2026, 11, 19), date(2026, 12, 3)}

    absence.end(at=NOW)
    assert len(offered(trainer)) == 3


def test_an_absence_says_how_many_sessions_are_booked_in_it(ana, ibarra):
    fill(ibarra)
    trainer = every(3, time(10)).trainer
    book(trainer.slots.earliest("starts"), ana)

    absence = Absence(trainer=trainer, first_day=date(2026, 11, 19), last_day=date(2026, 11, 26))

    assert absence.keep(at=NOW) == 1
    assert offered(trainer)[0] == THURSDAY
    assert THURSDAY + timedelta(weeks=1) not in offered(trainer)


def test_a_weekly_slot_that_changes_takes_its_free_slots_along(ana, ibarra, settings):
    settings.TRAINING_WEEKS = 2
    fill(ibarra)
    availability = every(3, time(10))
    trainer = availability.trainer
    kept, cancelled = trainer.slots.order_by("starts")
    book(kept, ana), book(cancelled, ana).cancel(by=ana, at=NOW)

    availability.starts = time(12)
    availability.keep(at=NOW)

    assert offered(trainer) == [THURSDAY, THURSDAY + timedelta(weeks=1, hours=2)]
    availability.end(at=NOW)
    assert offered(trainer) == [THURSDAY]


def test_of_a_trainer_who_stops_nothing_is_offered(settings):
    settings.TRAINING_WEEKS = 2
    trainer = every(3, time(10)).trainer
    trainer.is_active = False
    trainer.keep(at=NOW)

    assert not offered(trainer)
    assert Availability.objects.offer_ahead(at=NOW) == 0


def test_a_weekly_slot_lasts_from_its_first_to_its_last_day(settings):
    settings.TRAINING_WEEKS = 8
    days = {"first_day": date(2026, 11, 26), "last_day": date(2026, 12, 3)}

    assert len(offered(every(3, time(10), **days).trainer)) == 2


# --- by hand ---


@pytest.mark.parametrize(("minute", "minutes"), [(5, 90), (0, 50), (0, 0), (0, -15), (0, 495)])
def test_slots_stand_on_quarters_of_an_hour(minute, minutes):
    with pytest.raises(NotAQuarter):
        new_slot(THURSDAY + timedelta(minutes=minute), minutes=minutes)


def test_a_trainer_offers_the_same_slot_once():
    trainer = new_trainer()
    new_slot(trainer=trainer).withdraw(at=NOW)
    slot = new_slot(trainer=trainer)

    with pytest.raises(Offered):
        new_slot(trainer=trainer)
    with pytest.raises(Offered):
        Slot.objects.exclude(pk=slot.pk).get().restore()


def test_what_is_booked_is_neither_moved_nor_withdrawn(ana, ibarra):
    fill(ibarra)
    slot = new_slot()
    book(slot, ana)

    with pytest.raises(SlotGone):
        slot.withdraw(at=NOW)
    with pytest.raises(SlotGone):
        slot.change(starts=THURSDAY + timedelta(days=1), minutes=60, at=NOW)
