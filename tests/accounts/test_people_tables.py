"""Contacts as a table: what goes out, what comes in, and that nothing comes in unseen."""

import csv as stdlib_csv
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import importing, limits, spreadsheet
from accounts.models import AuditEntry, User
from accounts.permissions import NEW_CONTACT_FLAGS, PERMISSIONS
from tables.reading import Line
from tests.factories import PASSWORD, CompanyFactory, UserFactory

pytestmark = pytest.mark.django_db

EXPORT = "/gestion/usuarios/exportar/"
IMPORT = "/gestion/usuarios/importar/"
APPLY = "/gestion/usuarios/importar/aplicar/"


def fresh(browse, person):
    browser = browse()
    browser.post("/acceso/", {"login": person.login, "password": PASSWORD})
    return browser


def content(answer):
    return b"".join(answer.streaming_content)


def table(answer):
    rows = list(stdlib_csv.reader(io.StringIO(content(answer).decode("utf-8-sig"), newline=""), delimiter=";"))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def send(browser, text, name="contactos.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    return browser.post(IMPORT, {"file": SimpleUploadedFile(name, data)})


def confirm(browser, report, **more):
    return browser.post(APPLY, {"seal": report.context["confirm"]["seal"].value()} | more)


def faults(answer):
    return [(step.line, *fault) for step in answer.context["refused"] for fault in step.faults]


def rows(*lines, heading="Correo;Nombre;Apellidos;Acceso"):
    return "\n".join([heading, *lines]) + "\n"


def people():
    rows = User.objects.order_by("pk").values()
    return [row | {"last_login": None} for row in rows]


# --- names that are not free ---


@pytest.mark.parametrize("column", ["Correo", "Usuario"])
def test_a_file_does_not_ask_who_is_known_at_will(browse, bruno, column):
    strangers = [UserFactory(company=CompanyFactory(), login=f"otra{number}") for number in range(25)]
    taken = [person.email if column == "Correo" else person.login for person in strangers]
    cells = [(one, "") if column == "Correo" else (f"p{number}@iba.example", one) for number, one in enumerate(taken)]
    lines = [f"{email};Jon;Ibarra;sí;{login}" for email, login in [*cells, ("libre@iba.example", "libre.uno")]]
    file = rows(*lines, heading="Correo;Nombre;Apellidos;Acceso;Usuario")

    report = send(browse(bruno), file)
    again = send(browse(bruno), file)

    told = [reason for _line, _field, reason in faults(report)]
    assert [told.count(reason) for reason in dict.fromkeys(told)] == [20, 6]
    assert report.context["created"] == []
    assert (again.status_code, "file" in again.context["form"].errors) == (429, True)


# --- out ---


def test_an_export_asks_who_is_there(browse, bruno):
    answer = browse(bruno).get(EXPORT)

    assert answer["Location"] == "/acceso/confirmar/?next=%2Fgestion%2Fusuarios%2F"
    assert not AuditEntry.objects.exists()


def test_the_export_is_the_company_with_one_row_in_the_logbook(browse, bruno, ana, carla, agent):
    ana.deactivate(by=bruno)
    browser = fresh(browse, bruno)

    exported = table(browser.get(EXPORT))

    assert [row["Correo electrónico"] for row in exported] == [bruno.email, ana.email]
    assert exported[0]["Gestión de usuarios"] == "sí"
    assert exported[1] | {"Activo": "no", "Tickets": "sí", "Formación": "no", "Usuario": "ana"} == exported[1]
    entry = AuditEntry.objects.get(kind="data_exported")
    assert (entry.actor_id, entry.company) == (bruno.pk, bruno.company)


def test_what_is_filtered_is_exported(browse, bruno, ana, diego):
    browser = fresh(browse, bruno)

    assert [row["Nombre"] for row in table(browser.get(EXPORT, {"q": "ruiz"}))] == ["Ana"]
    assert [row["Nombre"] for row in table(browser.get(EXPORT, {"ver": "is_company_manager"}))] == ["Bruno"]


def test_no_cell_is_calculated(browse, bruno, ana):
    User.objects.filter(pk=ana.pk).update(first_name="=1+1", last_name="@SUM(1)", phone="+34 943")

    row = next(row for row in table(fresh(browse, bruno).get(EXPORT)) if row["Usuario"] == "ana")

    assert (row["Nombre"], row["Apellidos"], row["Teléfono"]) == ("'=1+1", "'@SUM(1)", "'+34 943")


def test_an_exported_file_that_is_sent_back_changes_nothing(browse, bruno, ana, ibarra):
    UserFactory(
        company=ibarra, first_name="=1+1", last_name="+x", phone="-943", login="x.1", language="en",
        can_use_training=True, can_book_training=True, access_until=timezone.localdate() + timedelta(days=3),
    )  # fmt: skip
    contact = {"has_portal_access": False, "can_use_tickets": False, "login": None}
    UserFactory(company=ibarra, first_name="Avisos", last_name="", email=ana.email, **contact)
    ana.deactivate(by=bruno)
    before, browser = people(), fresh(browse, bruno)

    report = send(browser, content(browser.get(EXPORT)))

    assert (faults(report), report.context["unchanged"]) == ([], 4)
    assert (report.context["created"], report.context["changed"]) == ([], [])
    assert people() == before


def test_the_template_is_a_file_that_the_import_understands(browse, bruno):
    browser = browse(bruno)

    report = send(browser, content(browser.get("/gestion/usuarios/importar/plantilla/")))

    assert (faults(report), len(report.context["created"])) == ([], 2)


def test_the_export_costs_the_same_with_one_person_and_with_thirty(browse, bruno, ibarra):
    browser = fresh(browse, bruno)
    browser.get("/inicio/")  # the first page after log-in asks for the rules of use

    def cost():
        with CaptureQueriesContext(connection) as queries:
            content(browser.get(EXPORT))
        return len(queries)

    with_one = cost()
    for _person in range(30):
        UserFactory(company=ibarra)
    assert cost() == with_one


# --- in: the report ---


def test_the_report_shows_each_row_and_does_nothing(browse, bruno, ana, mails):
    before = people()

    report = send(
        browse(bruno),
        rows(
            "jon@iba.example;Jon;Ibarra;sí",
            "avisos@iba.example;Avisos;;",
            f"{ana.email};Ana;Gil;no",
            f"{bruno.email};;;",
            "no-es-correo;X;;",
            "eva@iba.example;;;sí",
            "eva@iba.example;Eva;;quizá",
        ),
    )

    created, changed = report.context["created"], report.context["changed"]
    assert [(step.line, step.title) for step in created] == [(2, "Jon Ibarra"), (3, "Avisos")]
    assert created[0].permissions == dict.fromkeys(NEW_CONTACT_FLAGS, True)
    assert (created[0].data["login"], created[0].invited, created[1].invited) == ("jon.ibarra", True, False)
    assert [step.changes() for step in changed] == [
        [("Apellidos", "Ruiz", "Gil"), ("Acceso al portal", "sí", "no"), ("Tickets", "sí", "no")]
    ]
    assert [(line, field) for line, field, _reason in faults(report)] == [
        (6, "Correo electrónico"), (7, "Nombre"), (8, "Acceso al portal"),
    ]  # fmt: skip
    assert report.context["unchanged"] == 1
    assert (people(), mails()) == (before, set())


def test_headings_are_understood_in_both_languages_and_everyday_words(browse, bruno):
    for heading in ("E-mail address;First name;Access", "email,nombre,acceso", "MÓVIL;Correo electrónico;Name"):
        answer = send(browse(bruno), heading + "\n")
        assert answer.context["form"].errors["file"] == ["El archivo no tiene ninguna fila debajo de la cabecera."]


def test_a_column_that_nobody_knows_is_named(browse, bruno):
    report = send(browse(bruno), rows("jon@iba.example;Jon;Jefe", heading="Correo;Nombre;Puesto"))

    assert report.context["unknown"] == ["Puesto"]
    assert "Puesto" in report.content.decode()


@pytest.mark.parametrize("who", ["carla", "agent"])
def test_somebody_elses_address_is_refused_as_any_taken_one(browse, bruno, ana, who, request):
    stranger = request.getfixturevalue(who)
    contact = UserFactory(company=bruno.company, email="x@iba.example", has_portal_access=False, can_use_tickets=False)
    User.objects.filter(pk=contact.pk).update(email=ana.email, login=None)

    report = send(browse(bruno), rows(f"{stranger.email};Otra;;sí", f"{ana.email};Persona1;;sí"))

    assert faults(report)[0] == (2, "Correo electrónico", "Otra persona ya entra con este correo electrónico.")
    assert stranger.first_name not in report.content.decode()


def test_two_rows_about_one_contact_are_refused(browse, bruno, ana):
    report = send(
        browse(bruno),
        rows("jon@iba.example;Jon;;", "JON@iba.example;Jon;;", f"{ana.email};Ana;Gil;", f"{ana.email};Ana;Paz;"),
    )

    assert [line for line, _field, _reason in faults(report)] == [3, 5]


def test_a_child_without_its_parent_is_said(browse, bruno):
    heading = "Correo;Nombre;Acceso;Formación;Reservar formación"

    report = send(browse(bruno), rows("jon@iba.example;Jon;sí;no;sí", heading=heading))

    (step,) = report.context["created"]
    assert "can_book_training" not in step.permissions
    assert "reservar formación" in step.notes[0]


def test_the_last_manager_is_not_imported_away(browse, bruno):
    heading = "Correo;Gestión de usuarios"

    report = send(browse(bruno), rows(f"{bruno.email};no", heading=heading))

    assert [line for line, _field, _reason in faults(report)] == [2]


@pytest.mark.parametrize("login", ["carla", "root", "con espacio", "ana"])
def test_a_login_that_cannot_be_had_is_refused(browse, bruno, ana, carla, login):
    report = send(browse(bruno), rows(f"jon@iba.example;Jon;sí;{login}", heading="Correo;Nombre;Acceso;Usuario"))

    assert [field for _line, field, _reason in faults(report)] == ["Usuario"]


def test_people_of_one_name_get_logins_of_their_own(browse, bruno):
    report = send(browse(bruno), rows(*(f"p{n}@iba.example;Jon;Ibarra;sí" for n in range(3))))

    logins = [step.data["login"] for step in report.context["created"]]
    assert logins == ["jon.ibarra", "jon.ibarra2", "jon.ibarra3"]


def test_whether_somebody_is_active_is_not_imported(browse, bruno, ana):
    report = send(browse(bruno), rows(f"{ana.email};no", heading="Correo;Activo"))

    assert [field for _line, field, _reason in faults(report)] == ["Activo"]


@pytest.mark.parametrize(
    ("cell", "is_right"),
    [("2126-12-31", True), ("31/12/2126", True), ("2020-01-01", False), ("mañana", False), ("31/02/2126", False)],
)
def test_a_last_day_is_a_day_to_come(browse, bruno, ana, cell, is_right):
    report = send(browse(bruno), rows(f"{ana.email};{cell}", heading="Correo;Acceso hasta"))

    assert bool(faults(report)) is not is_right


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00" * 100, b"\xff\xfe\x00", b"PK\x03\x04" + b"x" * 500, b"Nombre\nAna\n", b"Correo;Correo\na;b\n", b'"'],
    ids=ascii,
)
def test_what_is_no_table_is_refused_at_the_field(browse, bruno, data):
    answer = send(browse(bruno), data)

    assert answer.status_code == 200
    assert "file" in answer.context["form"].errors


