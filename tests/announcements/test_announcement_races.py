"""One mail per person, one reading and one acceptance, however many come at once. Each race has its twin."""

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import AuditEntry
from announcements.models import Acceptance, RulesOfUse, Telling
from mail.models import OutgoingMail
from tests.factories import UserFactory, announcement
from tests.walls.test_wall_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 15
ONCE = "a_version_of_the_rules_is_accepted_once"
PEOPLE = 40


def tell_together(ibarra) -> int:
    """Several workers tell of one announcement; how many mails went out beyond one for each person."""
    for _n in range(PEOPLE):
        UserFactory(company=ibarra, receives_general_mail=True)
    announcement().publish(at=timezone.now(), tell=True)

    def work():
        telling = Telling.objects.select_related("notice").get()
        while telling.tell_next(None, at=timezone.now(), size=8):
            pass

    at_once(*([work] * 3))
    Telling.objects.tell_due(at=timezone.now())
    return OutgoingMail.objects.filter(kind="announcement_published").count() - PEOPLE


def test_workers_at_once_tell_each_person_once(ibarra):
    assert tell_together(ibarra) == 0


def test_without_the_claim_people_would_hear_twice(ibarra, monkeypatch):
    def advance(self, people, *, at):
        if people:
            self.told_to = people[-1].pk
        return True

    monkeypatch.setattr(Telling, "_advance", advance)
    monkeypatch.setattr(type(Telling.objects.all()), "tell_due", lambda rows, at: None)

    assert tell_together(ibarra) > 0


def accept_together(person) -> tuple[int, int]:
    """The most rows and lines of the logbook that one acceptance left in any round of four at once."""
    rows = lines = 0
    for _round in range(ROUNDS):
        rules = RulesOfUse.objects.draft(text="Un problema, un ticket.")
        before = AuditEntry.objects.filter(kind="rules_accepted").count()
        at_once(*([lambda rules=rules: rules.accept(by=person, at=timezone.now())] * 4))
        rows = max(rows, rules.acceptances.count())
        lines = max(lines, AuditEntry.objects.filter(kind="rules_accepted").count() - before)
    return rows, lines


def test_many_clicks_at_once_are_one_acceptance(ana):
    assert accept_together(ana) == (1, 1)


def test_without_the_constraint_they_would_be_several(ana):
    table = Acceptance._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {ONCE}")
    try:
        rows, _lines = accept_together(ana)
    finally:
        Acceptance.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {ONCE} UNIQUE (rules_id, person_id)")

    assert rows > 1
