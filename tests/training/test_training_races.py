"""Many book at once: one wins, the others are told in words, and the ledger is right. Without the guards it breaks."""

import threading
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F, Sum

from contracts.models import HourBag, HourEntry, hours
from mail.models import OutgoingMail
from tests.factories import CompanyFactory, UserFactory
from tests.training.scene import NOW, THURSDAY, book, fill, new_slot, new_trainer
from tests.walls.test_wall_races import at_once, unlocked
from training import emails
from training.models import Booking, Slot, SlotGone, TakenQuarter

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

CROWD, ROUNDS = 20, 6
SWEEPS = 4  # workers that remind at the same time


def bookers(count: int, minutes: int = 300) -> list:
    """People of different companies, each with hours."""
    people = [
        UserFactory(can_use_training=True, can_book_training=True, company=CompanyFactory()) for _n in range(count)
    ]
    for person in people:
        fill(person.company, minutes)
    return people


def won(answers: list) -> int:
    return sum(not isinstance(answer, Exception) for answer in answers)


def told_in_words(answers: list) -> bool:
    return all(isinstance(answer, ValidationError) for answer in answers if isinstance(answer, Exception))


def ledgers_are_right() -> bool:
    """I5: balances are the sums of their lines and not below zero; each live session has one debit."""
    bags = HourBag.objects.annotate(total=Sum("entries__minutes"))
    debits = HourEntry.objects.filter(kind="booking").values_list("reference", flat=True)
    live = Booking.objects.live().values_list("public_id", flat=True)
    return all(bag.balance == (bag.total or 0) >= 0 for bag in bags) and set(live) <= set(debits)


def nobody_is_in_two_places() -> bool:
    """I6, told by the sessions themselves."""
    rows = Booking.objects.live().select_related("slot").order_by("slot__trainer", "slot__starts")
    slots = [booking.slot for booking in rows]
    return not any(
        first.trainer_id == second.trainer_id and second.starts < first.ends for first, second in pairwise(slots)
    )