def test_too_many_rows_or_bytes_are_refused(browse, bruno):
    many = rows(*(f"p{n}@iba.example;P" for n in range(2_001)), heading="Correo;Nombre")
    large = rows("a@b.example;" + "x" * 1_100_000, heading="Correo;Nombre")

    for text in (many, large):
        assert "file" in send(browse(bruno), text).context["form"].errors


def test_no_file_is_said_at_the_field(browse, bruno):
    assert "file" in browse(bruno).post(IMPORT, {}).context["form"].errors


def test_the_report_costs_the_same_with_one_row_and_with_three_hundred(browse, bruno):
    browser = browse(bruno)

    def cost(count):
        with CaptureQueriesContext(connection) as queries:
            send(browser, rows(*(f"p{n}@iba.example;P{n}x;Q;sí" for n in range(count))))
        return len(queries)

    cost(1)  # the session notes its first use
    assert cost(300) == cost(1)


def test_a_missing_or_empty_file_is_refused_in_the_portals_words(browse, bruno):
    browser = browse(bruno)

    assert browser.post(IMPORT).context["form"].errors == {"file": ["Elija el archivo."]}
    assert send(browser, b"").context["form"].errors == {"file": ["El archivo está vacío."]}


# --- in: the deed ---


def test_what_was_not_done_is_not_counted(browse, bruno, ana):
    browser = browse(bruno)
    report = send(browser, rows(f"{ana.email};Ana;Gil;"))

    page = browser.get(confirm(browser, report)["Location"])

    assert [str(message) for message in page.context["messages"]] == ["Se ha cambiado 1 contacto."]


