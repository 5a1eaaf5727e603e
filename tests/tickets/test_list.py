"""The list: tabs, counts, search, filters, order, pages (S0-27…S0-31)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories import ProductFactory, open_ticket
from tickets.models import Ticket
from tickets.status import CURRENT, RECENT, TAB_BY_KEY, TABS

pytestmark = pytest.mark.django_db

LIST = reverse("tickets:list")


@pytest.fixture
def tickets(ana, agent):
    """One of Ana's tickets in each status, and one closed 16 days ago."""
    made = {"new": open_ticket(ana, subject="nuevo")}
    for status in ("open", "waiting", "enhancement", "scheduled", "closed"):
        made[status] = open_ticket(ana, subject=status)
        made[status].set_status(status, by=agent)
    made["old"] = open_ticket(ana, subject="antiguo")
    made["old"].close(by=ana)
    Ticket.objects.filter(pk=made["old"].pk).update(closed_at=timezone.now() - RECENT)
    return made


def subjects(answer):
    assert answer.status_code == 200
    return [ticket.subject for ticket in answer.context["page"].rows]


def test_the_list_begins_with_what_is_current(browse, ana, tickets):
    assert subjects(browse(ana).get(LIST)) == ["closed", "scheduled", "enhancement", "waiting", "open", "nuevo"]


@pytest.mark.parametrize(
    ("tab", "expected"),
    [
        ("sin-procesar", ["nuevo"]),
        ("abiertos", ["scheduled", "enhancement", "waiting", "open"]),
        ("esperando", ["waiting"]),
        ("ampliaciones", ["enhancement"]),
        ("proxima-version", ["scheduled"]),
        ("recientes", ["closed"]),
        ("resueltos", ["antiguo", "closed"]),
        ("todos", ["antiguo", "closed", "scheduled", "enhancement", "waiting", "open", "nuevo"]),
    ],
)
def test_each_tab_holds_its_statuses(browse, ana, tickets, tab, expected):
    assert subjects(browse(ana).get(LIST, {"estado": tab})) == expected


def test_the_counts_are_those_of_the_lists_behind_them(ana, tickets):
    now = timezone.now()
    visible = Ticket.objects.visible_to(ana)

    counts, _alarm = visible.counts(at=now, reader=ana)

    assert counts == {tab.key: visible.in_tab(tab, at=now).count() for tab in TABS if tab.counted}
    assert counts["actuales"] == 6


def test_past_states_carry_no_count(browse, ana, tickets):
    tabs = {tab["key"]: tab["count"] for tab in browse(ana).get(LIST).context["tabs"]}

    assert (tabs["resueltos"], tabs["todos"], tabs["abiertos"]) == (None, None, 4)


def test_recent_ends_after_15_days_to_the_second(ana, tickets):
    closed = tickets["closed"].closed_at
    visible = Ticket.objects.visible_to(ana)

    for late, shown in ((timedelta(seconds=-1), True), (timedelta(), False)):
        recent = visible.in_tab(TAB_BY_KEY["recientes"], at=closed + RECENT + late)
        assert recent.filter(subject="closed").exists() == shown


@pytest.mark.parametrize(
    "words",
    ["informacion", "INFORMACIÓN", "ampli informacion", "grafico", "recibo.pdf", "recibo", "#1", "IBA-1", "1"],
)
def test_search_finds_subject_messages_files_and_number_without_accents(browse, ana, agent, attach, words):
    ticket = open_ticket(ana, subject="Ampliación de la información", files=attach(ana, "recibo.pdf"))
    ticket.reply(by=agent, body="Pruebe el gráfico nuevo.")
    open_ticket(ana, subject="Otra cosa", body="Nada que ver.")

    assert subjects(browse(ana).get(LIST, {"q": words, "estado": "todos"})) == [ticket.subject]


@pytest.mark.parametrize("words", ["", "   ", "%", "'; DROP", '"', "*", "NEAR(", "a\0b", "x" * 10_000, "-", "((", ":*"])
def test_any_words_may_be_searched_for(browse, ana, tickets, words):
    assert browse(ana).get(LIST, {"q": words}).status_code == 200


