"""What an open conversation asks for while somebody looks at it, on the customer's page and on the desk."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import sessions
from tests.factories import UserFactory, open_ticket
from tickets.models import Ticket
from tickets.timeline import LAST_INSTANT

pytestmark = pytest.mark.django_db


def changes(ticket, version=None):
    return f"{ticket.get_absolute_url()}cambios/{ticket.version if version is None else version}/"


def desk_changes(ticket, version=None, noted=None):
    since = ticket.version if version is None else version
    return f"/admin/tickets/ticket/{ticket.pk}/cambios/{since}/{ticket.version if noted is None else noted}/"


def fresh(ticket):
    return Ticket.objects.select_related("company").get(pk=ticket.pk)


def test_nothing_new_is_204_after_one_query_besides_session_and_person(browse, ana, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="Lo miramos.")
    page = browse(ana)
    page.get(ticket.get_absolute_url())

    with CaptureQueriesContext(connection) as queries:
        answer = page.get(changes(ticket), {"visto": "1"})

    assert (answer.status_code, answer.content) == (204, b"")
    assert [query["sql"] for query in queries if "tickets_ticket" in query["sql"]] == [queries[-1]["sql"]]
    assert len(queries) <= 3


def test_a_new_answer_comes_with_its_number_the_state_and_the_next_place_to_ask(browse, ana, agent):
    ticket = open_ticket(ana)
    asked = changes(ticket)
    ticket.reply(by=agent, body="¿Qué versión usa?")

    text = browse(ana).get(asked).content.decode()

    assert 'id="mensaje-2"' in text and "¿Qué versión usa?" in text and "Se queda en blanco" not in text
    assert 'data-state="waiting"' in text and 'data-turn="company"' in text
    assert f"/cambios/{fresh(ticket).version}/" in text
    assert "#mensaje-2" in text and agent.get_full_name() in text


@pytest.mark.parametrize(
    "deed",
    [
        lambda ticket, ana, diego, agent: ticket.close(by=agent),
        lambda ticket, ana, diego, agent: ticket.assign(by=agent, to=agent),
        lambda ticket, ana, diego, agent: ticket.classify(by=agent, topic=ticket.topic, product=None, priority=3),
        lambda ticket, ana, diego, agent: ticket.add_follower(by=agent, person=diego),
        lambda ticket, ana, diego, agent: ticket.set_status("enhancement", by=agent),
    ],
    ids=["close", "assign", "classify", "follower", "status"],
)
def test_every_deed_that_a_customer_sees_is_news(browse, ana, diego, agent, deed):
    ticket = open_ticket(ana)
    page, asked = browse(ana), changes(ticket)
    assert page.get(asked).status_code == 204

    deed(ticket, ana, diego, agent)

    assert page.get(asked).status_code == 200
    assert page.get(changes(fresh(ticket))).status_code == 204


def test_taking_somebody_out_of_copy_is_news(browse, ana, diego):
    ticket = open_ticket(ana, followers=[diego])
    asked = changes(ticket)

    ticket.remove_follower(ticket.followers.get(user=diego), by=ana)

    assert diego.get_full_name() in browse(ana).get(asked).content.decode()  # the event that says so


def test_an_internal_note_is_no_news_for_the_customer_and_news_for_the_desk(browse, ana, agent):
    ticket = open_ticket(ana)
    ticket.note(by=agent, body="CANARY-INT")

    assert browse(ana).get(changes(ticket)).status_code == 204
    answer = browse(agent).get(desk_changes(ticket))
    assert "CANARY-INT" in answer.content.decode()
    noted = answer.context["noted"]
    assert browse(agent).get(desk_changes(ticket, noted=noted)).status_code == 204


def test_the_desk_sees_the_customers_message_arrive(browse, ana, agent):
    ticket = open_ticket(ana)
    asked = desk_changes(ticket)
    assert browse(agent).get(asked).status_code == 204
    ticket.reply(by=ana, body="Ya lo he mirado.")

    text = browse(agent).get(asked).content.decode()

    assert "Ya lo he mirado." in text and 'id="mensaje-2"' in text and ana.get_full_name() in text


def test_ones_own_message_from_another_window_comes_without_a_call(browse, ana):
    ticket = open_ticket(ana)
    asked = changes(ticket)
    ticket.reply(by=ana, body="Desde el teléfono.")

    answer = browse(ana).get(asked)

    assert "Desde el teléfono." in answer.content.decode() and answer.context["arrived"] is None


@pytest.mark.parametrize(("seen", "read"), [({"visto": "1"}, True), ({}, False)])
def test_only_a_page_that_is_looked_at_counts_as_read(browse, ana, agent, seen, read):
    ticket = open_ticket(ana)
    asked = changes(ticket)
    ticket.reply(by=agent, body="Hecho.")

    assert browse(ana).get(asked, seen).status_code == 200

    assert Ticket.objects.visible_to(ana).unread_by(ana).exists() is not read


def test_whoever_comes_back_to_a_page_that_shows_it_already_has_read_it(browse, ana, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="Hecho.")

    assert browse(ana).get(changes(fresh(ticket)), {"visto": "1"}).status_code == 204

    assert not Ticket.objects.visible_to(ana).unread_by(ana).exists()


@pytest.mark.parametrize("version", [0, 10**15, LAST_INSTANT, 10**30])
def test_any_number_may_be_asked_since(browse, ana, agent, version):
    ticket = open_ticket(ana)

    assert browse(ana).get(changes(ticket, version)).status_code in (200, 204)
    assert browse(agent).get(desk_changes(ticket, version, version)).status_code in (200, 204)
    assert browse(agent).get(desk_changes(ticket, 0, version)).status_code == 200


def test_asking_is_no_activity_and_opening_the_page_is(browse, ana):
    ticket = open_ticket(ana)
    page = browse(ana)
    page.get(ticket.get_absolute_url())
    long_ago = timezone.now().timestamp() - timedelta(hours=1).total_seconds()

    def last_seen_after(address):
        session = page.session
        session[sessions.SEEN] = long_ago
        session.save()
        page.get(address)
        return page.session[sessions.SEEN]

    assert last_seen_after(changes(ticket)) == long_ago
    assert last_seen_after(ticket.get_absolute_url()) > long_ago


def test_what_comes_while_a_page_is_made_is_not_shown_twice(ana, agent):
    from tickets import timeline

    read = open_ticket(ana)
    Ticket.objects.get(pk=read.pk).reply(by=agent, body="Entretanto.")

    page = timeline.of(read, now=timezone.now()).entries
    news = timeline.since(fresh(read), read.version, now=timezone.now())

    assert [entry.number for entry in page if entry.kind == "message"] == [1]
    assert [entry.number for entry in news if entry.kind == "message"] == [2]


def test_two_deeds_of_one_instant_have_an_order(ana, agent):
    ticket = open_ticket(ana)
    ahead = timezone.now() + timedelta(minutes=5)  # as the clock of another machine had it
    Ticket.objects.filter(pk=ticket.pk).update(changed_at=ahead)

    message = ticket.reply(by=agent, body="Después.")

    assert message.created_at == ahead + timedelta.resolution == fresh(ticket).changed_at


# --- quoting ---


def test_a_quotation_begins_the_answer_and_keeps_what_was_typed(browse, ana, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="Pruebe esto:\n\n![captura](adjunto:1)\nC:\\temp")
    page = browse(ana)
    quotation = "Marta Soler escribió:".replace("Marta Soler", agent.get_full_name())

    body = page.get(ticket.get_absolute_url(), {"citar": "2"}).context["form"]["body"].value()

    assert body == f"{quotation}\n> Pruebe esto:\n>\n> [captura]\n> C:\\temp\n\n"


@pytest.mark.parametrize("number", ["0", "99", "x", "-1", "", "1" * 400])
def test_a_message_that_is_not_there_is_not_quoted(browse, ana, agent, number):
    ticket = open_ticket(ana)

    assert browse(ana).get(ticket.get_absolute_url(), {"citar": number}).context["form"]["body"].value() is None
    assert browse(agent).get(f"/admin/tickets/ticket/{ticket.pk}/change/", {"citar": number}).status_code == 200


# --- long threads ---


@pytest.fixture
def long_ticket(ana, agent):
    ticket = open_ticket(ana, body="La primera.")
    for number in range(2, 62):
        ticket.reply(by=agent if number % 2 else ana, body=f"Mensaje {number}.")
    return ticket


def shown(answer):
    return [entry.number for entry in answer.context["entries"] if entry.kind == "message"]


def test_a_very_long_thread_shows_its_ends_and_is_opened_whole(browse, ana, agent, long_ticket):
    for person, address in (
        (ana, long_ticket.get_absolute_url()),
        (agent, f"/admin/tickets/ticket/{long_ticket.pk}/change/"),
    ):
        folded = browse(person).get(address)
        assert shown(folded) == [1, *range(42, 62)]
        assert "Mostrar los 40 mensajes intermedios" in folded.content.decode()

        whole = browse(person).get(address, {"hilo": "entero"})
        assert shown(whole) == list(range(1, 62))
        assert "mensajes intermedios" not in whole.content.decode()


def test_notes_in_the_folded_part_are_folded_too_and_no_news(browse, agent, ana):
    ticket = open_ticket(ana)
    ticket.note(by=agent, body="Nota antigua")
    for number in range(2, 62):
        ticket.reply(by=ana, body=f"Mensaje {number}.")

    page = browse(agent).get(f"/admin/tickets/ticket/{ticket.pk}/change/")

    assert "Nota antigua" not in page.content.decode()
    assert browse(agent).get(desk_changes(ticket, noted=page.context["noted"])).status_code == 204


def test_a_folded_thread_costs_no_more_than_a_short_one(browse, ana, agent, long_ticket):
    page, short = browse(ana), open_ticket(ana)
    page.get("/inicio/")

    def cost(ticket):
        page.get(ticket.get_absolute_url())
        with CaptureQueriesContext(connection) as queries:
            page.get(ticket.get_absolute_url())
        return len(queries)

    assert cost(long_ticket) == cost(short) <= 8


def test_a_message_longer_than_an_e_mail_is_cut_unless_it_is_one_of_the_last(browse, ana):
    ticket = open_ticket(ana, body="Línea\n" * 60)
    ticket.reply(by=ana, body="x " * 2000)
    ticket.reply(by=ana, body="y " * 2000)

    entries = browse(ana).get(ticket.get_absolute_url()).context["entries"]

    assert [entry.is_cut for entry in entries if entry.kind == "message"] == [True, False, False]


# --- whose turn it is ---


def turn_of(browse, person, ticket):
    return browse(person).get(ticket.get_absolute_url()).context["turn"].sentence


def test_whose_turn_it_is_is_said_in_words(browse, ana, bruno, agent):
    ticket = open_ticket(ana)
    assert turn_of(browse, ana, ticket).startswith("Le toca a soporte")

    ticket.reply(by=agent, body="¿Qué versión usa?")
    assert turn_of(browse, ana, ticket).startswith("Le toca a usted")
    assert turn_of(browse, bruno, ticket).startswith("Le toca a su empresa")

    ticket.set_status("scheduled", by=agent)
    assert turn_of(browse, ana, ticket) == "Nadie tiene que hacer nada: la solución llega con la próxima versión."

    ticket.close(by=agent)
    assert "se abre de nuevo" in turn_of(browse, ana, ticket)


def test_a_person_of_another_company_may_not_ask(browse, carla, ana):
    assert browse(carla).get(changes(open_ticket(ana))).status_code == 404


def test_whoever_lost_the_area_may_not_ask(browse, ana):
    ticket = open_ticket(ana)
    page = browse(ana)
    UserFactory._meta.model.objects.filter(pk=ana.pk).update(can_use_tickets=False)

    assert page.get(changes(ticket)).status_code == 404
