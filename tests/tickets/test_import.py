import os
import threading
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone, translation
from PIL import Image

from contracts.models import Product
from mail.models import OutgoingMail
from tests.factories import CompanyFactory, ProductFactory, UserFactory, open_ticket
from tests.tickets.importing import a_reply, a_ticket, csv_file, jsonl, run, tally
from tickets.importing import rows
from tickets.importing.progress import Progress
from tickets.models import Attachment, Follower, Message, Ticket, Topic
from tickets.models.past import AlreadyImported, PastMessage, PastThread
from tickets.status import Status, Turn

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def source_language():
    """The words of the code, not those of a catalogue."""
    with translation.override("en"):
        yield


@pytest.fixture
def folder(settings, tmp_path):
    """Where the file to import lies; the portal's files lie elsewhere."""
    settings.FILES_ROOT = tmp_path / "files"
    path = tmp_path / "import"
    path.mkdir()
    return path


def at(*moment) -> datetime:
    return datetime(*moment, tzinfo=UTC)


# --- what becomes of a ticket ---


def test_a_conversation_keeps_its_words_people_and_dates(folder, ana, bruno, agent):
    answer = a_reply(author_email=agent.email.upper(), author_name="M. Soler")
    thanks = a_reply(role="customer", author_name="Pilar Gil", created_at="2024-06-04T08:00:00Z", body="Una HP.")
    path = jsonl(
        folder, a_ticket(author_email=ana.email, priority="alta", status="esperando acción", replies=[answer, thanks])
    )

    assert run(path).words == tally(imported=1)
    ticket = Ticket.objects.get()
    assert (ticket.number, ticket.external_id, ticket.author, ticket.subject) == (1, "T-1", ana, "No imprime")
    assert (ticket.status, ticket.turn, ticket.priority) == (Status.WAITING, Turn.COMPANY, 3)
    assert (ticket.created_at, ticket.first_answer_at) == (at(2024, 5, 31, 8, 30), at(2024, 6, 3, 7))
    assert ticket.last_message_at == ticket.turn_since == at(2024, 6, 4, 8)
    assert (ticket.reply_count, ticket.file_count, ticket.closed_at, ticket.answered_at) == (2, 0, None, None)
    written = [(m.author, m.author_name, m.from_support, m.body) for m in ticket.messages.all()]
    assert written == [
        (ana, "", False, "Sale en blanco."),
        (agent, "", True, "¿Qué impresora usa?"),
        (None, "Pilar Gil", False, "Una HP."),
    ]
    assert ticket.messages.first().html.strip() == "<p>Sale en blanco.</p>"
    assert list(Follower.objects.values_list("user", "ticket")) == [(ana.pk, ticket.pk)]
    assert [event.kind for event in ticket.events.all()] == ["imported"]


def test_an_import_mails_nobody_and_leaves_nothing_unread(folder, ana, bruno):
    path = jsonl(folder, a_ticket(author_email=ana.email, status="open", replies=[a_reply()]))

    run(path)
    assert not OutgoingMail.objects.exists()
    for person in (ana, bruno):
        tickets = Ticket.objects.visible_to(person)
        assert tickets.count() == 1
        assert not tickets.unread_by(person).exists()
        assert not Ticket.objects.alarming(person).exists()


def test_the_customer_finds_an_imported_ticket_in_list_page_and_search(browse, folder, ana, bruno):
    path = jsonl(folder, a_ticket(author_email=ana.email, status="open", replies=[a_reply(author_name="Marta")]))

    run(path)
    page = browse(ana)
    assert "No imprime" in page.get(reverse("tickets:list")).content.decode()
    assert "No imprime" in page.get(reverse("tickets:list"), {"q": "impresora"}).content.decode()
    conversation = page.get("/tickets/1/").content.decode()
    assert "Sale en blanco." in conversation
    assert "Marta" in conversation


