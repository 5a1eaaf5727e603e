"""Two managers who decide at once, each race with its twin."""

import pytest

from tests.factories import RequestTypeFactory, UserFactory
from tests.walls.test_wall_races import at_once
from tickets.models import IllegalStep, Request, Ticket
from tickets.models.request import RequestQuerySet

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 10


def they_decide_at_once(author, *deeds) -> list:
    """What each of the deeds on one request came to."""
    kind = RequestTypeFactory(needs_approval=True)
    asked = Request.objects.ask(by=author, kind=kind, subject="Más horas", body="Cinco.")
    return at_once(*(lambda deed=deed: deed(Request.objects.get(pk=asked.pk)) for deed in deeds))


def one_wins(author, managers) -> bool:
    one, other = managers
    outcomes = they_decide_at_once(
        author,
        lambda asked: asked.approve(by=one),
        lambda asked: asked.approve(by=other),
        lambda asked: asked.refuse(by=other, reason="No."),
        lambda asked: asked.withdraw(by=author),
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, IllegalStep)]
    last = Request.objects.latest("pk")
    tickets = Ticket.objects.filter(author=author).count()
    return len(refused) == len(outcomes) - 1 and tickets == (last.state == Request.State.APPROVED)


@pytest.fixture
def managers(ibarra):
    return [UserFactory(company=ibarra, is_company_manager=True) for _person in range(2)]


def test_of_many_decisions_at_once_one_holds(ana, managers):
    for _round in range(ROUNDS):
        assert one_wins(ana, managers)
        Request.objects.all().delete()
        Ticket.objects.all().delete()


def test_without_looking_whether_it_waits_it_would_be_decided_twice(ana, managers, monkeypatch):
    monkeypatch.setattr(RequestQuerySet, "waiting", lambda requests: requests.all())

    assert not one_wins(ana, managers)
