"""Registro: the company's own logbook, for its managers (S0-83)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.views.logbook import LINES
from tests.factories import UserFactory
from tests.tables.test_csv import read
from tests.walls.forms import log_in

pytestmark = pytest.mark.django_db

LIST, EXPORT = reverse("logbook:list"), reverse("logbook:export")
Kind = AuditEntry.Kind


@pytest.fixture(autouse=True)
def no_attempt_is_remembered():
    """The limits on attempts are counted in the cache, for all tests together."""
    cache.clear()


@pytest.fixture
def history(ana, bruno, diego, carla, agent, ibarra, norte):
    """A line of each group, and one of another company."""
    AuditEntry.write(Kind.LOGGED_IN, by=ana, on=ana, company=ibarra)
    AuditEntry.write(
        Kind.PERMISSIONS_CHANGED, by=bruno, on=ana, company=ibarra, changes={"can_use_downloads": [False, True]}
    )
    AuditEntry.write(Kind.PERSON_CREATED, by=bruno, on=diego, company=ibarra)
    AuditEntry.write(Kind.VIEW_BEGUN, by=agent, on=ana, company=ibarra, reason="No veía sus tickets")
    AuditEntry.write(Kind.DATA_EXPORTED, by=bruno, company=ibarra, changes={"export": [None, "people"]})
    AuditEntry.write(Kind.COMPANY_CHANGED, by=agent, on=ibarra, company=ibarra, changes={"name": ["A", "B"]})
    AuditEntry.write(Kind.LOGGED_IN, by=carla, on=carla, company=norte)


def kinds(browser, **query) -> list[str]:
    """The kinds of the lines on the page, newest first."""
    return [line.entry.kind for line in browser.get(LIST, query).context["lines"]]


ALL = ["company_changed", "data_exported", "view_begun", "person_created", "permissions_changed", "logged_in"]


def test_a_manager_reads_what_happened_in_the_company_and_nothing_else(browse, bruno, history):
    page = browse(bruno).get(LIST)

    assert [line.entry.kind for line in page.context["lines"]] == ALL
    text = page.content.decode()
    assert "Bruno Etxeberria cambió los permisos de Ana Ruiz: gana descargas" in text
    assert "Soporte (Marta Soler) abrió el portal como lo ve Ana Ruiz" in text
    assert "Motivo: No veía sus tickets" in text
    assert "Carla" not in text


def test_only_managers_read_it(browse, ana, agent, history):
    for person in (ana, agent):
        assert browse(person).get(LIST).status_code == browse(person).get(EXPORT).status_code == 403
        assert not AuditEntry.objects.visible_to(person).exists()


def test_a_line_says_when_and_from_where(browse, bruno, ana, ibarra):
    ibarra.time_zone = "Atlantic/Canary"
    ibarra.save()
    AuditEntry.objects.create(
        kind="logged_in",
        company=ibarra,
        actor_id=ana.pk,
        address="10.0.0.7",
        at=datetime(2026, 3, 2, 23, 30, tzinfo=UTC),
    )

    line = browse(bruno).get(LIST).context["lines"][0]

    assert (line.moment, line.absolute) == ("2 mar, 23:30", "2 de marzo de 2026 a las 23:30")
    assert "desde 10.0.0.7" in browse(bruno).get(LIST).content.decode()


@pytest.mark.parametrize(
    ("group", "found"),
    [
        ("accesos", ["logged_in"]),
        ("permisos", ["permissions_changed"]),
        ("personas", ["person_created"]),
        ("soporte", ["view_begun"]),
        ("exportaciones", ["data_exported"]),
        ("empresa", ["company_changed"]),
        ("", ALL),
    ],
)
def test_the_list_is_narrowed_to_a_group(browse, bruno, history, group, found):
    assert kinds(browse(bruno), tipo=group) == found


def test_the_list_is_narrowed_to_a_person_who_did_it_or_to_whom(browse, bruno, ana, diego, history):
    browser = browse(bruno)

    assert kinds(browser, persona=ana.public_id) == ["view_begun", "permissions_changed", "logged_in"]
    assert kinds(browser, persona=diego.public_id) == ["person_created"]
    assert kinds(browser, persona=bruno.public_id) == ["data_exported", "person_created", "permissions_changed"]


def test_a_row_of_another_table_with_the_same_number_is_not_about_the_person(browse, bruno, diego, ibarra):
    AuditEntry.objects.create(kind="access_rejected", company=ibarra, target="accessrequest", target_id=diego.pk)

    assert kinds(browse(bruno), persona=diego.public_id) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"desde": "2026-03-02"}, ["logged_out", "logged_in"]),
        ({"desde": "2026-03-03"}, ["logged_out"]),
        ({"hasta": "2026-03-02"}, ["logged_in"]),
        ({"desde": "2026-03-03", "hasta": "2026-03-03"}, ["logged_out"]),
        ({"hasta": "2026-03-01"}, []),
    ],
)
def test_the_days_are_those_of_the_company(browse, bruno, ibarra, query, found):
    """Madrid is an hour ahead: 22:30 and 23:30 UTC lie on two days."""
    AuditEntry.objects.create(kind="logged_in", company=ibarra, at=datetime(2026, 3, 2, 22, 30, tzinfo=UTC))
    AuditEntry.objects.create(kind="logged_out", company=ibarra, at=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))

    assert kinds(browse(bruno), **query) == found


HOSTILE_VALUES = ["\x00", "x" * 10_000, "[]", "-1", "🙂", "' OR 1=1 --", "0000-00-00", "9999-12-31", "2026-13-45"]


@pytest.mark.parametrize("value", HOSTILE_VALUES, ids=lambda value: f"{value[:12]!a}")
@pytest.mark.parametrize("key", ["tipo", "persona", "desde", "hasta", "pagina", "otro"])
def test_a_list_that_is_asked_nonsense_shows_everything_and_says_so(browse, bruno, history, key, value):
    page = browse(bruno).get(LIST, {key: value})

    assert page.status_code == 200
    said = page.context["misread"] or page.context["form"].errors
    assert bool(said) == (key != "otro")
    if key != "hasta" or value != "9999-12-31":
        assert [line.entry.kind for line in page.context["lines"]] == ALL


def test_people_of_another_company_and_of_support_cannot_be_asked_for(browse, bruno, carla, agent, history):
    for person in (carla, agent):
        page = browse(bruno).get(LIST, {"persona": person.public_id})

        assert "persona" in page.context["form"].errors
        assert [line.entry.kind for line in page.context["lines"]] == ALL
        assert person.get_full_name() not in str(page.context["form"]["persona"])


def test_days_the_wrong_way_round_are_said(browse, bruno):
    page = browse(bruno).get(LIST, {"desde": "2026-03-02", "hasta": "2026-03-01"})

    assert list(page.context["form"].errors) == ["hasta"]


def test_an_empty_logbook_says_what_will_stand_there_and_an_empty_search_what_to_do(browse, bruno):
    assert "Todavía no ha pasado nada" in browse(bruno).get(LIST).content.decode()
    assert "Quitar filtros" in browse(bruno).get(LIST, {"tipo": "permisos"}).content.decode()


# --- pages ---


def test_the_pages_go_on_where_the_one_before_ended(browse, bruno, ibarra):
    now = timezone.now()
    AuditEntry.objects.bulk_create(
        AuditEntry(kind="logged_in", company=ibarra, batch=f"b{number:03}", at=now - timedelta(hours=number // 7))
        for number in range(2 * LINES + 3)
    )
    seen, cursor, sizes = [], "", []
    while cursor is not None:
        page = browse(bruno).get(LIST, {"pagina": cursor, "tipo": "accesos"}).context["page"]
        seen += [entry.batch for entry in page.rows]
        sizes.append(len(page.rows))
        cursor = page.next

    assert sizes == [LINES, LINES, 3]
    assert seen == list(AuditEntry.objects.newest_first().values_list("batch", flat=True))


def test_a_link_to_a_page_gives_no_number_away(browse, bruno, ibarra):
    import base64

    AuditEntry.objects.bulk_create(
        AuditEntry(
            id=777_000 + number,
            kind="logged_in",
            company=ibarra,
            batch=f"b{number}",
            at=datetime(2026, 3, 2, tzinfo=UTC),
        )
        for number in range(60)
    )
    page = browse(bruno).get(LIST).context["page"]

    body = page.next.split(":")[0].lstrip(".")
    decoded = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    assert b"777" not in decoded


def test_the_page_costs_the_same_with_one_line_and_with_thirty(browse, bruno, ana, ibarra):
    def queries() -> int:
        browser = browse(bruno)
        browser.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            browser.get(LIST)
        return len(captured)

    AuditEntry.write(Kind.LOGGED_IN, by=ana, on=ana, company=ibarra)
    with_one = queries()
    for _number in range(30):
        person = UserFactory(company=ibarra)
        AuditEntry.write(Kind.PERSON_CREATED, by=bruno, on=person, company=ibarra)

    assert queries() == with_one


# --- as a file ---


def exported(browser, query=None) -> list[list[str]]:
    """The rows of the file, without its headings."""
    answer = browser.get(EXPORT, query)
    assert answer.status_code == 200
    return read(b"".join(answer.streaming_content))[1:]


@pytest.fixture
def fresh(browse, bruno):
    """Bruno's browser, in which he has just shown who he is."""
    client = browse()
    log_in(client, bruno.login)
    return client


