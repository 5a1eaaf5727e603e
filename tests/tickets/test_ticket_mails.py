"""Who is told of what, once each, and never of their own action."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mail.models import OutgoingMail
from tests.factories import StaffFactory, UserFactory, open_ticket
from tickets.models import IllegalStep, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def elena(ibarra):
    """A contact without access who gets the copy of others' tickets."""
    return UserFactory(
        company=ibarra,
        first_name="Elena",
        has_portal_access=False,
        can_use_tickets=False,
        copied_on_company_tickets=True,
    )


def test_a_new_ticket_is_announced_to_its_department_and_confirmed_to_its_author(ana, elena, mails):
    ticket = open_ticket(ana)

    assert mails() == {("ticket_opened_for_support", ticket.topic.department.email), ("ticket_received", ana.email)}
    confirmation = OutgoingMail.objects.get(kind="ticket_received")
    assert confirmation.subject == "[IBA-1] No arranca"
    assert "#1" in confirmation.text and "/tickets/1/" in confirmation.text


def test_supports_answer_reaches_author_followers_and_copied_contacts_once_each(ana, diego, elena, agent, mails):
    ticket = open_ticket(ana, followers=[diego, elena])
    mails.clear()

    ticket.reply(by=agent, body="¿Qué versión usa?")

    assert mails() == {("ticket_replied", person.email) for person in (ana, diego, elena)}


def test_whoever_cannot_open_the_ticket_gets_words_instead_of_the_link(ana, elena, agent):
    open_ticket(ana).reply(by=agent, body="¿Qué versión usa?")

    told = {mail.address: mail.text for mail in OutgoingMail.objects.filter(kind="ticket_replied")}
    assert "/tickets/1/" in told[ana.email]
    assert "/tickets/1/" not in told[elena.email]
    assert "No tiene acceso a este ticket en el portal; pídalo a su gestor." in told[elena.email]
    assert "¿Qué versión usa?" in told[elena.email]


def test_a_customers_answer_reaches_support_and_the_others_in_copy(ana, bruno, elena, agent, mails):
    ticket = open_ticket(ana)
    ticket.assign(by=agent, to=agent)
    mails.clear()

    ticket.reply(by=bruno, body="Ocurre en todos los centros.")

    assert mails() == {("ticket_replied_for_support", agent.email), ("ticket_replied", ana.email)}


def test_nobody_is_told_of_their_own_action(ana, agent, mails):
    ticket = open_ticket(ana)
    mails.clear()

    ticket.reply(by=ana, body="Otro detalle.")
    ticket.assign(by=agent, to=agent)
    ticket.close(by=ana)
    ticket.reopen(by=ana)

    assert ("ticket_assigned", agent.email) not in mails()
    assert {address for _kind, address in mails()} == {ticket.topic.department.email, agent.email}


def test_the_assignee_is_told_by_whom_else_assigns(ana, agent, boss, mails):
    ticket = open_ticket(ana)
    mails.clear()

    ticket.assign(by=boss, to=agent)

    assert mails() == {("ticket_assigned", agent.email)}


def test_while_the_assignee_is_away_for_good_the_department_is_told(ana, agent, boss, mails):
    ticket = open_ticket(ana)
    ticket.assign(by=boss, to=agent)
    agent.is_active = False
    agent.save(update_fields=["is_active"])
    mails.clear()

    Ticket.objects.get(pk=ticket.pk).reply(by=ana, body="¿Hay novedades?")

    assert mails() == {("ticket_replied_for_support", ticket.topic.department.email)}


def test_one_address_gets_one_mail_whoever_shares_it(ana, ibarra, agent, mails):
    UserFactory(
        company=ibarra, email=ana.email, has_portal_access=False, can_use_tickets=False, copied_on_company_tickets=True
    )
    ticket = open_ticket(ana)
    mails.clear()

    ticket.reply(by=agent, body="Hecho.")

    assert mails() == {("ticket_replied", ana.email)}
    assert "/tickets/1/" in OutgoingMail.objects.get().text


def test_a_demonstration_companys_tickets_do_not_reach_support(ibarra, ana, mails):
    ibarra.is_demo = True
    ibarra.save()

    open_ticket(ana)

    assert mails() == {("ticket_received", ana.email)}


def test_each_is_told_in_their_own_language(ana, bruno, agent):
    bruno.language = "en"
    bruno.save(update_fields=["language"])
    ticket = open_ticket(ana, followers=[bruno])

    ticket.reply(by=agent, body="Hecho.")

    texts = {mail.address: mail.text for mail in OutgoingMail.objects.filter(kind="ticket_replied")}
    assert "ha respondido al ticket #1" in texts[ana.email]
    assert "has answered ticket #1" in texts[bruno.email]


def test_markup_in_a_message_is_inert_in_the_mail(ana, agent):
    open_ticket(ana, subject="<b>Asunto</b>").reply(by=agent, body="<script>alert(1)</script> **bien**")

    mail = OutgoingMail.objects.get(kind="ticket_replied")
    assert "<script>" not in mail.html and "<b>Asunto" not in mail.html
    assert "<strong>bien</strong>" in mail.html
    assert "<script>alert(1)</script> **bien**" in mail.text


def test_the_mails_of_a_ticket_are_one_thread(ana, agent):
    open_ticket(ana).reply(by=agent, body="Hecho.")

    assert len({mail.headers["References"] for mail in OutgoingMail.objects.all()}) == 1
    assert set(OutgoingMail.objects.values_list("thread", flat=True)) == {"IBA-1"}


def test_a_refused_step_tells_nobody(ana, agent, mails):
    ticket = open_ticket(ana)
    ticket.close(by=ana)
    mails.clear()

    with pytest.raises(IllegalStep):
        ticket.close(by=agent)

    assert mails() == set()


FLAGS = st.fixed_dictionaries(
    {
        "is_active": st.booleans(),
        "has_portal_access": st.booleans(),
        "can_use_tickets": st.booleans(),
        "can_see_company_tickets": st.booleans(),
        "copied_on_company_tickets": st.booleans(),
        "follows": st.booleans(),
    }
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(flags=FLAGS)
def test_exactly_those_with_a_reason_are_told(ana, ibarra, norte, agent, flags):
    follows = flags.pop("follows")
    flags["can_use_tickets"] &= flags["has_portal_access"]
    flags["can_see_company_tickets"] &= flags["can_use_tickets"]
    person = UserFactory(company=ibarra, **flags)
    UserFactory(company=norte, copied_on_company_tickets=True)
    ticket = open_ticket(ana, followers=[person] if follows else [])
    OutgoingMail.objects.all().delete()

    ticket.reply(by=agent, body="Hecho.")

    told = set(OutgoingMail.objects.values_list("person_id", flat=True))
    expected = {ana.pk} | ({person.pk} if person.is_active and (follows or person.copied_on_company_tickets) else set())
    assert told & {ana.pk, person.pk} == expected
    copied = set(ibarra.people.filter(copied_on_company_tickets=True, is_active=True).values_list("pk", flat=True))
    assert told == expected | copied


def test_staff_who_are_not_in_the_ticket_hear_nothing(ana, agent, mails):
    StaffFactory()
    ticket = open_ticket(ana)
    mails.clear()

    ticket.reply(by=agent, body="Hecho.")

    assert mails() == {("ticket_replied", ana.email)}
