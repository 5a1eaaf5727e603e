"""Lists and searches show what is one's own, whatever they are asked."""

from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, User
from files.receiving import receive
from mail.models import OutgoingMail
from tests.factories import TopicFactory, UserFactory, new_draft, open_ticket
from tests.walls.forms import text_file, unrandom
from tickets.forms.listing import TicketFilter

pytestmark = pytest.mark.django_db


# --- lists and searches ---

HOSTILE_QUERIES = [
    "author__password", "company__code", "-x", "created_at__regex", "?", "1; DROP TABLE", "x" * 10_000, "", "\x00",
    "🙂", "[]",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE_QUERIES, ids=lambda value: f"{value[:12]!a}")
@pytest.mark.parametrize("key", ["orden", "estado", "ver", "pagina", *TicketFilter.base_filters])
def test_a_list_that_is_asked_nonsense_shows_what_it_always_shows(browse, ana, key, value):
    ticket = open_ticket(ana)
    usual = browse(ana).get(reverse("tickets:list"))

    answer = browse(ana).get(reverse("tickets:list"), {key: value})

    assert answer.status_code == usual.status_code == 200
    assert list(answer.context["page"].rows) == list(usual.context["page"].rows) == [ticket]


@pytest.mark.parametrize(
    "key", ["author__password__startswith", "company", "author__company", "pk__gt", "status", "_next"]
)
def test_a_list_knows_no_other_filters(browse, ana, key):
    ticket = open_ticket(ana)

    answer = browse(ana).get(reverse("tickets:list"), {key: "0"})

    assert list(answer.context["page"].rows) == [ticket]


def test_a_search_for_what_another_company_wrote_is_a_search_for_nothing(browse, ana, carla, agent):
    open_ticket(ana, subject="Nuestro", body="Lo nuestro")
    Company.objects.filter(pk=carla.company_id).update(ticket_counter=7000)
    carla.refresh_from_db()
    draft = new_draft(carla)
    draft.add([receive(text_file("albaran-norte.txt"))])
    theirs = draft.open_ticket(topic=TopicFactory(), subject="Zarzuela", body="Xilófono")
    theirs.reply(by=agent, body="Ñandú")
    pages = {}
    for words in (
        "nadaquehallar",
        "Zarzuela",
        "zarz",
        "Xilófono",
        "xilo",
        "albaran",
        "ñandu",
        "7001",
        "NOR-7001",
        "#7001",
    ):
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            page = browse(ana).get(reverse("tickets:list"), {"q": words, "estado": "todos"})
        pages[words] = list(page.context["page"].rows), unrandom(page, words, quote(words)), len(queries)

    number_less = pages.pop("nadaquehallar")
    assert number_less[0] == []
    assert {words for words, seen in pages.items() if seen[:2] != number_less[:2]} == set()


def test_companies_with_like_names_and_a_person_who_moves(browse, norte):
    companies = [Company.objects.create(name="Igual", code=code) for code in ("AB", "ABC")]
    first, second = (UserFactory(company=company, can_see_company_tickets=True) for company in companies)
    theirs, other = open_ticket(first, subject="De AB"), open_ticket(second, subject="De ABC")
    assert theirs.number == other.number == 1

    User.objects.filter(pk=first.pk).update(company=companies[1])

    page = browse(first).get(reverse("tickets:list"), {"estado": "todos"})
    assert list(page.context["page"].rows) == [other]
    assert "De ABC" in browse(first).get("/tickets/1/").content.decode()
    theirs.refresh_from_db()
    assert theirs.company == companies[0]


def test_no_customer_meets_an_internal_note(browse, ana, bruno, agent):
    diego = UserFactory(company=ana.company, copied_on_company_tickets=True)
    ticket = open_ticket(ana)
    ticket.note(by=agent, body="CANARY-INT")
    ticket.add_follower(by=ana, person=diego)
    ticket.reply(by=agent, body="Hecho.")
    ticket.note(by=agent, body="CANARY-INT")
    ticket.close(by=agent)
    ticket.reopen(by=ana)

    for person in (ana, bruno, diego):
        for url in (ticket.get_absolute_url(), reverse("tickets:list"), reverse("home")):
            assert "CANARY-INT" not in browse(person).get(url).content.decode(), url
    assert list(browse(ana).get("/tickets/?q=CANARY-INT&estado=todos").context["page"].rows) == []
    assert not any("CANARY-INT" in mail.text + mail.html + mail.subject for mail in OutgoingMail.objects.all())
    assert "CANARY-INT" in browse(agent).get(reverse("admin:tickets_ticket_change", args=[ticket.pk])).content.decode()
