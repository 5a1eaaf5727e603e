"""Who may know that a ticket exists (S0-23, S0-32, people in copy)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import RequestTypeFactory, UserFactory, open_ticket
from tickets.models import Attachment, Message, Ticket

pytestmark = pytest.mark.django_db


def seen_by(person):
    return set(Ticket.objects.visible_to(person).values_list("subject", flat=True))


def test_without_the_company_view_one_sees_ones_own_tickets_and_those_one_follows(ana, diego, carla):
    open_ticket(ana, subject="de Ana")
    open_ticket(diego, subject="de Diego")
    open_ticket(diego, subject="con Ana en copia", followers=[ana])
    open_ticket(carla, subject="de Norte")

    assert seen_by(ana) == {"de Ana", "con Ana en copia"}


def test_with_the_company_view_one_sees_the_whole_company_and_nothing_else(ana, bruno, diego, carla):
    open_ticket(ana, subject="de Ana")
    open_ticket(diego, subject="de Diego")
    open_ticket(carla, subject="de Norte")

    assert seen_by(bruno) == {"de Ana", "de Diego"}


def test_without_the_tickets_area_one_sees_nothing_also_when_in_copy(ana, ibarra):
    eva = UserFactory(company=ibarra, can_use_tickets=False)
    open_ticket(ana, followers=[eva])

    assert seen_by(eva) == set()


def test_support_has_its_own_door(ana, agent, boss):
    ticket = open_ticket(ana)

    assert seen_by(agent) == set()
    assert list(Ticket.objects.for_staff(agent)) == [ticket]
    assert not Ticket.objects.for_staff(ana).exists()


def test_messages_and_files_are_those_of_the_visible_tickets(ana, diego, bruno):
    open_ticket(ana, body="secreto de Ana")

    assert Message.objects.visible_to(bruno).count() == 1
    assert not Message.objects.visible_to(diego).exists()
    assert not Attachment.objects.visible_to(diego).exists()


def test_a_ticket_stays_with_its_company_when_the_author_moves(ana, norte, bruno):
    open_ticket(ana, subject="de Ibarra")
    ana.company = norte
    ana.save(update_fields=["company"])

    assert seen_by(ana) == set()
    assert seen_by(bruno) == {"de Ibarra"}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    tickets=st.booleans(),
    requests=st.booleans(),
    company=st.booleans(),
    follows=st.booleans(),
    active=st.booleans(),
    own=st.booleans(),
    is_author=st.booleans(),
    is_request=st.booleans(),
)
def test_a_mail_carries_the_link_exactly_when_the_ticket_is_visible(ana, ibarra, norte, **flags):
    person = UserFactory(
        company=ibarra if flags["own"] else norte,
        can_use_tickets=flags["tickets"],
        can_see_company_tickets=flags["tickets"] and flags["company"],
        can_use_requests=flags["requests"],
        is_active=flags["active"],
    )
    author = person if flags["is_author"] and flags["own"] else ana
    ticket = open_ticket(author, request_type=RequestTypeFactory() if flags["is_request"] else None)
    follows = author == person or (flags["follows"] and flags["own"])
    if follows:
        ticket.followers.get_or_create(user=person, defaults={"added_by": ana})

    opens = ticket.opens_for(person, follows=follows)

    assert opens == (flags["active"] and Ticket.objects.visible_to(person).filter(pk=ticket.pk).exists())