def test_the_file_asks_who_one_is_first_and_leads_back(browse, bruno, history):
    before = AuditEntry.objects.count()

    answer = browse(bruno).get(EXPORT, {"tipo": "permisos"})

    assert answer["Location"] == f"{reverse('account_reauthenticate')}?next=%2Fgestion%2Fregistro%2F%3Ftipo%3Dpermisos"
    assert AuditEntry.objects.count() == before


def test_the_file_holds_what_is_filtered_and_is_itself_a_line(fresh, bruno, history):
    rows = exported(fresh, {"tipo": "permisos"})

    assert [row[1:] for row in rows] == [
        ["Permisos", "Bruno Etxeberria cambió los permisos de Ana Ruiz: gana descargas", "Bruno Etxeberria",
         "Ana Ruiz", "", ""],
    ]  # fmt: skip
    entry = AuditEntry.objects.latest("id")
    assert (entry.kind, entry.actor_id, entry.company, entry.changes) == (
        "data_exported", bruno.pk, bruno.company, {"export": [None, "logbook"]},
    )  # fmt: skip


def test_the_file_holds_every_page(fresh, ibarra, monkeypatch):
    monkeypatch.setattr("tables.csv.ROWS_AT_A_TIME", 20)
    AuditEntry.objects.bulk_create(
        AuditEntry(kind="logged_out", company=ibarra, batch=f"b{number}") for number in range(LINES + 20)
    )

    assert len(exported(fresh)) == LINES + 20 + 2  # his own log-in and this export


