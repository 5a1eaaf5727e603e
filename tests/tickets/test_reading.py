"""Dot and alarm (S0-25, S0-26, S0-39): who has not read what support wrote."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import UserFactory, open_ticket
from tickets.models import ReadMark, Ticket
from tickets.status import RECENT

pytestmark = pytest.mark.django_db


def dotted(person):
    return list(Ticket.objects.visible_to(person).unread_by(person))


def alarming(person, *, at=None):
    """Those behind the alarm; that it is lit the pages that count tickets learn with the counts, the others by SQL."""
    tickets = list(Ticket.objects.alarming(person, at=at))
    _counts, is_lit = Ticket.objects.visible_to(person).counts(at=at or timezone.now(), reader=person)
    assert is_lit == bool(tickets) == Ticket.objects.lights_alarm(person, at=at)
    for ticket in Ticket.objects.visible_to(person).for_page(person, at=at):
        assert ticket.alarm_elsewhere == any(other != ticket for other in tickets)
    return tickets


def answered(by, agent, **details):
    ticket = open_ticket(by, **details)
    ticket.reply(by=agent, body="Lo miramos.")
    return ticket


def test_an_answer_by_support_lights_dot_and_alarm(ana, agent):
    ticket = answered(ana, agent)

    assert dotted(ana) == alarming(ana) == [ticket]


def test_ones_own_message_and_a_colleagues_are_never_unread(ana, bruno):
    ticket = open_ticket(ana)
    ticket.reply(by=ana, body="Otra cosa.")
    ticket.reply(by=bruno, body="Y otra.")

    assert dotted(ana) == dotted(bruno) == []


def test_a_colleague_with_the_company_view_gets_the_dot_but_no_alarm(ana, bruno, agent):
    ticket = answered(ana, agent)

    assert dotted(bruno) == [ticket]
    assert alarming(bruno) == []


def test_whoever_is_in_copy_gets_the_alarm(ana, diego, agent):
    ticket = answered(ana, agent, followers=[diego])

    assert alarming(diego) == [ticket]


def test_an_older_page_that_comes_later_takes_nothing_back(ana, agent):
    """Two pages of one ticket, loaded before and after an answer; the first one's mark is written last."""
    first = answered(ana, agent)
    second = Ticket.objects.get(pk=first.pk)
    second.reply(by=agent, body="Ya está.")

    second.mark_read(ana)
    first.mark_read(ana)

    assert ana.read_marks.get().read_to == second.answered_at
    assert dotted(ana) == []


def test_twin_a_mark_that_is_only_overwritten_goes_back(ana, agent, monkeypatch):
    def overwrite(user, ticket, *, to):
        ReadMark.objects.update_or_create(user=user, ticket=ticket, defaults={"read_to": to})

    monkeypatch.setattr(ReadMark, "move", overwrite)

    with pytest.raises(AssertionError):
        test_an_older_page_that_comes_later_takes_nothing_back(ana, agent)


def test_reading_by_one_does_not_clear_anothers(ana, bruno, agent):
    ticket = answered(ana, agent)

    ticket.mark_read(ana)

    assert dotted(ana) == []
    assert dotted(bruno) == [ticket]


def test_a_later_answer_lights_the_dot_again(ana, agent):
    ticket = answered(ana, agent)
    ticket.mark_read(ana)

    ticket.reply(by=agent, body="Ya está.")

    assert dotted(ana) == [ticket]


def test_reading_covers_what_the_page_showed_and_not_what_came_meanwhile(ana, agent):
    ticket = answered(ana, agent)
    shown = Ticket.objects.get(pk=ticket.pk)
    ticket.reply(by=agent, body="Llegó mientras leía.")

    shown.mark_read(ana)

    assert dotted(ana) == [ticket]


def test_an_internal_note_lights_nothing(ana, agent):
    open_ticket(ana).note(by=agent, body="Es el de siempre.")

    assert dotted(ana) == []


def test_what_was_written_before_one_could_see_it_counts_as_read(ana, diego, bruno, agent):
    answered(ana, agent)

    diego.set_permissions(by=bruno, changes={"can_see_company_tickets": True})
    later = answered(ana, agent)

    assert dotted(diego) == [later]


