import pytest
from django.urls import reverse

from mail.models import OutgoingMail
from tests.factories import TopicFactory, open_ticket
from tickets.models import Draft, Ticket

pytestmark = pytest.mark.django_db


def new_ticket_data(**changes):
    return {
        "key": Draft.new_key(),
        "topic": TopicFactory().pk,
        "priority": 2,
        "subject": "No imprime",
        "body": "Al pulsar Imprimir no pasa nada.",
    } | changes


def test_a_sent_form_becomes_a_ticket_with_a_number_and_its_mails(browse, ana):
    answer = browse(ana).post(reverse("tickets:new"), new_ticket_data(), follow=True)

    ticket = Ticket.objects.get()
    assert (ticket.number, ticket.author, ticket.subject, ticket.status) == (1, ana, "No imprime", "new")
    assert answer.redirect_chain == [("/tickets/1/", 302)]
    assert "Al pulsar Imprimir no pasa nada." in answer.content.decode()
    mails = set(OutgoingMail.objects.values_list("kind", "address"))
    assert mails == {("ticket_received", ana.email), ("ticket_opened_for_support", "soporte@vendor.example")}


def test_an_answer_by_support_is_unread_until_the_author_opens_it(browse, ana, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="¿Qué versión usa?")
    page = browse(ana)

    assert list(Ticket.objects.alarming(ana)) == [ticket]
    assert "Esperando acción" in page.get("/tickets/1/").content.decode()
    assert not Ticket.objects.alarming(ana).exists()