def test_another_company_does_not_see_what_was_imported(browse, folder, ana, bruno, carla):
    run(jsonl(folder, a_ticket()))

    assert not Ticket.objects.visible_to(carla).exists()
    assert browse(carla).get("/tickets/1/").status_code == 404


def test_a_person_of_another_company_is_a_stranger_here(folder, bruno, carla, agent):
    from_carla = a_ticket(author_email=carla.email, author_name="Carla V.")
    as_support = a_ticket(id="T-2", author_email=bruno.email, role="support")
    as_customer = a_ticket(id="T-3", author_email=agent.email)

    run(jsonl(folder, from_carla, as_support, as_customer))
    assert set(Ticket.objects.values_list("author", flat=True)) == {bruno.pk}
    written = Message.objects.order_by("pk").values_list("author", "author_name", "from_support")
    assert list(written) == [(None, "Carla V.", False), (None, bruno.email, True), (None, agent.email, False)]


def test_tickets_of_strangers_belong_to_the_first_manager_or_to_whom_one_names(folder, ana, bruno):
    run(jsonl(folder, a_ticket()))
    run(jsonl(folder, a_ticket(id="T-2")), author="ANA")

    assert list(Ticket.objects.order_by("number").values_list("author__first_name", flat=True)) == ["Bruno", "Ana"]
    assert Message.objects.filter(author_name="Talleres Ibarra, S.L.", author=None).count() == 2


def test_a_message_without_a_writer_names_the_side(folder, bruno, settings):
    run(jsonl(folder, a_ticket(replies=[a_reply()])))

    assert [m.writer for m in Message.objects.all()] == ["Talleres Ibarra, S.L.", settings.BRAND["name"]]


def test_numbers_follow_the_file_and_go_on_from_the_last_one(folder, ana, bruno):
    open_ticket(ana)
    run(jsonl(folder, a_ticket(), a_ticket(id="T-2"), a_ticket(id="T-3")))

    assert list(Ticket.objects.order_by("number").values_list("number", "external_id")) == [
        (1, None),
        (2, "T-1"),
        (3, "T-2"),
        (4, "T-3"),
    ]
    assert open_ticket(ana).number == 5


@pytest.mark.parametrize(
    ("given", "status", "closed_at"),
    [
        ({}, Status.CLOSED, at(2024, 6, 3, 7)),
        ({"status": "Resuelto", "closed_at": "2024-06-10"}, Status.CLOSED, at(2024, 6, 9, 22)),
        ({"status": "OPEN", "closed_at": "2024-06-10"}, Status.OPEN, None),
        ({"status": "Próxima versión"}, Status.SCHEDULED, None),
        ({"status": "new"}, Status.OPEN, None),
    ],
)
def test_a_status_means_what_the_table_says(folder, bruno, given, status, closed_at):
    run(jsonl(folder, a_ticket(replies=[a_reply()], **given)))

    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.closed_at) == (status, closed_at)


def test_a_ticket_that_nobody_answered_may_be_new(folder, bruno):
    run(jsonl(folder, a_ticket(status="sin procesar")))

    assert Ticket.objects.get().status == Status.NEW


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        ("2024-05-31", at(2024, 5, 30, 23)),
        ("2024-05-31T10:30", at(2024, 5, 31, 9, 30)),
        ("2024-05-31 10:30:15.250", at(2024, 5, 31, 9, 30, 15, 250_000)),
        ("31/05/2024", at(2024, 5, 30, 23)),
        ("31/5/2024 10:30", at(2024, 5, 31, 9, 30)),
        ("2024-05-31T10:30:00Z", at(2024, 5, 31, 10, 30)),
        ("2024-05-31T10:30:00-05:00", at(2024, 5, 31, 15, 30)),
    ],
)
def test_a_date_without_zone_is_the_companys_time(folder, given, instant):
    canarias = CompanyFactory(code="CAN", time_zone="Atlantic/Canary")
    UserFactory(company=canarias, is_company_manager=True)

    run(jsonl(folder, a_ticket(created_at=given)), company="CAN")
    assert Ticket.objects.get().created_at == instant


