"""Who moves a ticket, and where to: the table of the statuses."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import open_ticket
from tickets.models import IllegalStep, Ticket
from tickets.status import REOPENING, Status, Turn

pytestmark = pytest.mark.django_db


def ticket_in(status, by, agent) -> Ticket:
    ticket = open_ticket(by)
    if status != Status.NEW:
        ticket.set_status(status, by=agent)
    return ticket


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("new", "new"),
        ("open", "open"),
        ("waiting", "open"),
        ("enhancement", "enhancement"),
        ("scheduled", "scheduled"),
        ("closed", "open"),
    ],
)
def test_the_customer_writes(ana, agent, before, after):
    ticket = ticket_in(before, ana, agent)

    ticket.reply(by=ana, body="Sigue igual.")

    assert (ticket.status, ticket.turn) == (after, Turn.SUPPORT)


@pytest.mark.parametrize(
    ("before", "then", "after", "turn"),
    [
        ("new", None, "waiting", Turn.COMPANY),
        ("open", "waiting", "waiting", Turn.COMPANY),
        ("open", "open", "open", Turn.SUPPORT),
        ("waiting", "closed", "closed", Turn.NOBODY),
        ("enhancement", None, "enhancement", Turn.SUPPORT),
        ("enhancement", "waiting", "waiting", Turn.COMPANY),
        ("scheduled", None, "scheduled", Turn.NOBODY),
    ],
)
def test_support_writes_and_chooses_what_follows(ana, agent, before, then, after, turn):
    ticket = ticket_in(before, ana, agent)

    ticket.reply(by=agent, body="Lo miramos.", then=then)

    assert (ticket.status, ticket.turn) == (after, turn)


def test_support_cannot_answer_into_a_status_that_no_answer_leads_to(ana, agent):
    ticket = open_ticket(ana)

    with pytest.raises(IllegalStep):
        ticket.reply(by=agent, body="…", then="scheduled")

    assert ticket.messages.count() == 1


def test_a_new_ticket_is_open_once_a_person_of_support_has_it(ana, agent):
    ticket = open_ticket(ana)

    ticket.assign(by=agent, to=agent)

    assert (ticket.status, ticket.assignee) == ("open", agent)


def test_closing_sets_the_date_and_reopening_takes_it_away(ana):
    ticket = open_ticket(ana)

    ticket.close(by=ana)
    assert ticket.closed_at is not None
    ticket.reopen(by=ana)

    assert (ticket.status, ticket.closed_at, ticket.turn) == ("open", None, Turn.SUPPORT)


def test_what_is_closed_is_not_closed_again(ana, bruno):
    ticket = open_ticket(ana)
    same = Ticket.objects.get(pk=ticket.pk)
    ticket.close(by=ana)

    with pytest.raises(IllegalStep):
        same.close(by=bruno)


@pytest.mark.parametrize(("late", "possible"), [(timedelta(seconds=-5), True), (timedelta(seconds=5), False)])
def test_a_ticket_reopens_for_30_days(ana, late, possible):
    ticket = open_ticket(ana)
    ticket.close(by=ana)
    Ticket.objects.filter(pk=ticket.pk).update(closed_at=timezone.now() - REOPENING - late)
    ticket.refresh_from_db()

    assert ("reply" in ticket.actions_for(ana)) == possible
    assert ("follow_up" in ticket.actions_for(ana)) != possible
    if possible:
        ticket.reply(by=ana, body="Otra vez.")
        assert ticket.status == "open"
    else:
        with pytest.raises(IllegalStep):
            ticket.reply(by=ana, body="Otra vez.")
        with pytest.raises(IllegalStep):
            ticket.reopen(by=ana)
        assert ticket.messages.count() == 1


def test_the_turn_keeps_the_moment_at_which_it_changed(ana, agent):
    ticket = open_ticket(ana)
    opened = ticket.turn_since

    ticket.reply(by=ana, body="Añado un detalle.")
    assert ticket.turn_since == opened
    ticket.reply(by=agent, body="¿Cuál?")

    assert (ticket.turn, ticket.turn_since) == (Turn.COMPANY, ticket.answered_at)


def test_numbers_are_counted_inside_each_company(ana, bruno, carla):
    numbers = [open_ticket(person).reference for person in (ana, carla, bruno, carla)]

    assert numbers == ["IBA-1", "NOR-1", "IBA-2", "NOR-2"]


def test_the_first_answer_is_kept(ana, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="Uno.")
    first = ticket.first_answer_at

    ticket.reply(by=agent, body="Dos.")

    assert ticket.first_answer_at == first < ticket.answered_at


def test_the_row_counts_its_replies_and_files(ana, agent):
    ticket = open_ticket(ana)

    ticket.reply(by=agent, body="Uno.")
    ticket.reply(by=ana, body="Dos.")

    ticket.refresh_from_db()
    assert (ticket.reply_count, ticket.file_count) == (2, 0)


def test_the_timeline_tells_what_happened(ana, agent):
    ticket = open_ticket(ana)
    ticket.assign(by=agent, to=agent)
    ticket.reply(by=agent, body="Hecho.", then="closed")
    ticket.reopen(by=ana)

    told = [(event.kind, event.data.get("new", event.data.get("name", ""))) for event in ticket.events.all()]
    assert told == [
        ("opened", ""),
        ("assigned", "Marta Soler"),
        ("moved", "open"),
        ("moved", "closed"),
        ("moved", "open"),
    ]
