"""A company keeps a manager however many change at once, by real requests (A25). Each race has its twin."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise

import pytest
from django.db import OperationalError, transaction
from django.test import Client
from django.urls import reverse

from accounts.differences import difference
from accounts.forms.permissions import ConfirmedForm
from accounts.models import AuditEntry, Company, User
from accounts.models.people import UserManager
from accounts.models.refusals import LastManager
from accounts.tasks import withdraw_overdue_access
from tests.accounts.test_access_until import YESTERDAY
from tests.factories import UserFactory
from tests.walls.test_wall_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 40
# Done; refused in words; no longer a manager; the machine had no time and says so. Never 500.
ANSWERS = {302, 200, 403, 503}


class Stage:
    """Managers of one company, each logged in, and somebody else of it; every round begins as the first one did.

    `lines` are those that the round adds to the logbook.
    """

    def __init__(self, company: Company) -> None:
        self.company = company
        self.managers = [UserFactory(company=company, is_company_manager=True) for _person in range(3)]
        self.person = UserFactory(company=company, can_use_training=True)
        self.clients = {manager: Client() for manager in self.managers}
        for manager, client in self.clients.items():
            client.force_login(manager)
        self.rows = list(User.objects.filter(company=company).values())

    @transaction.atomic
    def begin(self, how_many: int = 2) -> list[User]:
        """Everybody as at first; `how_many` of them manage the company."""
        last = AuditEntry.objects.order_by("pk").last()
        self.lines = AuditEntry.objects.filter(pk__gt=last.pk if last else 0)
        for row in self.rows:
            User.objects.filter(pk=row["id"]).update(**row)
        User.objects.filter(pk__in=[one.pk for one in self.managers[how_many:]]).update(is_company_manager=False)
        return self.managers[:how_many]

    def click(self, by: User, whom: User, **wishes: bool) -> Callable:
        """The last click of `by`, who has read what would change of `whom`."""
        confirmed = ConfirmedForm.of([difference(whom, wishes)], by=by).initial
        return lambda: self.clients[by].post(reverse("permissions:apply"), confirmed)

    def is_managed(self) -> bool:
        return User.objects.managers().filter(company=self.company).exists()


def answers(*deeds: Callable) -> list[int]:
    """The status of what each one of these got who did it at the same time; verbs and tasks may be refused too."""
    outcomes = at_once(*deeds)
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, LastManager | OperationalError):
            raise outcome
    statuses = [getattr(outcome, "status_code", 200) for outcome in outcomes]
    assert set(statuses) <= ANSWERS
    return statuses


def they_demote_each_other(stage: Stage, how_many: int) -> bool:
    ring = stage.begin(how_many)
    clicks = [stage.click(by, whom, is_company_manager=False) for by, whom in pairwise([*ring, ring[0]])]

    answers(*clicks)

    return stage.is_managed()


def one_is_demoted_while_the_other_is_deactivated(stage: Stage) -> bool:
    one, other = stage.begin()
    click = stage.click(other, one, is_company_manager=False)

    answers(click, lambda: User.objects.select_related("company").get(pk=other.pk).deactivate(by=one))

    return stage.is_managed()


def one_is_demoted_while_the_days_of_the_other_end(stage: Stage) -> bool:
    """Both have an end: the only manager without one could not be demoted in any order."""
    one, other = stage.begin()
    click = stage.click(other, one, is_company_manager=False)
    User.objects.filter(pk=one.pk).update(access_until=date(2126, 12, 31))
    User.objects.filter(pk=other.pk).update(access_until=YESTERDAY)

    answers(click, withdraw_overdue_access)

    return stage.is_managed()


def two_undo_one_change(stage: Stage) -> bool:
    """Whether it is undone once, and not for a second time by the second manager."""
    one, other = stage.begin()
    stage.person.set_permissions(by=one, changes={"can_use_downloads": True})
    batch = {"batch": stage.lines.get().batch}
    clicks = (lambda client=stage.clients[by]: client.post(reverse("permissions:undo"), batch) for by in (one, other))

    answers(*clicks)

    return stage.lines.count() == 2


RACES = {
    "two demote each other": lambda stage: they_demote_each_other(stage, 2),
    "three demote each other": lambda stage: they_demote_each_other(stage, 3),
    "demoted and deactivated": one_is_demoted_while_the_other_is_deactivated,
    "demoted and past the last day": one_is_demoted_while_the_days_of_the_other_end,
    "one change undone twice": two_undo_one_change,
}


@pytest.mark.parametrize("race", RACES.values(), ids=RACES)
def test_whoever_is_first_the_company_is_left_as_it_must_be(ibarra, race):
    stage = Stage(ibarra)

    assert all(race(stage) for _round in range(ROUNDS))


@pytest.mark.parametrize("race", RACES.values(), ids=RACES)
def test_without_the_companys_lock_it_would_not_be(ibarra, monkeypatch, race):
    monkeypatch.setattr(UserManager, "lock", lambda people, company: None)
    stage = Stage(ibarra)

    assert not all(race(stage) for _round in range(ROUNDS))


def test_edits_of_different_flags_of_one_person_are_both_kept(ibarra):
    stage, flags = Stage(ibarra), ("can_use_downloads", "can_book_training")
    for _round in range(ROUNDS):
        managers = stage.begin()

        statuses = answers(
            *(stage.click(by, stage.person, **{flag: True}) for by, flag in zip(managers, flags, strict=True))
        )

        assert set(statuses) <= {302, 503}
        done = {flag for flag, status in zip(flags, statuses, strict=True) if status == 302}
        now = User.objects.get(pk=stage.person.pk)
        assert {flag for flag in flags if getattr(now, flag)} == done
        assert {name for line in stage.lines.all() for name in line.changes} == done
