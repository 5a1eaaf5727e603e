"""The search over everything looks at a company's last tickets one by one before it reads the indexes: what it finds is
what the list finds."""

import pytest

from tests.factories import CompanyFactory, UserFactory, open_ticket
from tickets.models import Ticket
from tickets.models.searching import first_found, found, newest_holding

pytestmark = pytest.mark.django_db

WORD = "guillotina"


@pytest.fixture(params=[1, 3, 50])
def looked_at(request, monkeypatch):
    monkeypatch.setattr("tickets.models.searching.NEWEST", request.param)
    newest_holding.cache_clear()
    yield
    newest_holding.cache_clear()


@pytest.fixture
def tickets(ana, diego, attach, looked_at):
    """Four that hold the word, each in another place, and others between them; the last one is a colleague's."""
    held = [
        open_ticket(ana, subject=f"La {WORD} no corta", body="Nada."),
        open_ticket(ana, subject="No corta", body=f"Es la {WORD}."),
        open_ticket(ana, subject="No corta", body="Nada.", files=attach(ana, f"{WORD}.png")),
        open_ticket(diego, subject=f"Otra {WORD}", body="Nada."),
    ]
    open_ticket(ana, subject="La prensa")
    open_ticket(UserFactory(company=CompanyFactory()), subject=f"{WORD} de otra empresa")
    return held


def newest(person, words, *, most=9):
    return first_found(person, words, most=most)


def test_it_finds_what_the_list_finds_newest_first(bruno, tickets):
    listed = found(Ticket.objects.visible_to(bruno), WORD, company=bruno.company_id)

    assert newest(bruno, WORD) == tickets[::-1]
    assert set(listed) == set(tickets)
    assert newest(bruno, WORD, most=2) == tickets[:1:-1]


def test_whoever_sees_their_own_alone_finds_those(ana, tickets):
    assert newest(ana, WORD) == tickets[2::-1]


def test_the_passage_is_of_the_newest_message_that_holds_the_word(ana, agent, tickets):
    subject, message, file, _other = tickets
    message.reply(by=agent, body=f"La {WORD} se cambia.")
    message.reply(by=agent, body="Ya está.")

    passages = {ticket.pk: ticket.passage for ticket in newest(ana, WORD)}

    assert "se cambia" in passages[message.pk]
    assert passages[subject.pk] is None
    assert passages[file.pk] is None


def test_the_number_that_was_typed_comes_first(bruno, tickets):
    oldest = tickets[0]
    mentions = open_ticket(bruno, subject=f"Como el {oldest.number}")

    assert newest(bruno, f"#{oldest.number}")[:2] == [oldest, mentions]
