"""The balance is the sum of the ledger, whatever is tried."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.models import HourBag, HourEntry, NotEnoughHours, SettledAlready
from tests.factories import CompanyFactory, StaffFactory, UserFactory
from tests.training.scene import NOW, fill

pytestmark = pytest.mark.django_db

MINUTES = st.one_of(st.integers(-200, 200), st.sampled_from([0, -1, 10**9, -(10**9), 2**63]))
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["purchase", "correct", "debit", "refund"]), MINUTES, st.sampled_from(["uno", "dos", "tres"])
    ),
    max_size=25,
)


def do(company, staff, deed, minutes, reference):
    about = {"by": staff, "company": company, "minutes": minutes, "at": NOW}
    match deed:
        case "purchase" | "correct":
            return getattr(HourEntry.objects, deed)(reason="Prueba", **about)
        case _:
            return getattr(HourEntry.objects, deed)(reference=reference, **about)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(deeds=DEEDS)
def test_the_balance_is_the_sum_of_the_ledger_and_never_below_zero(deeds):
    with transaction.atomic():
        company, staff, expected = CompanyFactory(), StaffFactory(), 0
        for deed, minutes, reference in deeds:
            try:
                entry = do(company, staff, deed, minutes, f"{company.code}-{reference}")
            except (ValidationError, ValueError):
                pass
            else:
                expected += entry.minutes
                assert entry.balance_after == expected
            bag = HourBag.objects.of(company)
            total = HourEntry.objects.filter(bag__company=company).aggregate(total=Sum("minutes"))["total"] or 0
            assert bag.balance == total == expected >= 0
        transaction.set_rollback(True)


def test_a_booking_is_debited_once_and_refunded_once(ibarra):
    fill(ibarra)
    about = {"by": StaffFactory(), "company": ibarra, "reference": "una", "at": NOW}
    HourEntry.objects.debit(minutes=90, **about)

    with pytest.raises(SettledAlready):
        HourEntry.objects.debit(minutes=90, **about)
    HourEntry.objects.refund(minutes=30, **about)
    with pytest.raises(SettledAlready):
        HourEntry.objects.refund(minutes=30, **about)

    assert HourBag.objects.of(ibarra).balance == 540


def test_no_more_comes_back_than_was_taken(ibarra):
    fill(ibarra)
    about = {"by": StaffFactory(), "company": ibarra, "reference": "una", "at": NOW}
    HourEntry.objects.debit(minutes=90, **about)

    for minutes in (91, 0, -30):
        with pytest.raises(SettledAlready):
            HourEntry.objects.refund(minutes=minutes, **about)


@pytest.mark.parametrize(("minutes", "reason"), [(0, "Regalo"), (30, "  "), (10**9, "Regalo")])
def test_a_correction_needs_sensible_minutes_and_a_reason(ibarra, minutes, reason):
    with pytest.raises(ValidationError):
        HourEntry.objects.correct(by=StaffFactory(), company=ibarra, minutes=minutes, reason=reason, at=NOW)

    assert not HourEntry.objects.exists()


def test_support_takes_at_most_what_is_left(ibarra):
    fill(ibarra, 60)

    with pytest.raises(NotEnoughHours):
        HourEntry.objects.correct(by=StaffFactory(), company=ibarra, minutes=-61, reason="Sesión larga", at=NOW)

    HourEntry.objects.correct(by=StaffFactory(), company=ibarra, minutes=-60, reason="Sesión larga", at=NOW)
    assert HourBag.objects.of(ibarra).balance == 0


@pytest.mark.parametrize("wrong", [
    {"kind": "purchase", "minutes": -1},
    {"kind": "refund", "minutes": -1, "reference": "una"},
    {"kind": "booking", "minutes": 1, "reference": "una"},
    {"kind": "booking", "minutes": -1, "reference": ""},
    {"kind": "correction", "minutes": 0},
    {"kind": "correction", "minutes": 1, "balance_after": -1},
])  # fmt: skip
def test_the_database_refuses_lines_that_make_no_sense(ibarra, wrong):
    bag = fill(ibarra).bag

    with pytest.raises(IntegrityError), transaction.atomic():
        HourEntry.objects.create(**{"bag": bag, "balance_after": 1, "by": StaffFactory(), "at": NOW} | wrong)


def test_the_database_refuses_a_balance_below_zero(ibarra):
    fill(ibarra)

    with pytest.raises(IntegrityError), transaction.atomic():
        HourBag.objects.update(balance=-1)


def test_the_ring_is_full_after_a_purchase(ibarra):
    assert HourBag.objects.of(ibarra).filled_to() == 0
    fill(ibarra, 720)
    HourEntry.objects.debit(by=StaffFactory(), company=ibarra, minutes=90, reference="una", at=NOW)
    assert HourBag.objects.of(ibarra).filled_to() == 720
    fill(ibarra, 60)
    assert HourBag.objects.of(ibarra).filled_to() == 690


# --- few hours left ---


def spend(company, minutes, reference):
    HourEntry.objects.debit(by=StaffFactory(), company=company, minutes=minutes, reference=reference, at=NOW)


def test_whoever_looks_after_contracts_hears_once_that_few_hours_are_left(ibarra, bruno, mails):
    marked = UserFactory(company=ibarra, has_portal_access=False, can_use_tickets=False, is_administrative_contact=True)
    UserFactory(is_administrative_contact=True)
    fill(ibarra, 300)
    spend(ibarra, 90, "una")
    assert mails() == set()

    spend(ibarra, 90, "dos")
    spend(ibarra, 30, "tres")
    assert mails() == {("hours_low", marked.email)}


def test_without_a_marked_contact_the_managers_hear_it(ibarra, bruno, ana, mails):
    fill(ibarra, 180)
    spend(ibarra, 90, "una")

    assert mails() == {("hours_low", bruno.email)}


def test_it_is_told_again_after_hours_were_added(ibarra, bruno, mails):
    fill(ibarra, 180)
    spend(ibarra, 90, "una")
    mails.clear()
    fill(ibarra, 600)
    spend(ibarra, 540, "dos")

    assert mails() == {("hours_low", bruno.email)}


def test_how_few_are_few_is_a_setting(ibarra, bruno, mails, settings):
    settings.LOW_HOURS = 0
    fill(ibarra, 90)
    spend(ibarra, 90, "una")

    assert mails() == set()
    assert HourEntry.objects.filter(at__gte=NOW - timedelta(days=1)).count() == 2