def test_no_cell_is_calculated(fresh, ibarra):
    eva = UserFactory(company=ibarra, first_name="=1+1", last_name="@x", login="eva")
    AuditEntry.write(Kind.PERSON_DEACTIVATED, by=eva, on=eva, company=ibarra, reason="-1 =cmd|' /C calc'!A0")

    content = b"".join(fresh.get(EXPORT, {"tipo": "personas"}).streaming_content)

    name, reason = "=1+1 @x", "-1 =cmd|' /C calc'!A0"
    assert read(content)[1][2:] == [f"{name} desactivó a {name}", name, name, "", reason]
    assert b";=" not in content and b";-" not in content and b";@" not in content


def test_a_long_file_costs_one_query_of_people_for_each_slice(fresh, ibarra, bruno, monkeypatch):
    monkeypatch.setattr("tables.csv.ROWS_AT_A_TIME", 10)
    for _number in range(25):
        person = UserFactory(company=ibarra)
        AuditEntry.write(Kind.PERSON_CREATED, by=bruno, on=person, company=ibarra)

    with CaptureQueriesContext(connection) as queries:
        assert len(exported(fresh, {"tipo": "personas"})) == 25

    assert sum('"erased_at"' in query["sql"] for query in queries) <= 4


# --- on the desk ---