def test_replies_stand_in_the_order_of_their_dates(folder, bruno):
    late = a_reply(created_at="2024-06-03T12:00:00", body="segunda")
    early = a_reply(created_at="2024-06-03T11:00:00", body="primera")

    run(jsonl(folder, a_ticket(replies=[late, early])))
    assert [m.body for m in Ticket.objects.get().messages.all()] == ["Sale en blanco.", "primera", "segunda"]


def test_html_becomes_safe_text(folder, bruno):
    html = '<p>Hola <strong>a todos</strong></p><script>alert(1)</script><p onclick="x()">Fin &amp; adiós</p>'

    run(jsonl(folder, a_ticket(body=html, body_format="html")))
    message = Message.objects.get()
    assert message.body == "Hola **a todos**\n\nFin & adiós"
    assert message.html.replace("\n", "") == "<p>Hola <strong>a todos</strong></p><p>Fin &amp; adiós</p>"


def test_what_has_no_text_says_so(folder, bruno):
    run(jsonl(folder, a_ticket(body=None, replies=[a_reply(body=" ")])))

    assert [m.body for m in Message.objects.all()] == ["(No text)", "(No text)"]


def test_topics_and_modules_are_found_by_name_and_their_words_kept_otherwise(folder, bruno):
    planning, incident = ProductFactory(name="Planificación"), Topic.objects.get(name="Incidencia")
    known = a_ticket(topic="incidencia", module="planificación")
    unknown = a_ticket(id="T-2", topic="Quejas", module="Nóminas")

    run(jsonl(folder, known, unknown))
    first, second = Ticket.objects.order_by("number")
    assert (first.topic, first.product) == (incident, planning)
    assert (second.topic, second.product) == (Topic.objects.offered().first(), None)
    assert second.messages.get().body == (
        "Sale en blanco.\n\nIn the former system:\n\n- Topic: Quejas\n- Module: Nóminas"
    )


def test_unknown_modules_are_made_when_asked_for_and_are_not_offered(folder, bruno):
    path = jsonl(folder, a_ticket(module="Nóminas"), a_ticket(id="T-2", module="NÓMINAS"))

    run(path, create_modules=True)
    module = Product.objects.get(name="Nóminas")
    assert (module.kind, module.is_active) == (Product.Kind.MODULE, False)
    assert set(Ticket.objects.values_list("product", flat=True)) == {module.pk}
    assert not Message.objects.filter(body__contains="Nóminas").exists()


# --- files ---


def test_files_are_taken_from_beside_the_import(folder, bruno):
    (folder / "a").mkdir()
    (folder / "a" / "informe.txt").write_text("uno")
    (folder / "error.log").write_text("dos")
    answer = a_reply(attachments=["error.log"], body="")

    run(jsonl(folder, a_ticket(attachments=["a/informe.txt", "error.log"], replies=[answer])))
    ticket = Ticket.objects.get()
    files = ticket.attachments.order_by("message", "position").values_list("name", "position", "message__from_support")
    assert list(files) == [("informe.txt", 1, False), ("error.log", 2, False), ("error.log", 1, True)]
    assert ticket.attachments.first().stored.path.read_text() == "uno"
    assert ticket.file_count == 3
    assert ticket.messages.last().body == ""


