from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.factories import CompanyFactory
from worktime.models import Holiday
from worktime.tasks import fill_holidays

pytestmark = pytest.mark.django_db


def days(region, month):
    Holiday.objects.fill_year(2026)
    found = Holiday.objects.of_region(region).between(date(2026, month, 1), date(2026, month, 28))
    return {holiday.day.day for holiday in found}


@pytest.mark.parametrize(
    ("region", "april"), [("", {3}), ("CN", {2, 3}), ("PV", {2, 3, 6}), ("CT", {3, 6}), ("MD", {2, 3})]
)
def test_a_region_has_its_own_holidays_and_those_of_the_country(region, april):
    assert days(region, 4) == april


def test_a_year_is_filled_once_and_then_corrected_by_hand():
    Holiday.objects.fill_year(2026)
    Holiday.objects.filter(region="CN").delete()
    count = Holiday.objects.count()
    Holiday.objects.fill_year(2026)
    assert Holiday.objects.count() == count


def test_days_that_staff_wrote_before_a_year_was_filled_stay():
    Holiday.objects.create(region="CN", day=date(2026, 5, 30), name="Fiesta de casa")
    Holiday.objects.fill_year(2026)
    assert Holiday.objects.get(region="CN", day=date(2026, 5, 30)).name == "Fiesta de casa"


def test_this_year_and_the_next_are_filled():
    fill_holidays()
    fill_holidays()
    year = timezone.localdate().year
    assert set(Holiday.objects.values_list("day__year", flat=True)) == {year, year + 1}


def test_a_day_is_a_holiday_of_a_region_once():
    Holiday.objects.create(day=date(2026, 5, 4), name="Fiesta")
    with pytest.raises(IntegrityError), transaction.atomic():
        Holiday.objects.create(day=date(2026, 5, 4), name="Otra")


def test_a_company_works_on_the_days_of_its_region_and_on_its_own_clocks():
    Holiday.objects.fill_year(2026)
    at = datetime(2026, 11, 3, 9, tzinfo=UTC)  # the second of November is a holiday on the Canary Islands
    canary = CompanyFactory(region="CN", time_zone="Atlantic/Canary").calendar()
    basque = CompanyFactory(region="PV").calendar()
    assert canary.same_time_of_working_day_before(at) == datetime(2026, 10, 30, 9, tzinfo=UTC)
    assert basque.same_time_of_working_day_before(at) == datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_the_calendar_of_a_company_costs_one_query(django_assert_num_queries):
    company = CompanyFactory(region="CN")
    with django_assert_num_queries(1):
        company.calendar()
