"""One registration per person and one mail per reminder, however many come at once. Each race has its twin."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from mail.models import OutgoingMail
from tests.factories import CompanyFactory, UserFactory, planned
from tests.walls.test_wall_races import at_once
from webinars.models import Registration, Telling

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 15
CONSTRAINT = "one_registration_per_person_and_webinar"


def clicks_at_once(person) -> tuple[int, set[int]]:
    """The most rows that a person got in any round of four clicks at once, and what the clicks were answered."""
    clients = [Client() for _n in range(4)]
    for client in clients:
        client.force_login(person)
    most, statuses = 0, set()
    for _round in range(ROUNDS):
        row = planned()
        address = f"/webinars/{row.slug}/inscribirse/"
        answers = at_once(*(lambda client=client, address=address: client.post(address) for client in clients))
        statuses |= {getattr(answer, "status_code", 500) for answer in answers}
        most = max(most, row.registrations.count())
    return most, statuses


@pytest.fixture
def person(ibarra):
    return UserFactory(company=ibarra, can_use_webinars=True)


def test_many_clicks_at_once_are_one_registration(person):
    assert clicks_at_once(person) == (1, {302})


def test_without_the_constraint_they_would_be_several(person):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE webinars_registration DROP CONSTRAINT {CONSTRAINT}")
    try:
        most, _statuses = clicks_at_once(person)
    finally:
        Registration.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                f"ALTER TABLE webinars_registration ADD CONSTRAINT {CONSTRAINT} UNIQUE (webinar_id, person_id)"
            )

    assert most > 1


def sweeps_at_once() -> list[int]:
    """Rounds of four sweeps at once; how many mails of each went out beyond the one of each person."""
    surplus, people = [], 6
    company = CompanyFactory()
    takers = [UserFactory(company=company, can_use_webinars=True) for _n in range(people)]
    for _round in range(ROUNDS):
        row = planned(begins=timezone.now() + timedelta(hours=5))
        for person in takers:
            row.register(by=person, at=timezone.now() - timedelta(days=2))
        OutgoingMail.objects.all().delete()
        at = row.starts_at - timedelta(minutes=50)
        at_once(*([lambda at=at: Registration.objects.tell_due(at=at)] * 4))
        Registration.objects.tell_due(at=at)
        surplus.append(OutgoingMail.objects.filter(kind="webinar_soon").count() - people)
        row.delete()
    return surplus


def test_sweeps_at_once_remind_each_person_once(db):
    assert sweeps_at_once() == [0] * ROUNDS


def test_marks_that_asked_nothing_would_remind_twice(db, monkeypatch):
    def blindly(row, mark, *, at):
        Registration.objects.filter(pk=row.pk).update(**{mark: at})
        return True

    monkeypatch.setattr(Registration, "claim", blindly)

    assert any(sweeps_at_once())


def tell_together(ibarra) -> int:
    """Several workers tell of one webinar; how many mails went out beyond one for each person."""
    for _n in range(40):
        UserFactory(company=ibarra, receives_general_mail=True)
    row = planned()
    Telling.objects.create(webinar=row)

    def work():
        telling = Telling.objects.select_related("webinar").get()
        while telling.tell_next(None, at=timezone.now(), size=8):
            pass

    at_once(*([work] * 3))
    Telling.objects.tell_due(at=timezone.now())
    return OutgoingMail.objects.filter(kind="webinar_announced").count() - 40


def test_workers_at_once_announce_to_each_person_once(ibarra):
    assert tell_together(ibarra) == 0


def test_without_the_claim_people_would_hear_twice(ibarra, monkeypatch):
    def advance(self, people, *, at):
        if people:
            self.told_to = people[-1].pk
        return True

    monkeypatch.setattr(Telling, "_advance", advance)
    monkeypatch.setattr(type(Telling.objects.all()), "tell_due", lambda rows, at: None)

    assert tell_together(ibarra) > 0