def test_a_picture_stands_where_the_text_names_it(folder, bruno):
    Image.new("RGB", (20, 10), "red").save(folder / "captura.png")

    run(jsonl(folder, a_ticket(body="Vea ![captura](adjunto:1)", attachments=["captura.png"])))
    assert Attachment.objects.get().picture_url in Message.objects.get().html


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("falta.pdf", "The file “falta.pdf” does not exist."),
        ("", "The file “” does not exist."),
        ("../secreto.txt", "The file “../secreto.txt” lies outside the folder of the import."),
        ("..\\secreto.txt", "The file “..\\secreto.txt” lies outside the folder of the import."),
        ("/etc/hostname", "The file “/etc/hostname” lies outside the folder of the import."),
        ("enlace.txt", "The file “enlace.txt” lies outside the folder of the import."),
        ("vacio.txt", "“vacio.txt” is empty. Check the file and attach it again."),
        ("grande.bin", "“grande.bin” is larger than 1 MB. Compress it, or split it into smaller files."),
        ("x" * 300, f"The file “{'x' * 100}” cannot be read: File name too long."),
    ],
)
def test_a_file_that_cannot_be_had_refuses_its_ticket(folder, bruno, settings, path, reason):
    settings.FILE_MEGABYTES = 1
    (folder.parent / "secreto.txt").write_text("secreto")
    (folder / "enlace.txt").symlink_to(folder.parent / "secreto.txt")
    (folder / "bien.txt").write_text("bien")
    (folder / "vacio.txt").touch()
    with (folder / "grande.bin").open("wb") as file:
        file.truncate(2 * 1024 * 1024)
    reply = a_reply(attachments=["bien.txt", path])

    said = run(jsonl(folder, a_ticket(replies=[reply]), a_ticket(id="T-2")))
    assert (said.words, said.refused) == (tally(imported=1, refused=1), [(1, "T-1", f"Reply 1: {reason}")])
    assert not Attachment.objects.exists()
    assert os.listdir(settings.FILES_ROOT / "tmp") == []


def test_too_many_files_refuse_their_ticket(folder, bruno, settings):
    settings.FILES_PER_MESSAGE = 2
    for name in "abc":
        (folder / f"{name}.txt").write_text(name)

    said = run(jsonl(folder, a_ticket(attachments=["a.txt", "b.txt", "c.txt"])))
    assert said.refused == [(1, "T-1", "The message has more than 2 files.")]


# --- again, and after a crash ---


def test_a_second_run_changes_nothing(folder, bruno):
    path = jsonl(folder, a_ticket(replies=[a_reply()]), a_ticket(id="T-2"))
    run(path)
    before = [Ticket.objects.count(), Message.objects.count(), Follower.objects.count()]

    assert run(path).words == tally(present=2)
    assert [Ticket.objects.count(), Message.objects.count(), Follower.objects.count()] == before
    bruno.company.refresh_from_db()
    assert bruno.company.ticket_counter == 2


def test_two_companies_may_have_the_same_numbers_of_a_former_system(folder, bruno, carla):
    path = jsonl(folder, a_ticket())

    run(path)
    assert run(path, company="NOR").words == tally(imported=1)