def test_exactly_what_was_shown_is_done(browse, bruno, ana, mails):
    browser = browse(bruno)
    report = send(browser, rows("jon@iba.example;Jon;Ibarra;sí", f"{ana.email};Ana;Gil;", "x;X;;"))

    answer = confirm(browser, report, first_name="Otro", is_staff="on", company="1")

    assert answer["Location"] == "/gestion/usuarios/"
    jon = User.objects.get(email="jon@iba.example")
    assert (jon.company, jon.login, jon.is_staff) == (bruno.company, "jon.ibarra", False)
    assert {name for name in PERMISSIONS if getattr(jon, name)} == set(NEW_CONTACT_FLAGS)
    ana.refresh_from_db()
    assert (ana.last_name, ana.can_use_tickets) == ("Gil", True)
    assert mails() == {("invited", "jon@iba.example")}
    imported = AuditEntry.objects.get(kind="people_imported")
    assert (imported.actor_id, imported.changes) == (bruno.pk, {"created": [None, 1], "changed": [None, 1]})
    assert set(AuditEntry.objects.filter(target_id=jon.pk).values_list("kind", flat=True)) == {
        "person_created", "permissions_changed", "invitation_sent",
    }  # fmt: skip


def test_what_changed_meanwhile_is_left_alone_and_named(browse, bruno, ana, diego):
    browser = browse(bruno)
    report = send(browser, rows("jon@iba.example;Jon;;sí", f"{ana.email};Ana;Gil;", f"{diego.email};Diego;Paz;"))
    ana.edit(by=bruno, data={"last_name": "Otro"})

    answer = confirm(browser, report)

    assert [line for line, _field, _reason in faults(answer)] == [3]
    ana.refresh_from_db()
    diego.refresh_from_db()
    assert (ana.last_name, diego.last_name) == ("Otro", "Paz")
    assert User.objects.filter(email="jon@iba.example").exists()