def test_the_desk_reads_the_same_sentences(browse, boss, history):
    page = browse(boss).get(reverse("admin:accounts_auditentry_changelist")).content.decode()

    for words in ("cambió los permisos de Ana Ruiz: gana descargas", "Carla Vidal entró en el portal"):
        assert words in page


def test_the_desk_looks_in_one_company_and_one_kind(browse, boss, history):
    desk = browse(boss)

    def found(**query):
        page = desk.get(reverse("admin:accounts_auditentry_changelist"), query)
        return [entry.kind for entry in page.context["cl"].result_list]

    assert found(q="NOR") == ["logged_in"]
    assert found(q="ibarra", tipo="permisos") == ["permissions_changed"]
    assert found(q="ibarra", kind__exact="view_begun") == ["view_begun"]
    assert found(q="nadie") == []


def test_the_list_of_the_desk_costs_the_same_with_one_line_and_with_thirty(browse, boss, bruno, ibarra):
    def queries() -> int:
        desk = browse(boss)
        with CaptureQueriesContext(connection) as captured:
            desk.get(reverse("admin:accounts_auditentry_changelist"))
        return len(captured)

    AuditEntry.write(Kind.LOGGED_IN, by=bruno, on=bruno, company=ibarra)
    queries()
    with_one = queries()
    for _number in range(30):
        person = UserFactory()
        AuditEntry.write(Kind.PERSON_CREATED, by=person, on=person, company=person.company)

    assert queries() == with_one


def test_a_line_on_the_desk_is_read_whole(browse, boss, history):
    entry = AuditEntry.objects.get(kind="permissions_changed")

    page = browse(boss).get(reverse("admin:accounts_auditentry_change", args=[entry.pk])).content.decode()

    assert "cambió los permisos de Ana Ruiz: gana descargas" in page
    assert 'name="_save"' not in page


# --- many lines ---


@pytest.mark.postgres
def test_every_filter_finds_its_lines_by_an_index(bruno, ibarra, norte):
    """Of forty thousand lines, a tenth ours: no page reads them through."""
    people = [UserFactory(company=ibarra) for _number in range(20)]
    now = timezone.now()
    AuditEntry.objects.bulk_create(
        (
            AuditEntry(
                kind="view_begun" if number % 1000 == 0 else "logged_in",
                company=ibarra if number % 10 == 0 else norte,
                actor_id=people[number // 10 % 20].pk,
                target="user",
                target_id=people[number // 10 % 20].pk,
                at=now - timedelta(minutes=number),
                batch=f"{number}",
            )
            for number in range(40_000)
        ),
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_auditentry")
    lines = AuditEntry.objects.visible_to(bruno)
    a_day = now - timedelta(days=20)
    questions = {
        "everything": lines,
        "a group": lines.filter(kind__in=["view_begun", "view_ended"]),
        "a person": lines.about(people[3]),
        "somebody with few lines": lines.about(bruno),
        "days": lines.filter(at__gte=a_day, at__lte=a_day + timedelta(days=1)),
    }

    seen = {name: list(rows.newest_first()[:LINES]) for name, rows in questions.items()}
    assert {name: len(rows) for name, rows in seen.items()} == {
        "everything": LINES, "a group": 40, "a person": LINES, "somebody with few lines": 0, "days": LINES,
    }  # fmt: skip
    plans = {name: rows.newest_first()[: LINES + 1].explain() for name, rows in questions.items()}

    assert {name for name, plan in plans.items() if "Seq Scan" in plan} == set(), plans


def test_a_person_who_is_no_manager_any_more_reads_nothing(browse, bruno, ana, history):
    browser = browse(bruno)
    User.objects.filter(pk=ana.pk).update(is_company_manager=True)
    bruno.set_permissions(by=ana, changes={"is_company_manager": False})

    assert browser.get(LIST).status_code == 403