def test_search_stays_inside_the_company(browse, ana, carla):
    open_ticket(ana, subject="planificación secreta", body="palabra única xyzzy")

    for words in ("xyzzy", "planificacion", "IBA-1"):
        assert subjects(browse(carla).get(LIST, {"q": words, "estado": "todos"})) == []


def test_filters_narrow_the_list(browse, ana, bruno):
    module = ProductFactory(name="EPIs")
    wanted = open_ticket(ana, subject="busco este", product=module, priority=3)
    open_ticket(bruno, subject="de otro autor", product=module, priority=3)
    open_ticket(ana, subject="de otro módulo", priority=3)
    open_ticket(ana, subject="de otra prioridad", product=module)
    today = timezone.localdate().isoformat()
    query = {
        "autor": ana.public_id,
        "modulo": module.pk,
        "prioridad": 3,
        "tema": wanted.topic_id,
        "desde": today,
        "hasta": today,
    }

    assert subjects(browse(bruno).get(LIST, query)) == ["busco este"]


def test_a_filter_of_another_company_finds_nothing_and_tells_nothing(browse, ana, carla, tickets):
    answer = browse(ana).get(LIST, {"autor": carla.public_id})

    assert "Carla" not in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"estado": "inventado"},
        {"orden": "author__password"},
        {"orden": "-created_at"},
        {"pagina": "basura"},
        {"pagina": "A" * 10_000},
    ],
)
def test_an_unknown_key_gives_the_usual_list_and_says_so(browse, ana, tickets, query):
    answer = browse(ana).get(LIST, query)

    assert subjects(answer)[0] == "closed"
    assert "no se ha entendido" in answer.content.decode()


@pytest.mark.parametrize("query", [{"autor": "x"}, {"desde": "ayer"}, {"prioridad": "9"}, {"author__password": "x"}])
def test_a_filter_that_is_not_understood_is_left_out(browse, ana, tickets, query):
    assert len(subjects(browse(ana).get(LIST, query))) == 6


def test_the_order_may_be_turned_round_or_follow_activity(browse, ana, tickets):
    tickets["new"].reply(by=ana, body="Un detalle más.")
    page = browse(ana)

    assert subjects(page.get(LIST, {"orden": "antiguos"}))[0] == "nuevo"
    assert subjects(page.get(LIST, {"orden": "actividad"}))[0] == "nuevo"
    assert subjects(page.get(LIST))[0] == "closed"


def test_pages_follow_one_another_without_gap_or_repetition(browse, ana):
    for number in range(60):
        open_ticket(ana, subject=f"n{number}")
    page, seen, address = browse(ana), [], LIST
    while address:
        answer = page.get(address)
        seen += subjects(answer)
        following = answer.context["page"].next
        address = f"{LIST}?pagina={following}" if following else ""

    assert seen == [f"n{number}" for number in reversed(range(60))]


def test_only_mine_for_whoever_sees_the_company(browse, ana, bruno):
    open_ticket(ana, subject="de Ana")
    open_ticket(bruno, subject="de Bruno")

    assert subjects(browse(bruno).get(LIST, {"ver": "mios"})) == ["de Bruno"]


def test_empty_lists_say_what_to_do(browse, ana):
    page = browse(ana)

    assert "Todavía no hay tickets" in page.get(LIST).content.decode()
    assert "No hay resultados" in page.get(LIST, {"q": "nada"}).content.decode()


def test_the_list_costs_the_same_with_one_row_and_with_thirty(browse, ana, bruno, agent, attach):
    page = browse(bruno)
    open_ticket(ana, product=ProductFactory())
    page.get(LIST)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert page.get(LIST).status_code == 200
        return len(queries)

    with_one = cost()
    for number in range(30):
        ticket = open_ticket([ana, bruno][number % 2], product=ProductFactory(), files=attach(ana, f"{number}.txt"))
        ticket.reply(by=agent, body="Lo miramos.")

    assert cost() == with_one <= 8


def test_the_search_costs_one_query_more_at_most(browse, ana, django_assert_max_num_queries):
    open_ticket(ana)
    page = browse(ana)
    page.get(LIST)

    with django_assert_max_num_queries(8):
        page.get(LIST, {"q": "blanco", "estado": CURRENT.key, "filtros": ""})