def test_an_import_that_broke_off_continues_where_it_stopped(folder, bruno):
    class Killed(BaseException):
        pass

    def kill_at_the_third(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "tickets_message"') and "tercero" in str(params):
            raise Killed
        return execute(sql, params, many, context)

    path = jsonl(
        folder, *(a_ticket(id=f"T-{n}", body=word) for n, word in enumerate(("primero", "segundo", "tercero")))
    )

    with connection.execute_wrapper(kill_at_the_third), pytest.raises(Killed):
        run(path)
    assert list(Ticket.objects.values_list("external_id", flat=True).order_by("pk")) == ["T-0", "T-1"]
    assert run(path).words == tally(imported=1, present=2)
    assert list(Ticket.objects.order_by("pk").values_list("number", "messages__body")) == [
        (1, "primero"),
        (2, "segundo"),
        (3, "tercero"),
    ]


def test_ctrl_c_ends_with_the_tally(folder, bruno):
    def interrupt(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "tickets_message"') and "segundo" in str(params):
            raise KeyboardInterrupt
        return execute(sql, params, many, context)

    path, out = jsonl(folder, a_ticket(), a_ticket(id="T-2", body="segundo")), StringIO()

    with (
        connection.execute_wrapper(interrupt),
        pytest.raises(CommandError, match=r"^Interrupted. Run the command again"),
    ):
        call_command("import_tickets", str(path), company="IBA", stdout=out)
    assert out.getvalue().strip() == tally(imported=1)


def test_a_dry_run_finds_the_same_and_writes_nothing(folder, bruno, settings):
    (folder / "a.txt").write_text("a")
    path = jsonl(folder, a_ticket(attachments=["a.txt"], module="Nóminas"), a_ticket(id="T-2", subject=""))

    said = run(path, dry_run=True, create_modules=True)
    assert said.words == "Checked: read 2 = to import 1 + already there 0 + refused 1."
    assert said.refused == [(2, "T-2", "“subject” is empty.")]
    assert not Ticket.objects.exists()
    assert not Product.objects.exists()
    assert os.listdir(settings.FILES_ROOT / "tmp") == []


def test_the_verb_takes_a_number_of_the_former_system_once(bruno):
    thread = a_thread(bruno)
    Ticket.objects.import_thread(thread, company=bruno.company)

    with pytest.raises(AlreadyImported):
        Ticket.objects.import_thread(thread, company=bruno.company)
    bruno.company.refresh_from_db()
    assert bruno.company.ticket_counter == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_bring_a_ticket_once(bruno):
    company, outcomes, start = bruno.company, [], threading.Barrier(2)

    def bring():
        start.wait()
        try:
            outcomes.append(Ticket.objects.import_thread(a_thread(bruno), company=company).number)
        except AlreadyImported:
            outcomes.append("already")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=bring) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes, key=str) == [1, "already"]


def a_thread(author) -> PastThread:
    message = PastMessage(body="Hola", created_at=timezone.now())
    topic = Topic.objects.offered().first()
    return PastThread(
        external_id="T-1", author=author, topic=topic, subject="Uno", status=Status.OPEN, messages=[message]
    )


# --- rows that are refused ---

HUGE = "a" * 50_001


