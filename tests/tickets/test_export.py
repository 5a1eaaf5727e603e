"""The list as a file for a spreadsheet: what one sees on all its pages, and nothing else."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry
from tables import csv
from tests.factories import PASSWORD, ProductFactory, TopicFactory, UserFactory, open_ticket
from tests.tables.test_csv import HOSTILE, read
from tickets import exporting
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

LIST, EXPORT = reverse("tickets:list"), reverse("tickets:export")


def exported(browser, query=None):
    """The rows of the file, without its headings."""
    answer = browser.get(EXPORT, query)
    assert answer.status_code == 200
    return read(b"".join(answer.streaming_content))[1:]


def numbers_on_all_pages(browser, query):
    numbers, cursor = [], ""
    while cursor is not None:
        page = browser.get(LIST, query | {"pagina": cursor}).context["page"]
        numbers += [str(ticket.number) for ticket in page.rows]
        cursor = page.next
    return numbers


@pytest.fixture
def company(ana, bruno, diego, carla, agent):
    """More than a page of tickets of everybody, in every state, some with Ana in copy."""
    module = ProductFactory(name="EPIs")
    for number in range(33):
        author = [ana, bruno, diego][number % 3]
        followers = [ana] if number % 7 == 0 else []
        product = module if number % 4 else None
        ticket = open_ticket(
            author, subject=f"n{number}", priority=1 + number % 3, product=product, followers=followers
        )
        if number % 5:
            ticket.reply(by=agent, body="Lo miramos.", then=["waiting", "open", "closed"][number % 3])
    open_ticket(carla, subject="de Norte")
    return module


QUERIES = [
    {},
    {"estado": "todos"},
    {"estado": "resueltos"},
    {"estado": "todos", "orden": "antiguos"},
    {"estado": "todos", "orden": "actividad", "ver": "mios"},
    {"estado": "todos", "prioridad": "3"},
    {"estado": "todos", "sin_leer": "1"},
    {"estado": "todos", "q": "miramos"},
    {"estado": "todos", "q": "n1", "desde": timezone.localdate().isoformat()},
    {"estado": "inventado", "orden": "author__password"},
    {"estado": "todos", "prioridad": "9", "desde": "ayer", "autor": "x", "modulo": "\0"},
]


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("person", ["ana", "bruno", "diego", "carla"])
def test_the_file_holds_the_rows_of_the_list_in_its_order(request, browse, company, person, query):
    browser = browse(request.getfixturevalue(person))

    assert [row[0] for row in exported(browser, query)] == numbers_on_all_pages(browser, query)


def test_the_module_and_the_author_narrow_the_file_too(browse, company, bruno, ana):
    query = {"estado": "todos", "modulo": company.pk, "autor": ana.public_id}
    browser = browse(bruno)

    assert [row[0] for row in exported(browser, query)] == numbers_on_all_pages(browser, query) != []


def test_the_page_of_the_list_does_not_matter(browse, company, bruno):
    browser = browse(bruno)
    second = browser.get(LIST, {"estado": "todos"}).context["page"].next

    assert len(exported(browser, {"estado": "todos", "pagina": second})) == 33


def test_a_row_says_what_a_manager_wants_to_know(browse, ana, bruno, agent, boss, attach):
    ana.company.time_zone = "Atlantic/Canary"
    ana.company.save()
    topic = TopicFactory(name="Informes", parent=TopicFactory(name="Uso"))
    ticket = open_ticket(
        ana,
        subject="No cuadra",
        topic=topic,
        product=ProductFactory(name="EPIs"),
        priority=3,
        files=attach(ana, "a.txt"),
    )
    ticket.assign(by=boss, to=agent)
    ticket.reply(by=agent, body="Hecho.", then="closed")
    first, last = (datetime(2026, 7, day, 22, 30, tzinfo=UTC) for day in (1, 2))
    Ticket.objects.update(created_at=first, first_answer_at=first, last_message_at=last, closed_at=last)
    open_ticket(bruno, subject="Otro")

    browser = browse(bruno)
    content = b"".join(browser.get(EXPORT, {"estado": "todos", "orden": "antiguos"}).streaming_content)

    headings, row, other = read(content)
    assert dict(zip(headings, row, strict=True)) == {
        "Número": "1",
        "Asunto": "No cuadra",
        "Estado": "Resuelto",
        "Le toca a": "nadie",
        "Prioridad": "Alta",
        "Tema": "Uso / Informes",
        "Módulo": "EPIs",
        "Autor": "Ana Ruiz",
        "Asignado a": "Marta Soler",
        "Abierto": "2026-07-01 23:30:00",
        "Último mensaje": "2026-07-02 23:30:00",
        "Primera respuesta": "2026-07-01 23:30:00",
        "Resuelto": "2026-07-02 23:30:00",
        "Respuestas": "1",
        "Archivos": "1",
        "Respuestas a lo que se pregunta": "",
    }
    assert other[6:9] == ["", "Bruno Etxeberria", ""]


def test_the_file_speaks_the_language_of_the_person(browse, ana):
    ana.language = "en"
    ana.save()
    open_ticket(ana)

    headings, row = read(b"".join(browse(ana).get(EXPORT).streaming_content))

    assert (headings[:3], row[2:5]) == (["Number", "Subject", "State"], ["Not processed", "support", "Medium"])


def test_hostile_subjects_and_names_are_written_as_text_and_read_back_whole(browse, bruno, ibarra):
    subjects = [text for text in HOSTILE if text.strip()]
    person = UserFactory(company=ibarra, first_name="=1+1", last_name="@x")
    for subject in subjects:
        open_ticket(person, subject=subject)

    content = b"".join(browse(bruno).get(EXPORT, {"orden": "antiguos"}).streaming_content)

    assert [(row[1], row[7]) for row in read(content)[1:]] == [(subject, "=1+1 @x") for subject in subjects]
    assert b";=1+1 @x" not in content


def test_the_file_is_kept_by_nobody_but_the_person(browse, ana):
    open_ticket(ana)

    answer = browse(ana).get(EXPORT)

    today = timezone.localdate().isoformat()
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="tickets-{today}.csv"'
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert browse(ana).head(EXPORT)["Content-Disposition"] == answer["Content-Disposition"]


def test_the_file_costs_the_same_with_one_row_and_with_thirty(browse, ana, bruno, agent):
    browser = browse(bruno)
    open_ticket(ana, product=ProductFactory())
    exported(browser)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            exported(browser)
        return len(queries)

    with_one = cost()
    for number in range(30):
        person = UserFactory(company=ana.company)
        ticket = open_ticket(person, product=ProductFactory(name=f"P{number}"), topic=TopicFactory(name=f"T{number}"))
        ticket.assign(by=agent, to=agent)

    assert cost() == with_one <= 7


def test_an_empty_list_is_a_file_of_headings(browse, ana):
    assert exported(browse(ana)) == []


def open_cursors():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE name <> ''")
        return cursor.fetchone()[0]


@pytest.mark.postgres
def test_whoever_stops_listening_leaves_nothing_open_at_the_database(ana, monkeypatch):
    monkeypatch.setattr(csv, "ROWS_AT_A_TIME", 2)
    for number in range(3):
        open_ticket(ana, subject=f"n{number}")
    rows = exporting.rows_of(Ticket.objects.visible_to(ana))

    next(rows)
    while_read = open_cursors()
    rows.close()

    assert (while_read, open_cursors()) == (1, 0)


def test_the_list_offers_the_file_of_what_it_shows(browse, ana):
    open_ticket(ana)
    browser = browse(ana)
    query = "estado=todos&orden=antiguos&prioridad=2"

    page = browser.get(f"{LIST}?{query}&pagina=&filtros=1").content.decode()

    assert f'href="{EXPORT}?{query.replace("&", "&amp;")}"' in page
    assert "Exportar lo filtrado (CSV)" in page
    assert "Exportar (CSV)" in browser.get(LIST).content.decode()
    assert EXPORT not in browser.get(LIST, {"estado": "resueltos"}).content.decode()


def test_recent_means_in_the_file_what_it_means_in_the_list(browse, ana):
    ticket = open_ticket(ana)
    ticket.close(by=ana)
    zone = zoneinfo.ZoneInfo("Europe/Madrid")
    Ticket.objects.update(closed_at=datetime.now(zone) - timedelta(days=15, seconds=1))

    assert exported(browse(ana)) == []


def test_an_export_is_a_line_of_the_companys_logbook(browse, ana):
    open_ticket(ana)

    exported(browse(ana))

    entry = AuditEntry.objects.get(kind="data_exported")
    assert (entry.actor_id, entry.company, entry.changes) == (ana.pk, ana.company, {"export": [None, "tickets"]})


def test_a_large_export_asks_again_who_is_there(browse, ana, monkeypatch):
    monkeypatch.setattr(exporting, "STEP_UP_OVER", 1)
    browser = browse(ana)
    open_ticket(ana)
    assert browser.get(EXPORT).status_code == 200

    open_ticket(ana)
    answer = browser.get(EXPORT, {"estado": "todos"})

    assert answer.status_code == 302
    assert answer["Location"] == f"/acceso/confirmar/?next={quote('/tickets/?estado=todos', safe='')}"
    browser.post(answer["Location"], {"password": PASSWORD})
    assert len(exported(browser)) == 2
