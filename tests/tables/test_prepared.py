"""Queries that are put together once give what they would give if they were put together each time."""

from datetime import timedelta

import pytest
from django.db import models
from django.utils import timezone

from accounts.models import User
from tables.prepared import Prepared, Several
from tests.factories import StaffFactory, UserFactory
from tests.walls.test_wall_races import at_once

pytestmark = pytest.mark.django_db


def by_name(name, since):
    rows = User.objects.filter(last_name=name, is_active=True, last_login__gte=since)
    return rows.select_related("company").order_by("first_name").annotate(known_since=models.F("last_login"))


@pytest.fixture
def named():
    return Prepared(by_name, name=models.CharField(), since=models.DateTimeField())


@pytest.fixture
def gils(ibarra):
    """Three of that name: the last is of no company, the second was here long ago."""
    now = timezone.now()
    ana = UserFactory(company=ibarra, first_name="Ana", last_name="Gil", last_login=now)
    old = UserFactory(company=ibarra, first_name="Berta", last_name="Gil", last_login=now - timedelta(days=9))
    return ana, old, StaffFactory(first_name="Zoe", last_name="Gil", last_login=now)


def test_it_finds_what_the_query_finds_with_all_that_hangs_from_it(named, gils, django_assert_num_queries):
    since = timezone.now() - timedelta(days=1)
    asked = list(by_name("Gil", since))

    with django_assert_num_queries(1):
        rows = named.rows(name="Gil", since=since)
        described = [(row, row.company, row.known_since, row.is_staff) for row in rows]

    assert described == [(row, row.company, row.known_since, row.is_staff) for row in asked]
    assert [row.first_name for row in rows] == ["Ana", "Zoe"]


def test_each_time_the_values_are_others(named, gils):
    long_ago, now = timezone.now() - timedelta(days=99), timezone.now()

    assert named.rows(name="Gil", since=now) == []
    assert [row.first_name for row in named.rows(name="Gil", since=long_ago)] == ["Ana", "Berta", "Zoe"]
    assert named.rows(name="O'Neill %s", since=long_ago) == []


def test_one_column_is_part_of_another_query(gils):
    here = Prepared(lambda since: User.objects.filter(last_login__gte=since).values("pk"), since=models.DateTimeField())
    ana, old, zoe = gils

    found = User.objects.filter(last_name="Gil", pk__in=here.column(since=old.last_login + timedelta(days=1)))

    assert set(found.exclude(is_staff=True)) == {ana}
    assert set(found) == {ana, zoe}


def test_of_several_values_there_may_be_any_number(gils):
    ana, old, zoe = gils
    some = Prepared(
        lambda names, since: User.objects.filter(first_name__in=names, last_login__gte=since).order_by("first_name"),
        names=Several(models.CharField()),
        since=models.DateTimeField(),
    )
    long_ago = old.last_login - timedelta(days=1)

    assert some.rows(names=["Zoe", "Ana"], since=long_ago) == [ana, zoe]
    assert some.rows(names=["Berta"], since=long_ago) == [old]
    assert some.rows(names=["Ana", "Berta", "Nadie"], since=ana.last_login) == [ana]
    assert some.rows(names=["Zoe", "Berta"], since=long_ago) == [old, zoe]


def test_a_column_may_be_part_of_another_that_is_prepared(gils):
    late = Prepared(lambda since: User.objects.filter(last_login__gte=since).values("pk"), since=models.DateTimeField())
    ana, old, zoe = gils
    some = Prepared(
        lambda name, since: User.objects.filter(first_name=name, pk__in=late.column(since=since)),
        name=models.CharField(),
        since=models.DateTimeField(),
    )

    assert some.rows(name="Berta", since=old.last_login) == [old]
    assert some.rows(name="Berta", since=ana.last_login) == []
    assert some.rows(name="Zoe", since=ana.last_login) == [zoe]


@pytest.mark.django_db(transaction=True)
def test_threads_share_it(named, gils):
    since = timezone.now() - timedelta(days=1)

    found = at_once(*[lambda: [row.first_name for row in named.rows(name="Gil", since=since)]] * 4)

    assert found == [["Ana", "Zoe"]] * 4