@pytest.mark.parametrize(
    ("line", "number", "reason"),
    [
        (
            b'{"id": 9 8}',
            "",
            "The line is not JSON (Expecting ',' delimiter at character 10).",
        ),
        (b"hola", "", "The line is not JSON (Expecting value at character 1)."),
        (b'{"id": "T-9", "subject": "\xf1"}', "", "The line is not UTF-8."),
        (b"[" * 100_000, "", "The line is not JSON that anybody would write: it is too deep or too large."),
        (b"7", "", "It is not an object with fields."),
        (a_ticket(id="T-9", subjet="x"), "T-9", "The field “subjet” is not known."),
        (a_ticket(id=None), "", "“id” is empty."),
        (a_ticket(id=True), "True", "“id” is not a text."),
        (a_ticket(id="x" * 101), "x" * 100, "“id” has 101 characters; at most 100 fit."),
        (a_ticket(id="T-9", subject=" \u200b "), "T-9", "“subject” is empty."),
        (a_ticket(id="T-9", subject=7), "T-9", "“subject” is not a text."),
        (a_ticket(id="T-9", subject="x" * 201), "T-9", "“subject” has 201 characters; at most 200 fit."),
        (a_ticket(id="T-9", body="a\0b"), "T-9", "“body” holds characters that are no text: NUL or broken UTF-8."),
        (a_ticket(id="T-9", body="\ud800"), "T-9", "“body” holds characters that are no text: NUL or broken UTF-8."),
        (
            a_ticket(id="T-9", body=HUGE),
            "T-9",
            "“body” has 50001 characters; at most 50000 fit. Attach the text as a file.",
        ),
        (
            a_ticket(id="T-9", body_format="rtf"),
            "T-9",
            "“body_format” is “rtf”; it must be one of: text, html.",
        ),
        (
            a_ticket(id="T-9", role="boss"),
            "T-9",
            "“role” is “boss”; it must be one of: customer, support, cliente, soporte, agente.",
        ),
        (
            a_ticket(id="T-9", created_at="ayer"),
            "T-9",
            "“created_at” is not a date: “ayer”. Write it as 2024-05-31 or 2024-05-31T10:30:00+02:00.",
        ),
        (
            a_ticket(id="T-9", created_at="31/02/2024"),
            "T-9",
            "“created_at” is not a date: “31/02/2024”. Write it as 2024-05-31 or 2024-05-31T10:30:00+02:00.",
        ),
        (a_ticket(id="T-9", created_at=None), "T-9", "“created_at” is empty."),
        (a_ticket(id="T-9", created_at="0001-01-01"), "T-9", "“created_at” lies before the year 1970."),
        (
            a_ticket(id="T-9", created_at="9999-12-31T23:59:59+00:00"),
            "T-9",
            "The date 9999-12-31 23:59 lies in the future.",
        ),
        (a_ticket(id="T-9", closed_at="2024-01-01"), "T-9", "“closed_at” lies before the ticket's own date."),
        (a_ticket(id="T-9", replies="x"), "T-9", "“replies” is not a list."),
        (a_ticket(id="T-9", replies=[a_reply(), 7]), "T-9", "Reply 2: It is not an object with fields."),
        (a_ticket(id="T-9", replies=[a_reply(subject="x")]), "T-9", "Reply 1: The field “subject” is not known."),
        (
            a_ticket(id="T-9", replies=[a_reply(created_at="2024-05-01")]),
            "T-9",
            "Reply 1: Its date lies before the ticket's own.",
        ),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_with_its_line_and_the_others_are_not(
    folder, bruno, line, number, reason
):
    said = run(jsonl(folder, a_ticket(), b"", line, a_ticket(id="T-2")))

    assert said.words == tally(imported=2, refused=1)
    assert said.refused == [(3, number, reason)]
    assert set(Ticket.objects.values_list("external_id", flat=True)) == {"T-1", "T-2"}


@pytest.mark.parametrize("field", ["status", "priority"])
def test_a_word_outside_the_list_is_refused(folder, bruno, field):
    ((line, number, reason),) = run(jsonl(folder, a_ticket(**{field: "pendiente"}))).refused

    assert (line, number) == (1, "T-1")
    assert reason.startswith(f"“{field}” is “pendiente”; it must be one of: ")


def test_a_number_that_stands_twice_is_refused_the_second_time(folder, bruno):
    path = jsonl(folder, a_ticket(), a_ticket(subject="Otro"))
    twice = [(2, "T-1", "The same number stands before, at tickets.jsonl:1.")]

    assert run(path).refused == twice
    assert (run(path).words, run(path).refused) == (tally(present=1, refused=1), twice)


def test_a_line_that_is_too_long_is_skipped(folder, bruno, monkeypatch):
    monkeypatch.setattr(rows, "LINE_LIMIT", 1024 * 1024)
    long = a_ticket(body="x" * 3_000_000)

    said = run(jsonl(folder, long, a_ticket(id="T-2")))
    assert (said.words, said.refused) == (tally(imported=1, refused=1), [(1, "", "The line is longer than 1 MB.")])


def test_formulas_in_the_report_are_text(folder, bruno):
    (refused,) = run(jsonl(folder, a_ticket(id="=1+1", subject=""))).refused

    assert refused[1] == "'=1+1"


def test_refused_rows_are_said_where_there_is_no_report(folder, bruno):
    path, err = jsonl(folder, *(a_ticket(id=str(n), subject="") for n in range(30))), StringIO()

    call_command("import_tickets", str(path), company="IBA", stdout=StringIO(), stderr=err)
    lines = err.getvalue().splitlines()
    assert lines[0] == "tickets.jsonl:1: 0: “subject” is empty."
    assert len(lines) == 21
    assert lines[-1] == "More rows are refused; --report FILE.csv lists them all."


def test_refused_rows_are_an_error_only_when_asked(folder, bruno):
    path = jsonl(folder, a_ticket(), a_ticket(id="T-2", subject=""))

    run(path)
    with pytest.raises(CommandError, match=r"^Rows were refused.$"):
        run(path, strict=True)


# --- CSV ---

HEADING = "id;subject;status;created_at;role;author_name;body;attachments\r\n"


def test_csv_has_one_message_per_row(folder, bruno):
    (folder / "a.txt").write_text("a")
    (folder / "b.txt").write_text("b")
    path = csv_file(
        folder,
        HEADING
        + 'T-1;"No imprime; otra vez";abierto;31/05/2024 10:30;cliente;Ana;"Sale mal.\r\n\r\nSiempre.";a.txt|b.txt'
        + "\r\nT-1;;;03/06/2024 09:00;soporte;Marta;¿Qué impresora usa?;\r\n"
        + "\r\n"
        + "T-2;Otra;;01/06/2024;;Ana;Una pregunta.;\r\n",
        encoding="utf-8-sig",
    )

    assert run(path).words == tally(imported=2)
    first, second = Ticket.objects.order_by("number")
    assert (first.subject, first.status, first.file_count) == ("No imprime; otra vez", Status.OPEN, 2)
    messages = [(m.author_name, m.from_support, m.body) for m in first.messages.all()]
    assert messages == [("Ana", False, "Sale mal.\n\nSiempre."), ("Marta", True, "¿Qué impresora usa?")]
    assert (second.subject, second.status, second.reply_count) == ("Otra", Status.CLOSED, 0)


@pytest.mark.parametrize(
    ("rows_given", "imported", "refused"),
    [
        ("T-1;Uno;;ayer;;;Hola;", 1, [(2, "T-1", "“created_at” is not a date")]),
        ("T-1;Uno;;2024-05-01;;;Hola;\nT-1;;;2024-05-02;jefe;;Adiós;", 1, [(3, "T-1", "Reply 1: “role” is “jefe”")]),
        ("T-1;;;2024-05-01;;;Hola;", 1, [(2, "T-1", "“subject” is empty.")]),
        (
            "T-1;Uno;;2024-05-01;;;Hola;\nT-1;Dos;;2024-05-02;;;Adiós;",
            1,
            [(3, "T-1", "The rows of this ticket disagree about “subject”.")],
        ),
        (
            "T-1;Uno;;2024-05-01;;;Hola;\nT-0;Otro;;2024-05-01;;;Hola;\nT-1;;;2024-05-02;;;Adiós;",
            2,
            [
                (2, "T-1", "The rows of this ticket do not follow one another."),
                (4, "T-1", "The rows of this ticket do not follow one another."),
            ],
        ),
        (
            "T-1;Uno;;2024-05-01;;;Hola;\nT-1;corta\nT-0;Otro;;2024-05-01;;;Hola;\nT-3;Tres;;2024-05-01;;;Hola;",
            2,
            [
                (3, "", "The row has 2 cells; the heading has 8."),
                (2, "T-1", "Line 3 beside it could not be read and may belong to it."),
                (4, "T-0", "Line 3 beside it could not be read and may belong to it."),
            ],
        ),
        (";Uno;;2024-05-01;;;Hola;", 0, [(2, "", "The row names no ticket"), (3, "T-2", "Line 2 beside it")]),
        ("T-1;Uno;;2024-05-01;;;Ho\0la;", 1, [(2, "T-1", "“body” holds characters that are no text")]),
    ],
)
def test_a_csv_ticket_is_taken_whole_or_refused(folder, bruno, rows_given, imported, refused):
    path = csv_file(folder, f"{HEADING}{rows_given}\nT-2;Otra;;2024-05-01;;;Una pregunta.;\n")

    said = run(path)
    assert said.words == tally(imported=imported, refused=len(refused))
    assert [(line, number) for line, number, _reason in said.refused] == [(line, number) for line, number, _ in refused]
    for (_line, _number, reason), (_, _, beginning) in zip(said.refused, refused, strict=True):
        assert reason.startswith(beginning)
    assert "T-1" not in set(Ticket.objects.values_list("external_id", flat=True))


def test_a_quotation_mark_that_is_not_closed_ends_nothing_silently(folder, bruno):
    path = csv_file(folder, f'{HEADING}T-1;Uno;;2024-05-01;;;"Hola;\nT-2;Otra;;2024-05-01;;;Una pregunta.;\n')

    said = run(path)
    assert said.words == tally(refused=1)
    assert said.refused[0][:2] == (2, "")
    assert "Is a quotation mark not closed?" in said.refused[0][2]


def test_a_csv_in_another_encoding_is_refused_row_by_row(folder, bruno):
    path = csv_file(
        folder, f"{HEADING}T-1;Impresión;;2024-05-01;;;Hola;\nT-2;Otra;;2024-05-01;;;Hola;\n", encoding="cp1252"
    )

    said = run(path)
    assert said.words == tally(imported=1, refused=1)
    assert said.refused == [(2, "T-1", "“subject” holds characters that are no text: NUL or broken UTF-8.")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "The heading lacks the columns: id, subject, created_at, body."),
        ("id;subject;texto\n", "The heading lacks the columns: created_at, body."),
        ("id,subject,created_at,body,texto\n", "The heading has unknown columns: texto."),
        ("id,subject,created_at,body,id\n", "The heading names a column twice."),
    ],
)
def test_a_csv_heading_that_is_not_understood_refuses_the_file(folder, bruno, text, reason):
    said = run(csv_file(folder, text))

    assert (said.words, said.refused) == (tally(refused=1), [(1, "", reason)])


