"""The panel of filters: fetched when it is opened, bounded in a large company, its filters shown and taken away."""

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories import ProductFactory, TopicFactory, UserFactory, open_ticket
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

LIST, PANEL = reverse("tickets:list"), reverse("tickets:filters")


def subjects(answer):
    return [ticket.subject for ticket in answer.context["page"].rows]


def chips(answer):
    return [(str(chip.label), chip.words) for chip in answer.context["listing"].applied()]


def fields(answer):
    return list(answer.context["listing"].filters.form.fields)


def words(answer):
    return unescape(answer.content.decode())


def test_unread_means_unread_by_this_person(browse, ana, bruno, agent):
    for subject in ("leído", "sin leer"):
        open_ticket(ana, subject=subject).reply(by=agent, body="Hecho.")
    open_ticket(ana, subject="sin respuesta")
    Ticket.objects.get(subject="leído").mark_read(ana)

    assert subjects(browse(ana).get(LIST, {"sin_leer": "1"})) == ["sin leer"]
    assert subjects(browse(bruno).get(LIST, {"sin_leer": "1"})) == ["sin leer", "leído"]
    assert len(subjects(browse(ana).get(LIST, {"sin_leer": ""}))) == 3


@pytest.mark.parametrize(
    ("zone", "found"), [("Europe/Madrid", ["segundo"]), ("Atlantic/Canary", ["segundo", "primero"])]
)
def test_a_day_of_resolution_is_the_companys_day(browse, ana, zone, found):
    ana.company.time_zone = zone
    ana.company.save()
    for subject, closed_at in {
        "primero": datetime(2026, 3, 1, 23, 30, tzinfo=UTC),  # the 2nd in Madrid
        "segundo": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "tercero": datetime(2026, 3, 2, 12, tzinfo=UTC),
    }.items():
        ticket = open_ticket(ana, subject=subject)
        ticket.close(by=ana)
        Ticket.objects.filter(pk=ticket.pk).update(closed_at=closed_at)
    open_ticket(ana, subject="abierto")
    query = {"estado": "todos", "resuelto_desde": "2026-03-01", "resuelto_hasta": "2026-03-01"}

    assert subjects(browse(ana).get(LIST, query)) == found


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31", "10000-01-01", "2026-02-30"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_day_that_is_none_is_left_out_and_said(browse, ana, zone, day):
    ana.company.time_zone = zone
    ana.company.save()
    open_ticket(ana)

    for name in ("desde", "hasta", "resuelto_desde", "resuelto_hasta"):
        answer = browse(ana).get(LIST, {name: day})

        assert len(subjects(answer)) == 1
        assert list(answer.context["listing"].errors) == [name]
        assert "invalid-feedback" in words(answer)


def test_the_authors_offered_are_the_colleagues_who_wrote(browse, bruno, ana, diego, ibarra, carla):
    for number in range(300):
        UserFactory(company=ibarra, first_name=f"N{number}")
    open_ticket(ana)
    open_ticket(bruno)
    open_ticket(carla)

    panel = browse(bruno).get(PANEL)

    assert [str(author) for author in fields_of(panel, "autor").queryset] == ["Ana Ruiz", "Bruno Etxeberria"]
    assert "Diego" not in words(panel)


def fields_of(panel, name):
    return panel.context["listing"].filters.form.fields[name]


def test_who_sees_only_their_own_is_not_asked_for_an_author(browse, ana, diego):
    open_ticket(diego, subject="de Diego", followers=[ana])

    assert "autor" not in fields(browse(ana).get(PANEL))
    assert subjects(browse(ana).get(LIST, {"autor": ana.public_id})) == ["de Diego"]


def test_the_panel_keeps_what_the_list_is_asked_for(browse, bruno, ana):
    open_ticket(ana)
    query = {"estado": "todos", "orden": "antiguos", "q": "blanco", "ver": "mios", "prioridad": "3", "pagina": "x"}

    panel = words(browse(bruno).get(PANEL, query))

    for name in ("estado", "orden", "q", "ver"):
        assert f'name="{name}" value="{query[name]}"' in panel
    assert '<option value="3" selected>Alta</option>' in panel
    assert 'href="/tickets/?estado=todos&orden=antiguos&q=blanco&ver=mios"' in panel