def test_a_long_table_is_done_turn_by_turn(browse, bruno, ana, diego, mails, monkeypatch):
    monkeypatch.setattr("accounts.forms.importing.ROWS_A_TURN", 2)
    monkeypatch.setitem(limits.LIMITS, "new_user", limits.Limit(1, limits.HOUR, (limits.company,)))
    browser = browse(bruno)
    lines = [f"p{number}@iba.example;P{number};Q;sí" for number in range(3)]
    report = send(browser, rows(f"{ana.email};Ana;Gil;", *lines, f"{diego.email};Diego;Paz;"))
    ana.edit(by=bruno, data={"last_name": "Otro"})

    answers = [confirm(browser, report)]
    while "turn" in answers[-1].context:
        turn = answers[-1].context["turn"]
        answers.append(browser.post(APPLY, {"seal": turn["seal"].value()}))

    assert [answer.context["turn"].outcome.rows for answer in answers[:-1]] == [2, 4]
    assert "2 de 5 filas" in answers[0].content.decode()
    assert [row.title for row in answers[-1].context["refused"]] == ["Ana Otro"]
    assert "Se han creado 3 contactos" in answers[-1].content.decode()
    diego.refresh_from_db()
    assert diego.last_name == "Paz"
    assert len(mails()) == 3
    told = AuditEntry.objects.filter(kind="people_imported").values_list("changes", flat=True)
    assert [sum(entry[name][1] for entry in told) for name in ("created", "changed")] == [3, 1]