# --- the command ---


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"company": "ZZZ"}, "There is no company with the code “ZZZ”."),
        ({"author": "carla"}, "Talleres Ibarra, S.L. has nobody with the login name “carla”."),
        ({"topic": "Quejas"}, "There is no topic “Quejas”."),
        ({"mapping": "ciudadania"}, "is no .jsonl file and no folder that holds one."),
        ({"path": "falta.jsonl"}, "There is no file or folder"),
        ({"path": "nada"}, "is no .jsonl or .csv file and no folder that holds one."),
        ({"report": "tickets.csv"}, "The report would overwrite"),
        ({"report": "falta/informe.csv"}, "cannot be written: No such file or directory."),
    ],
)
def test_the_command_says_what_it_needs(folder, bruno, carla, options, words):
    (folder / "nada").mkdir()
    given = {"path": csv_file(folder, HEADING).name, "company": "IBA"} | options
    if "report" in given:
        given["report"] = folder / given["report"]

    with pytest.raises(CommandError) as error:
        call_command("import_tickets", str(folder / given.pop("path")), **given)
    assert words in str(error.value)


def test_a_company_without_manager_needs_an_author(folder, ana):
    path = jsonl(folder, a_ticket())

    with pytest.raises(CommandError, match="has no active manager"):
        run(path)
    assert run(path, author="ana").words == tally(imported=1)


def test_a_folder_stands_for_its_files(folder, bruno):
    (folder / "dentro").mkdir()
    jsonl(folder / "dentro", a_ticket())
    csv_file(folder, f"{HEADING}T-2;Otra;;2024-05-01;;;Hola;\n")

    assert run(folder / "dentro" / "..").words == tally(imported=2)


def test_progress_is_drawn_on_a_terminal_alone():
    class Terminal(StringIO):
        def isatty(self):
            return True

    terminal, log = Terminal(), StringIO()
    for stream in (terminal, log):
        progress = Progress(stream)
        progress.drawn -= 1
        progress.show(0.5, 40)
        progress.clear()

    assert "[############············]  50%  40 tickets, " in terminal.getvalue()
    assert log.getvalue() == ""