def test_a_closed_panel_costs_nothing(browse, bruno, ana):
    open_ticket(ana, product=ProductFactory())
    browser = browse(bruno)
    browser.get(LIST)

    with CaptureQueriesContext(connection) as closed:
        page = browser.get(LIST)
    with CaptureQueriesContext(connection) as panel:
        browser.get(PANEL)

    assert "filters" not in vars(page.context["listing"])
    assert not any('FROM "tickets_topic"' in query["sql"] for query in closed)
    assert len(closed) <= 5
    assert len(panel) <= 5


def test_the_panel_costs_the_same_with_one_author_and_with_thirty(browse, bruno, ana):
    browser = browse(bruno)
    open_ticket(ana, product=ProductFactory())
    browser.get(PANEL)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            browser.get(PANEL)
        return len(queries)

    with_one = cost()
    for number in range(30):
        topic = TopicFactory(name=f"T{number}", parent=TopicFactory(name="Uso"))
        open_ticket(UserFactory(company=ana.company), product=ProductFactory(name=f"M{number}"), topic=topic)

    assert cost() == with_one


def test_without_script_the_panel_opens_with_a_link(browse, ana):
    open_ticket(ana)
    browser = browse(ana)

    closed, opened = words(browser.get(f"{LIST}?estado=todos")), words(browser.get(f"{LIST}?estado=todos&filtros=1"))

    assert 'href="?estado=todos&filtros=1#filtros"' in closed
    assert 'name="prioridad"' not in closed
    assert 'name="prioridad"' in opened


def test_applied_filters_are_shown_in_words_and_each_can_be_taken_away(browse, bruno, ana):
    module, topic = ProductFactory(name="EPIs"), TopicFactory(name="Duda")
    open_ticket(ana, subject="este", product=module, topic=topic, priority=3)
    asked = {"autor": ana.public_id, "modulo": module.pk, "tema": topic.pk, "prioridad": "3", "desde": "2020-02-01"}

    answer = browse(bruno).get(LIST, {"estado": "todos", **asked, "hasta": "mañana"})

    assert chips(answer) == [
        ("Autor", "Ana Ruiz"),
        ("Módulo", "EPIs"),
        ("Tema", "Duda"),
        ("Prioridad", "Alta"),
        ("Abierto desde", "01/02/2020"),
    ]
    for chip, name in zip(answer.context["listing"].applied(), asked, strict=True):
        assert chip.rest.dict() == {"estado": "todos", "hasta": "mañana"} | {
            key: str(value) for key, value in asked.items() if key != name
        }
        assert f'href="/tickets/?{chip.rest.urlencode()}"' in words(answer)


def test_the_last_filter_that_goes_leaves_the_whole_list(browse, ana):
    open_ticket(ana)

    assert 'href="/tickets/"' in words(browse(ana).get(LIST, {"prioridad": "3"}))
    assert chips(browse(ana).get(LIST, {"sin_leer": "1"})) == [("Respuestas", "Solo sin leer")]


def test_what_is_not_found_can_be_sought_in_all_the_tickets_with_the_same_filters(browse, ana):
    ticket = open_ticket(ana, subject="antiguo")
    ticket.close(by=ana)
    Ticket.objects.update(closed_at=timezone.now() - timedelta(days=40))

    page = words(browse(ana).get(LIST, {"q": "antiguo", "prioridad": "2"}))

    assert 'href="?q=antiguo&prioridad=2&estado=todos"' in page
    assert subjects(browse(ana).get(f"{LIST}?q=antiguo&prioridad=2&estado=todos")) == ["antiguo"]


def test_the_list_says_whose_turn_it_is_where_the_company_has_to_act(browse, ana, bruno, agent):
    for subject, then in {"espera": "waiting", "abierto": "open", "resuelto": "closed"}.items():
        open_ticket(ana, subject=subject).reply(by=agent, body="Hecho.", then=then)

    for person, sentence in ((ana, "Le toca a usted"), (bruno, "Le toca a su empresa")):
        page = words(browse(person).get(LIST))

        assert page.count("Le toca a") == page.count(f'<span class="whose">{sentence}</span>') == 1
