"""A slot is taken once, its minutes leave the bag at once, and what fails has done nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts.models import AuditEntry
from contracts.models import HourBag, HourEntry, NotEnoughHours
from tests.factories import StaffFactory, UserFactory
from tests.training.scene import NOW, THURSDAY, book, fill, new_module, new_slot, new_trainer
from training.models import (
    Attendee,
    Booking,
    NotBooked,
    Slot,
    SlotGone,
    Stranger,
    TakenQuarter,
    TooLate,
    TopicOfAnotherModule,
    TopicWish,
)

pytestmark = pytest.mark.django_db


def ledger(company):
    entries = HourEntry.objects.filter(bag__company=company).order_by("pk")
    return [(entry.kind, entry.minutes, entry.balance_after) for entry in entries]


def balance(company) -> int:
    return HourBag.objects.of(company).balance


def nothing_happened() -> bool:
    rows = (Booking, TakenQuarter, Attendee, TopicWish)
    return not any(model.objects.exists() for model in rows) and not AuditEntry.objects.filter(
        kind=AuditEntry.Kind.TRAINING_BOOKED
    )


def test_a_booking_takes_the_slot_and_its_minutes(ana, ibarra):
    fill(ibarra)
    slot = new_slot()

    booking = book(slot, ana)

    assert booking.state == Booking.State.BOOKED
    assert ledger(ibarra) == [("purchase", 600, 600), ("booking", -90, 510)]
    assert not Slot.objects.free(at=NOW).filter(pk=slot.pk).exists()
    assert [quarter.at for quarter in booking.quarters.order_by("at")] == [
        THURSDAY + timedelta(minutes=15 * number) for number in range(6)
    ]
    assert AuditEntry.objects.filter(kind=AuditEntry.Kind.TRAINING_BOOKED, company=ibarra, actor_id=ana.pk).count() == 1


def test_a_slot_is_taken_once(ana, carla, ibarra, norte):
    fill(ibarra), fill(norte)
    slot = new_slot()
    book(slot, ana)

    with pytest.raises(SlotGone):
        book(slot, carla)

    assert balance(norte) == 600
    assert Booking.objects.count() == 1


def test_a_trainer_is_not_booked_twice_by_slots_of_different_length(ana, carla, ibarra, norte):
    fill(ibarra), fill(norte)
    trainer = new_trainer()
    long, short = new_slot(trainer=trainer), new_slot(THURSDAY + timedelta(minutes=60), trainer=trainer, minutes=30)
    after = new_slot(THURSDAY + timedelta(minutes=90), trainer=trainer, minutes=30)
    book(long, ana)

    with pytest.raises(SlotGone):
        book(short, carla)

    assert list(Slot.objects.free(at=NOW)) == [after]
    book(after, carla)


def test_without_enough_hours_nothing_is_booked(ana, ibarra):
    fill(ibarra, 75)

    with pytest.raises(NotEnoughHours):
        book(new_slot(), ana, module=new_module(topics=("Alta",)), people=[ana])

    assert nothing_happened()
    assert balance(ibarra) == 75


def test_the_last_minutes_can_be_spent(ana, ibarra):
    fill(ibarra, 90)

    book(new_slot(), ana)

    assert balance(ibarra) == 0


@pytest.mark.parametrize("spoil", [
    lambda slot: slot.withdraw(at=NOW),
    lambda slot: Slot.objects.filter(pk=slot.pk).update(starts=NOW, ends=NOW + timedelta(minutes=90)),
    lambda slot: Slot.objects.filter(pk=slot.pk).update(starts=NOW - timedelta(days=1)),
    lambda slot: type(slot.trainer).objects.update(is_active=False),
])  # fmt: skip
def test_a_slot_that_passed_or_was_withdrawn_cannot_be_booked(ana, ibarra, spoil):
    fill(ibarra)
    slot = new_slot()
    spoil(slot)

    with pytest.raises(SlotGone):
        book(slot, ana)

    assert nothing_happened()
    assert balance(ibarra) == 600


def test_a_slot_that_support_moved_meanwhile_is_not_booked_at_its_new_time(ana, ibarra):
    fill(ibarra)
    slot = new_slot()
    stale = Slot.objects.get(pk=slot.pk)
    slot.change(starts=THURSDAY + timedelta(days=1), minutes=60, at=NOW)

    with pytest.raises(SlotGone):
        book(stale, ana)

    book(Slot.objects.get(pk=slot.pk), ana)


def test_topics_are_those_of_the_module(ana, ibarra):
    fill(ibarra)
    mine, other = new_module(topics=("Alta", "Baja")), new_module("Vigilancia", topics=("Otra",))

    with pytest.raises(TopicOfAnotherModule):
        book(new_slot(), ana, module=mine, more=[other.topics.get()])
    with pytest.raises(TopicOfAnotherModule):
        book(new_slot(THURSDAY + timedelta(days=1)), ana, module=None, less=[mine.topics.first()])
    assert nothing_happened()

    high, low = mine.topics.all()
    booking = book(Slot.objects.first(), ana, module=mine, more=[high], less=[low, high])
    assert {(wish.topic, wish.wish) for wish in booking.wishes.all()} == {(high, "more"), (low, "less")}


def test_only_people_of_the_company_attend(ana, diego, carla, ibarra):
    fill(ibarra)

    with pytest.raises(Stranger):
        book(new_slot(), ana, people=[diego, carla])
    assert nothing_happened()

    booking = book(Slot.objects.first(), ana, people=[diego, diego], names=["  Luis \n Gil ", " "])
    assert [str(attendee) for attendee in booking.attendees.all()] == ["Diego Sanz", "Luis Gil"]


def test_an_endless_list_of_names_is_refused(ana, ibarra):
    fill(ibarra)

    with pytest.raises(ValidationError):
        book(new_slot(), ana, names=[f"Persona {number}" for number in range(31)])

    assert nothing_happened()


@pytest.mark.parametrize("link", [
    "javascript:alert(1)",
    "JaVaScRiPt://meet.example/%0aalert(1)",
    "http://meet.example/sala",
    "data:text/html,hola",
    "//meet.example/sala",
    "https://",
    "https://meet.jit.si@otro.example/sala",
    "https://ana:clave@meet.example/sala",
    "https://meet.example/sala\nBcc: otro@otro.example",
    "https://meet.example/sala con espacio",
    "https://meet.example/\x00",
    "https://meet.example/" + "a" * 10_000,
    "sala de reuniones",
])  # fmt: skip
def test_a_meeting_link_is_https_and_one_line(ana, ibarra, link):
    fill(ibarra)
    slot = new_slot()

    with pytest.raises(ValidationError):
        book(slot, ana, own_link=link)
    assert nothing_happened()

    booking = book(slot, ana)
    with pytest.raises(ValidationError):
        booking.give_link(link, by=ana, at=NOW)
    assert booking.meeting_url.startswith("https://meet.jit.si/formacion-")


def test_the_own_link_may_be_given_and_taken_back_until_the_session_begins(ana, ibarra):
    fill(ibarra)
    booking = book(new_slot(), ana)
    room = booking.meeting_url

    assert booking.give_link(" https://teams.example/l/reunion?id=1 ", by=ana, at=NOW)
    assert booking.meeting_url == "https://teams.example/l/reunion?id=1"
    assert not booking.give_link("https://teams.example/l/reunion?id=1", by=ana, at=NOW)
    assert booking.give_link("", by=ana, at=THURSDAY - timedelta(minutes=1))
    assert booking.meeting_url == room

    with pytest.raises(NotBooked):
        booking.give_link("https://teams.example/otra", by=ana, at=THURSDAY)


def test_rooms_cannot_be_guessed_and_hold_no_capital_letters(ana, ibarra):
    fill(ibarra)
    rooms = {book(new_slot(THURSDAY + timedelta(days=day)), ana).room for day in range(3)}

    assert len(rooms) == 3
    assert all(len(room.removeprefix("formacion-")) == 32 and room == room.lower() for room in rooms)


# --- cancelling ---


def test_cancelling_by_the_same_time_of_the_working_day_before_gives_the_hours_back(ana, ibarra):
    fill(ibarra)
    booking = book(new_slot(), ana)
    assert booking.free_until() == THURSDAY - timedelta(days=1)

    assert booking.cancel(by=ana, at=THURSDAY - timedelta(days=1)) == 90

    assert ledger(ibarra) == [("purchase", 600, 600), ("booking", -90, 510), ("refund", 90, 600)]
    assert list(Slot.objects.free(at=NOW)) == [booking.slot]


def test_cancelling_later_frees_the_slot_and_keeps_the_hours(ana, ibarra):
    fill(ibarra)
    booking = book(new_slot(), ana)

    assert booking.cancel(by=ana, at=THURSDAY - timedelta(days=1) + timedelta(minutes=1)) == 0

    assert balance(ibarra) == 510
    assert list(Slot.objects.free(at=NOW)) == [booking.slot]


def test_weekends_and_holidays_of_the_companys_region_are_no_working_days(ana, ibarra):
    from worktime.models import Holiday

    fill(ibarra)
    monday = datetime(2026, 11, 23, 9, tzinfo=UTC)
    booking = book(new_slot(monday), ana)
    assert booking.free_until() == datetime(2026, 11, 20, 9, tzinfo=UTC)

    Holiday.objects.create(region="", day="2026-11-20", name="Fiesta")
    assert booking.free_until() == datetime(2026, 11, 19, 9, tzinfo=UTC)


def test_a_session_is_cancelled_once(ana, ibarra):
    fill(ibarra)
    booking = book(new_slot(), ana)
    stale = Booking.objects.get(pk=booking.pk)
    booking.cancel(by=ana, at=NOW)

    with pytest.raises(NotBooked):
        stale.cancel(by=ana, at=NOW)

    assert balance(ibarra) == 600


def test_what_has_begun_is_cancelled_by_support_alone(ana, ibarra):
    fill(ibarra)
    booking, staff = book(new_slot(), ana), StaffFactory()

    with pytest.raises(NotBooked):
        booking.cancel(by=ana, at=THURSDAY)

    assert booking.cancel(by=staff, at=THURSDAY + timedelta(minutes=5), reason="La formadora no pudo") == 90


def test_support_says_whether_the_hours_come_back(ana, ibarra):
    fill(ibarra)

    assert book(new_slot(), ana).cancel(by=StaffFactory(), refunds=False, at=NOW) == 0
    assert book(Slot.objects.first(), ana).cancel(by=ana, refunds=True, at=THURSDAY - timedelta(hours=1)) == 0


# --- moving ---


def test_a_session_moves_in_one_step(ana, ibarra):
    fill(ibarra)
    old, new = new_slot(), new_slot(THURSDAY + timedelta(days=1))
    booking = book(old, ana)

    booking.change(to=new, by=ana, at=NOW)

    assert Booking.objects.get().slot == new
    assert list(Slot.objects.free(at=NOW)) == [old]
    assert ledger(ibarra) == [("purchase", 600, 600), ("booking", -90, 510)]


def test_what_the_new_slot_lasts_more_or_less_is_settled(ana, ibarra):
    fill(ibarra, 120)
    booking = book(new_slot(), ana)

    booking.change(to=new_slot(THURSDAY + timedelta(days=1), minutes=120), by=ana, at=NOW)
    booking.change(to=new_slot(THURSDAY + timedelta(days=4), minutes=60), by=ana, at=NOW)
    assert balance(ibarra) == 60

    assert booking.cancel(by=ana, at=NOW) == 60
    assert ledger(ibarra)[1:] == [
        ("booking", -90, 30), ("correction", -30, 0), ("correction", 60, 60), ("refund", 60, 120),
    ]  # fmt: skip


def test_a_session_that_cannot_move_stays_where_it_was(ana, carla, ibarra, norte):
    fill(ibarra, 90), fill(norte)
    old, taken = new_slot(), new_slot(THURSDAY + timedelta(days=1))
    longer = new_slot(THURSDAY + timedelta(days=4), minutes=120)
    booking = book(old, ana)
    book(taken, carla)

    with pytest.raises(SlotGone):
        booking.change(to=taken, by=ana, at=NOW)
    with pytest.raises(NotEnoughHours):
        Booking.objects.get(pk=booking.pk).change(to=longer, by=ana, at=NOW)

    stored = Booking.objects.get(pk=booking.pk)
    assert (stored.slot, stored.sequence, stored.minutes, stored.quarters.count()) == (old, 0, 90, 6)
    assert balance(ibarra) == 0


def test_a_session_may_move_into_its_own_time(ana, ibarra):
    fill(ibarra)
    trainer = new_trainer()
    booking = book(new_slot(trainer=trainer), ana)

    booking.change(to=new_slot(THURSDAY + timedelta(minutes=30), trainer=trainer), by=ana, at=NOW)

    assert booking.quarters.count() == 6


def test_when_hours_no_longer_come_back_only_support_moves_a_session(ana, ibarra):
    fill(ibarra)
    booking, later = book(new_slot(), ana), new_slot(THURSDAY + timedelta(days=7))
    late = THURSDAY - timedelta(hours=2)

    with pytest.raises(TooLate):
        booking.change(to=later, by=ana, at=late)

    booking.change(to=later, by=StaffFactory(), at=late)
    assert booking.slot == later


# --- after it ---


def test_unused_minutes_come_back_once(ana, ibarra):
    fill(ibarra)
    booking, staff = book(new_slot(), ana, people=[ana], names=["Luis Gil"]), StaffFactory()
    came, _missing = booking.attendees.all()

    assert booking.complete(by=staff, minutes_used=60, attended=[came.pk], at=THURSDAY + timedelta(hours=2)) == 30

    assert balance(ibarra) == 540
    assert [attendee.attended for attendee in booking.attendees.all()] == [True, False]
    with pytest.raises(NotBooked):
        Booking.objects.get().complete(by=staff, minutes_used=30, at=THURSDAY + timedelta(hours=2))
    with pytest.raises(NotBooked):
        Booking.objects.get().cancel(by=staff, at=THURSDAY + timedelta(hours=2))
    assert balance(ibarra) == 540


def test_a_longer_session_takes_nothing_by_itself(ana, ibarra):
    fill(ibarra)
    booking = book(new_slot(), ana)

    assert booking.complete(by=StaffFactory(), minutes_used=120, at=THURSDAY + timedelta(hours=2)) == 0
    assert balance(ibarra) == 510


def test_a_session_is_not_held_before_it_begins(ana, ibarra):
    fill(ibarra)

    with pytest.raises(NotBooked):
        book(new_slot(), ana).complete(by=StaffFactory(), minutes_used=90, at=THURSDAY - timedelta(minutes=1))


# --- who sees and may do what ---


def test_sessions_are_seen_by_their_company_with_the_area(ana, diego, carla, ibarra):
    fill(ibarra)
    booking = book(new_slot(), ana)
    outside = UserFactory(company=ibarra)

    assert list(Booking.objects.visible_to(diego)) == [booking]
    assert not Booking.objects.visible_to(carla).exists()
    assert not Booking.objects.visible_to(outside).exists()
    assert not Booking.objects.visible_to(StaffFactory()).exists()


def test_hours_are_seen_by_their_company_with_the_area(ana, carla, ibarra):
    fill(ibarra)

    assert HourBag.objects.visible_to(ana).get().balance == 600
    assert HourEntry.objects.visible_to(ana).count() == 1
    for stranger in (carla, UserFactory(company=ibarra), StaffFactory()):
        assert not HourBag.objects.visible_to(stranger).exists()
        assert not HourEntry.objects.visible_to(stranger).exists()


def test_of_a_withdrawn_slot_others_learn_nothing(ana, carla, ibarra):
    fill(ibarra)
    booked, hidden = new_slot(), new_slot(THURSDAY + timedelta(days=1))
    book(booked, ana)
    hidden.withdraw(at=NOW)

    assert list(Slot.objects.visible_to(carla)) == [booked]
    assert not Slot.objects.visible_to(UserFactory(company=ibarra)).exists()


def test_what_may_be_done_depends_on_the_moment_and_the_right(ana, diego, ibarra):
    fill(ibarra)
    booking = book(new_slot(), ana)
    soon, late = THURSDAY - timedelta(minutes=15), THURSDAY - timedelta(hours=20)

    assert booking.actions_for(ana, at=NOW) == {"calendar", "change", "cancel", "give_link"}
    assert booking.actions_for(ana, at=late) == {"calendar", "cancel", "give_link"}
    assert booking.actions_for(ana, at=soon) == {"join", "calendar", "cancel", "give_link"}
    assert booking.actions_for(ana, at=THURSDAY) == {"join", "calendar"}
    assert booking.actions_for(ana, at=THURSDAY + timedelta(minutes=90)) == set()
    assert booking.actions_for(diego, at=NOW) == {"calendar"}
    diego.is_viewed = ana.is_viewed = True
    assert booking.actions_for(ana, at=soon) == set()