@contextmanager
def without(table: str, constraint: str):
    """The database without one of its constraints: rows that break it stay, so that nothing of it comes back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [constraint])
        found = cursor.fetchone()
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [constraint])
        index = cursor.fetchone()
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"' if found else f'DROP INDEX "{constraint}"')
    try:
        yield
    finally:
        TakenQuarter.objects.all().delete()
        Booking.objects.all().delete()
        HourEntry.objects.all().delete()
        HourBag.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{constraint}" {found[0]}' if found else index[0])


@pytest.fixture
def unguarded(monkeypatch):
    """The locks gone, and with them the look at the slot under its lock."""
    monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", unlocked)


# --- one slot ---


def crowds_on_one_slot(rounds: int = ROUNDS) -> list[int]:
    people, winners = bookers(CROWD, 90 * rounds), []
    trainer = new_trainer()
    for number in range(rounds):
        slot = new_slot(THURSDAY + timedelta(days=number), trainer=trainer)
        answers = at_once(*[lambda person=person, slot=slot: book(slot, person) for person in people])
        assert told_in_words(answers), answers
        winners.append(won(answers))
    return winners


def test_of_twenty_people_on_one_slot_one_has_it(db):
    assert crowds_on_one_slot() == [1] * ROUNDS

    assert ledgers_are_right() and nobody_is_in_two_places()
    assert HourEntry.objects.filter(kind="booking").count() == ROUNDS
    assert OutgoingMail.objects.filter(kind="session_booked").count() == ROUNDS


def test_the_database_alone_gives_it_to_one(db, unguarded):
    assert crowds_on_one_slot(2) == [1, 1]
    assert ledgers_are_right() and nobody_is_in_two_places()


def test_without_lock_and_constraints_several_have_it(db, unguarded):
    slots = without("training_booking", "one_live_booking_per_slot")
    with slots, without("training_takenquarter", "a_trainer_is_in_one_place_at_a_time"):
        assert max(crowds_on_one_slot(2)) > 1


# --- slots of different length of one trainer ---


def overlapping_slots(rounds: int = ROUNDS) -> list[bool]:
    people, right = bookers(4, 240 * rounds), []
    for number in range(rounds):
        trainer, starts = new_trainer(), THURSDAY + timedelta(days=number)
        slots = [
            new_slot(starts, trainer=trainer, minutes=120),
            new_slot(starts + timedelta(minutes=30), trainer=trainer, minutes=60),
            new_slot(starts + timedelta(minutes=60), trainer=trainer, minutes=90),
            new_slot(starts + timedelta(minutes=105), trainer=trainer, minutes=30),
        ]
        deeds = [lambda one=one, slot=slot: book(slot, one) for one, slot in zip(people, slots, strict=True)]
        answers = at_once(*deeds)
        assert told_in_words(answers), answers
        right.append(nobody_is_in_two_places() and won(answers) >= 1)
    return right


def test_a_trainer_is_never_in_two_places(db):
    assert all(overlapping_slots())
    assert ledgers_are_right()


def test_without_the_quarters_constraint_a_trainer_is(db):
    with without("training_takenquarter", "a_trainer_is_in_one_place_at_a_time"):
        assert not all(overlapping_slots())


# --- the last minutes ---


def the_last_minutes(rounds: int = ROUNDS) -> list:
    """Five colleagues book five slots with minutes for one."""
    outcomes = []
    for number in range(rounds):
        company = CompanyFactory()
        fill(company, 90)
        people = [UserFactory(company=company, can_use_training=True, can_book_training=True) for _n in range(5)]
        slots = [new_slot(THURSDAY + timedelta(days=number)) for _person in people]
        deeds = [lambda one=one, slot=slot: book(slot, one) for one, slot in zip(people, slots, strict=True)]
        answers = at_once(*deeds)
        outcomes.append((won(answers), HourBag.objects.of(company).balance, told_in_words(answers)))
    return outcomes


def test_the_last_minutes_are_spent_once(db):
    assert the_last_minutes() == [(1, 0, True)] * ROUNDS
    assert ledgers_are_right()


def blindly(bag, minutes):
    """Without asking what is there."""
    return HourBag.objects.filter(pk=bag.pk).update(balance=F("balance") + minutes) == 1


def test_the_database_refuses_to_spend_them_twice(db, monkeypatch):
    monkeypatch.setattr(hours, "move", blindly)
    outcomes = the_last_minutes(2)

    assert [(winners, balance) for winners, balance, _words in outcomes] == [(1, 0)] * 2
    assert ledgers_are_right()


def test_without_condition_and_check_the_bag_is_overdrawn(db, monkeypatch):
    monkeypatch.setattr(hours, "move", blindly)
    lines = without("contracts_hourentry", "no_line_leaves_less_than_nothing")
    with lines, without("contracts_hourbag", "an_hour_bag_is_never_below_zero"):
        assert any(balance < 0 for _winners, balance, _words in the_last_minutes(2))


def test_a_crowd_of_one_company_is_served_one_after_the_other(db):
    company = CompanyFactory()
    fill(company, 90 * CROWD)
    people = [UserFactory(company=company, can_use_training=True, can_book_training=True) for _n in range(CROWD)]
    slots = [new_slot() for _person in people]

    answers = at_once(*[lambda one=one, slot=slot: book(slot, one) for one, slot in zip(people, slots, strict=True)])

    assert won(answers) == CROWD, [answer for answer in answers if isinstance(answer, Exception)]
    assert HourBag.objects.of(company).balance == 0
    assert ledgers_are_right()


# --- cancelling twice, moving and booking ---


def cancellations(rounds: int = ROUNDS) -> list:
    outcomes = []
    (person,) = bookers(1)
    for number in range(rounds):
        booking = book(new_slot(THURSDAY + timedelta(days=number)), person)
        before = HourBag.objects.of(person.company).balance
        copies = [Booking.objects.get(pk=booking.pk) for _time in range(4)]
        answers = at_once(*[lambda copy=copy: copy.cancel(by=person, at=NOW) for copy in copies])
        gained = HourBag.objects.of(person.company).balance - before
        outcomes.append((won(answers), gained, told_in_words(answers)))
    return outcomes


def test_a_session_is_cancelled_and_paid_back_once(db):
    assert cancellations() == [(1, 90, True)] * ROUNDS
    assert ledgers_are_right()


def test_without_the_lock_the_ledger_still_pays_back_once(db, unguarded):
    assert [(winners, gained) for winners, gained, _words in cancellations(3)] == [(1, 90)] * 3


def test_without_lock_and_constraint_it_is_paid_back_again(db, unguarded, monkeypatch):
    monkeypatch.setattr(type(HourEntry.objects.all()), "held_for", lambda entries, reference: 90)
    with without("contracts_hourentry", "one_refund_per_booking"):
        assert any(gained > 90 for _winners, gained, _words in cancellations(3))


def moves_against_bookings(rounds: int = ROUNDS) -> list[bool]:
    mover, other = bookers(2, 90 * rounds * 2)
    right = []
    for number in range(rounds):
        trainer, day = new_trainer(), timedelta(days=number)
        booking = book(new_slot(THURSDAY + day, trainer=trainer), mover)
        wanted = new_slot(THURSDAY + day + timedelta(hours=1), trainer=trainer, minutes=120)
        answers = at_once(
            lambda booking=booking, wanted=wanted: booking.change(to=wanted, by=mover, at=NOW),
            lambda wanted=wanted: book(Slot.objects.get(pk=wanted.pk), other),
        )
        assert told_in_words(answers), answers
        stored = Booking.objects.get(pk=booking.pk)
        holds = {quarter.at for quarter in stored.quarters.all()} == set(stored.slot.quarter_hours())
        right.append(holds and nobody_is_in_two_places() and won(answers) <= 1)
    return right


def test_moving_and_booking_the_same_slot_has_one_winner(db):
    assert all(moves_against_bookings())
    assert ledgers_are_right()


def test_two_sessions_that_change_places_stay_or_move_and_nothing_hangs(db):
    first, second = bookers(2)
    slots = [new_slot(THURSDAY + timedelta(days=number)) for number in range(2)]
    bookings = [book(slots[0], first), book(slots[1], second)]

    answers = at_once(
        lambda: bookings[0].change(to=slots[1], by=first, at=NOW),
        lambda: bookings[1].change(to=slots[0], by=second, at=NOW),
    )

    assert [type(answer) for answer in answers] == [SlotGone, SlotGone]
    assert nobody_is_in_two_places() and ledgers_are_right()


# --- booking against support ---


def bookings_against_withdrawals(rounds: int = ROUNDS) -> list[bool]:
    (person,) = bookers(1, 90 * rounds)
    right = []
    for number in range(rounds):
        slot = new_slot(THURSDAY + timedelta(days=number))
        answers = at_once(
            lambda slot=slot: book(Slot.objects.get(pk=slot.pk), person),
            lambda slot=slot: Slot.objects.get(pk=slot.pk).withdraw(at=NOW),
        )
        assert told_in_words(answers), answers
        slot.refresh_from_db()
        right.append(slot.bookings.exists() != (slot.withdrawn_at is not None))
    return right


def test_a_slot_is_booked_or_withdrawn(db):
    assert all(bookings_against_withdrawals())


def test_without_the_lock_it_is_both(db, unguarded):
    assert not all(bookings_against_withdrawals(ROUNDS * 2))


# --- reminders ---


def reminders_at_once() -> int:
    (person,) = bookers(1)
    book(new_slot(), person)
    OutgoingMail.objects.all().delete()
    at_once(*[lambda: Booking.objects.remind_due(at=THURSDAY - timedelta(hours=3))] * SWEEPS)
    return OutgoingMail.objects.filter(kind="session_reminder").count()


def test_sweeps_at_once_remind_once(db):
    assert reminders_at_once() == 2


def test_marks_that_asked_nothing_would_remind_again(db, monkeypatch):
    everybody_looked = threading.Barrier(SWEEPS)

    def blind(booking, *, at):
        everybody_looked.wait(timeout=10)
        Booking.objects.filter(pk=booking.pk).update(reminded_day_at=at)
        emails.session_reminder(booking, is_soon=False)
        return True

    monkeypatch.setattr(Booking, "remind_of_day", blind)

    assert reminders_at_once() > 2