def test_closed_by_the_unread_answer_alarms_for_15_days(ana, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="Resuelto.", then="closed")
    closed = ticket.closed_at

    assert alarming(ana, at=closed + RECENT - timedelta(seconds=1)) == [ticket]
    assert alarming(ana, at=closed + RECENT) == []
    assert dotted(ana) == [ticket]


def test_answered_first_and_closed_by_the_customer_does_not_alarm(ana, bruno, agent):
    ticket = answered(ana, agent)

    ticket.close(by=bruno)

    assert alarming(ana) == []
    assert dotted(ana) == [ticket]


def test_everything_is_marked_as_read_for_this_person_alone(browse, ana, bruno, agent):
    answered(ana, agent)
    answered(ana, agent)

    browse(bruno).post("/tickets/leidos/")

    bruno.refresh_from_db()
    ana.refresh_from_db()
    assert dotted(bruno) == []
    assert len(dotted(ana)) == 2


def test_the_page_clears_the_dot_and_head_does_not(browse, ana, agent):
    ticket = answered(ana, agent)
    page = browse(ana)

    page.head(ticket.get_absolute_url())
    assert dotted(ana) == [ticket]
    page.get(ticket.get_absolute_url())

    assert dotted(ana) == []


def test_the_alarm_is_in_top_bar_and_menu_until_it_is_read(browse, ana, agent):
    ticket = answered(ana, agent)
    page = browse(ana)

    assert page.get("/inicio/").content.decode().count('class="alarm"') == 3  # top bar, menu, the unread answer
    assert 'class="alarm"' not in page.get(ticket.get_absolute_url()).content.decode()
    assert 'class="alarm"' not in page.get("/inicio/").content.decode()


def test_the_alarm_stays_while_another_ticket_is_unread(browse, ana, agent):
    ticket, _other = answered(ana, agent), answered(ana, agent)

    assert browse(ana).get(ticket.get_absolute_url()).content.decode().count('class="alarm"') == 2


def test_a_person_without_the_area_has_no_alarm(ibarra, ana, agent):
    eva = UserFactory(company=ibarra, can_use_tickets=False, unread_from=timezone.now())
    answered(ana, agent, followers=[eva])

    assert alarming(eva) == []


def test_settled_reading_changes_nothing_that_anybody_sees(ana, bruno, diego, agent):
    """Read, unread, read: the marks before the unread one become a date, for each person alone."""
    read, unread, read_later = (answered(ana, agent, followers=[diego]) for _number in range(3))
    for ticket in (read, read_later):
        Ticket.objects.get(pk=ticket.pk).mark_read(ana)
    Ticket.objects.get(pk=unread.pk).mark_read(bruno)
    seen = {person: dotted(person) for person in (ana, bruno, diego)}
    a_week_later = timezone.now() + timedelta(days=7)

    for person in (ana, bruno, diego):
        Ticket.objects.settle_reading(person, at=a_week_later)
        person.refresh_from_db()

    assert {person: dotted(person) for person in (ana, bruno, diego)} == seen
    assert seen[ana] == [unread]
    assert [mark.ticket for mark in ana.read_marks.all()] == [read_later]
    assert [mark.ticket for mark in bruno.read_marks.all()] == [unread]


def test_after_settling_later_answers_are_unread_again(ana, agent):
    ticket = answered(ana, agent)
    ticket.mark_read(ana)
    Ticket.objects.settle_reading(ana, at=timezone.now() + timedelta(days=7))
    ana.refresh_from_db()
    assert (ana.read_marks.count(), dotted(ana)) == (0, [])

    Ticket.objects.get(pk=ticket.pk).reply(by=agent, body="Ya está.")

    assert dotted(ana) == [ticket]


def test_marks_of_the_last_day_are_not_settled(ana, agent):
    ticket = answered(ana, agent)
    ticket.mark_read(ana)

    Ticket.objects.settle_reading(ana, at=timezone.now() + timedelta(hours=23))

    assert ana.read_marks.count() == 1