def test_a_second_click_does_nothing(browse, bruno, mails):
    browser = browse(bruno)
    report = send(browser, rows("jon@iba.example;Jon;;sí"))

    confirm(browser, report)
    confirm(browser, report)

    assert User.objects.filter(email="jon@iba.example").count() == 1
    assert mails() == {("invited", "jon@iba.example")}


@pytest.mark.parametrize("seal", ["", "x", "a:b:c", "\x00", "x" * 10_000])
def test_what_nobody_was_shown_is_not_done(browse, bruno, seal):
    before = people()

    assert browse(bruno).post(APPLY, {"seal": seal})["Location"] == IMPORT
    assert people() == before


def test_the_report_of_another_manager_is_not_ones_own(browse, bruno, carla):
    report = send(browse(bruno), rows("jon@iba.example;Jon;;sí"))

    assert confirm(browse(carla), report)["Location"] == IMPORT
    assert not User.objects.filter(email="jon@iba.example").exists()


def test_a_table_that_appoints_a_manager_asks_who_is_there(browse, bruno, ana):
    browser = browse(bruno)
    report = send(browser, rows(f"{ana.email};sí", heading="Correo;Gestión de usuarios"))

    refused = confirm(browser, report)
    ana.refresh_from_db()
    assert (set(refused.context["confirm"].errors), ana.is_company_manager) == ({"own_password"}, False)

    confirm(browser, refused, own_password=PASSWORD)
    ana.refresh_from_db()
    assert ana.is_company_manager


def test_one_row_that_fails_at_the_last_moment_leaves_the_others(browse, bruno, monkeypatch):
    browser = browse(bruno)
    report = send(browser, rows(*(f"p{n}@iba.example;P{n}x;;sí" for n in range(3))))
    monkeypatch.setattr(importing.logins, "like", lambda wanted: set())
    real = User.objects.create_contact

    def taken_meanwhile(**data):
        if data["email"] == "p1@iba.example":
            UserFactory(company=bruno.company, login=data["login"])
        return real(**data)

    monkeypatch.setattr(type(User.objects), "create_contact", lambda manager, **data: taken_meanwhile(**data))

    answer = confirm(browser, report)

    assert [line for line, _field, _reason in faults(answer)] == [3]
    assert User.objects.filter(email__in=["p0@iba.example", "p2@iba.example"]).count() == 2


@pytest.mark.parametrize("name", list(spreadsheet.COLUMNS))
@pytest.mark.parametrize("cell", ["\x00", "x" * 5_000, "=1+1", "🙂", "'", "<script>", "-1", "9" * 400])
def test_no_cell_breaks_the_plan(bruno, ana, name, cell):
    cells = {"email": ana.email, "first_name": "Ana"} | {name: cell}

    (step,) = importing.plan([Line(2, cells)], by=bruno)

    assert step.faults or step.digest()
