"""A73: the export holds everything of the person and nothing of others; asking to be erased."""

import io
import json
import re
import zipfile
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, ErasureRequest
from accounts.models.logbook import origin
from downloads.models import DownloadLog
from files.models import StoredFile
from files.receiving import receive
from mail.models import OutgoingMail
from tests.factories import (
    PASSWORD,
    DeliveryFactory,
    StaffFactory,
    UserFactory,
    new_draft,
    open_ticket,
    release_file,
)
from tests.portal.privacy import CANARIES, OWN_WORDS, leave_traces, zulema_of
from tests.walls.forms import log_in, text_file
from tickets.models import Attachment, Draft

pytestmark = pytest.mark.django_db

PAGES = ["my_data:index", "my_data:erasure"]
DEEDS = ["my_data:download", "my_data:withdraw"]


@pytest.fixture
def fresh(browse):
    """`fresh(ana)` is a browser in which ana has just typed her password."""

    def browser(person):
        client = browse()
        log_in(client, person.login, PASSWORD)
        return client

    return browser


def test_my_data_is_a_tab_of_the_account(fresh, ana):
    text = fresh(ana).get(reverse("my_data:index")).content.decode()

    assert f'<a href="{reverse("my_data:index")}" aria-current="true">Mis datos</a>' in text
    assert f'<a href="{reverse("account:profile")}">Perfil</a>' in text


def downloaded(client) -> zipfile.ZipFile:
    answer = client.post(reverse("my_data:download"))
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def everything(archive: zipfile.ZipFile) -> str:
    return "\n".join(f"{name}\n{archive.read(name).decode()}" for name in archive.namelist())


# --- the export ---


@pytest.fixture
def others(ibarra, norte):
    """Of the same company, of another and of support, each with words that are nobody else's."""
    people = {
        "colleague": UserFactory(
            company=ibarra, first_name="Compañera-AJENA", email="ajena1@x.example", is_company_manager=True,
            can_see_company_tickets=True, phone="AJENA-2", login="ajena3",
        ),
        "stranger": UserFactory(company=norte, first_name="AJENA-4", email="ajena5@x.example", login="ajena6"),
        "agent": StaffFactory(first_name="AJENA-7", login="ajena8", is_superuser=True),
    }  # fmt: skip
    for person in people.values():
        draft = new_draft(person)
        draft.keep({"body": "AJENA-9"})
        draft.add([receive(text_file("ajena10.txt", b"AJENA-11"))])
    open_ticket(people["colleague"], subject="AJENA-12", body="AJENA-13")
    return people


def test_the_export_holds_all_of_the_person_and_nothing_of_others(ibarra, others, browse, fresh, settings):
    zulema = zulema_of(ibarra)
    ticket = leave_traces(zulema, client=browse(), **others)
    ticket.reply(by=others["agent"], body="AJENA-14")
    ticket.reply(by=others["colleague"], body="AJENA-15")
    ticket.note(by=others["agent"], body="AJENA-16")

    archive = downloaded(fresh(zulema))

    said = everything(archive)
    canaries = [*CANARIES.values(), *OWN_WORDS.values(), "zulema-cn10", "Lo adjunto.", "Lo que se ve.", "captura.txt"]
    assert [word for word in canaries if word not in said] == []
    assert re.findall(r"(?i)ajena\S*", said) == []
    assert zulema.password not in said and zulema.session_nonce not in said


def test_every_part_is_a_list_that_a_program_reads(ibarra, others, browse, fresh):
    zulema = zulema_of(ibarra)
    leave_traces(zulema, client=browse(), **others)

    archive = downloaded(fresh(zulema))

    parts = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
    filled = {name.removesuffix(".json") for name, rows in parts.items() if rows}
    assert filled == {
        "persona", "tickets", "mensajes", "borradores", "pasos", "en-copia", "leido", "correos", "registro", "sesiones",
        "account.emailaddress", "usersessions.usersession",
    }  # fmt: skip
    assert parts["persona.json"][0]["email"] == zulema.email
    files = [path for row in (*parts["mensajes.json"], *parts["borradores.json"]) for path in row["files"]]
    assert sorted(files) == sorted(name for name in archive.namelist() if name.startswith("archivos/"))
    assert archive.testzip() is None


def test_the_files_of_updates_that_one_took_are_there(ana, fresh):
    file = release_file(DeliveryFactory(version="2026.5"), name="servidor.zip")
    DownloadLog.objects.note([file], by=ana, at=ana.created_at)

    (row,) = json.loads(downloaded(fresh(ana)).read("descargas.json"))

    assert (row["file__release__version"], row["file__name"]) == ("2026.5", "servidor.zip")


def test_what_is_in_quarantine_is_not_given_out(ana, attach, fresh):
    file = attach(ana, "a.txt")[0]
    StoredFile.objects.filter(pk=file.stored_id).update(
        scan_state="infected", scan_finding="Eicar", scanned_at=ana.created_at
    )

    assert [name for name in downloaded(fresh(ana)).namelist() if name.startswith("archivos/")] == []


def test_a_file_that_is_gone_from_the_disk_breaks_nothing(ana, attach, fresh):
    file = attach(ana, "a.txt")[0]
    file.stored.path.unlink()

    assert downloaded(fresh(ana)).read(f"archivos/{file.token}/a.txt") == b""


def test_taking_ones_data_along_stands_in_the_logbook(ana, fresh):
    downloaded(fresh(ana))

    entry = AuditEntry.objects.get(kind="data_exported")
    assert (entry.actor_id, entry.target, entry.target_id, entry.company) == (ana.pk, "user", ana.pk, ana.company)


def test_the_logbook_in_it_tells_no_address_of_others(ana, bruno, fresh):
    token = origin.set("203.0.113.77")
    AuditEntry.write("permissions_changed", by=bruno, on=ana, company=ana.company)
    origin.reset(token)

    rows = json.loads(downloaded(fresh(ana)).read("registro.json"))

    assert [(row["kind"], row["by_you"], row["address"]) for row in rows if row["kind"] != "logged_in"] == [
        ("permissions_changed", False, None),
        ("data_exported", True, "127.0.0.1"),
    ]
    assert "203.0.113.77" not in str(rows)


def test_a_person_of_support_takes_theirs_along_too(boss, ana, fresh):
    ticket = open_ticket(ana)
    ticket.note(by=boss, body="Una nota mía.")

    assert json.loads(downloaded(fresh(boss)).read("notas.json"))[0]["ticket"] == ticket.reference


def test_the_file_is_named_and_kept_by_no_cache(ana, fresh):
    answer = fresh(ana).post(reverse("my_data:download"))

    assert re.fullmatch(r'attachment; filename="mis-datos-\d{4}-\d\d-\d\d.zip"', answer["Content-Disposition"])
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/zip", "no-store")
    assert answer.streaming


def test_ten_an_hour(ana, fresh):
    client = fresh(ana)
    for _time in range(10):
        assert client.post(reverse("my_data:download")).status_code == 200

    assert client.post(reverse("my_data:download")).status_code == 429


def test_it_costs_the_same_for_one_message_and_for_thirty(ana, agent, fresh):
    client, ticket, costs = fresh(ana), open_ticket(ana), []
    client.get("/inicio/")  # the first page after log-in asks for the rules of use
    for more in (1, 29):
        for number in range(more):
            new_draft(ana, ticket).reply(body=f"Mensaje {number}")
        with CaptureQueriesContext(connection) as queries:
            downloaded(client)
        costs.append(len(queries))

    assert costs[0] == costs[1]


# --- the door ---


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_ask_for_the_password_first(browse, ana, name):
    answer = browse(ana).get(reverse(name))

    assert answer.status_code == 302
    assert answer["Location"] == f"/acceso/confirmar/?{urlencode({'next': reverse(name)})}"


@pytest.mark.parametrize("name", [*DEEDS, "my_data:erasure"])
def test_nothing_is_done_without_it(browse, ana, name):
    ErasureRequest.objects.ask(person=ana, by=ana)
    lines = AuditEntry.objects.count()

    answer = browse(ana).post(reverse(name), {"understood": "on"})

    assert answer.status_code == 302 and answer["Location"].startswith("/acceso/confirmar/")
    assert (AuditEntry.objects.count(), ErasureRequest.objects.waiting().count()) == (lines, 1)


# --- asking to be erased ---


def test_asking_tells_the_managers_and_support(fresh, ana, bruno, norte, mails):
    UserFactory(company=norte, is_company_manager=True)
    mails.clear()

    answer = fresh(ana).post(reverse("my_data:erasure"), {"understood": "on"}, follow=True)

    request = ErasureRequest.objects.get()
    assert (request.person, request.company, request.asked_by_id, request.state) == (
        ana, ana.company, ana.pk, "waiting",
    )  # fmt: skip
    assert mails() == {
        ("erasure_requested", bruno.email),
        ("erasure_requested_for_support", "soporte@acme.example"),
    }
    assert "Su petición ha llegado a soporte" in answer.content.decode()
    assert AuditEntry.objects.get(kind="erasure_requested").target_id == ana.pk


def test_a_manager_who_asks_is_not_told_of_it(fresh, bruno, mails):
    fresh(bruno).post(reverse("my_data:erasure"), {"understood": "on"})

    assert mails() == {("erasure_requested_for_support", "soporte@acme.example")}


def test_the_mail_to_support_leads_to_the_request(fresh, ana, settings):
    fresh(ana).post(reverse("my_data:erasure"), {"understood": "on"})

    mail = OutgoingMail.objects.get(kind="erasure_requested_for_support")
    url = reverse("admin:accounts_erasurerequest_change", args=[ErasureRequest.objects.get().pk])
    assert f"{settings.PUBLIC_URL}{url}" in mail.text


def test_one_says_that_one_knows_what_it_means(fresh, ana):
    answer = fresh(ana).post(reverse("my_data:erasure"), {"understood": ""})

    assert answer.status_code == 200 and "Marque la casilla" in answer.content.decode()
    assert not ErasureRequest.objects.exists()


def test_asking_twice_is_asking_once(fresh, ana, bruno, mails):
    client = fresh(ana)
    for _time in range(2):
        assert client.post(reverse("my_data:erasure"), {"understood": "on"}).status_code == 302

    assert ErasureRequest.objects.count() == 1
    assert len(mails()) == 2


def test_it_can_be_withdrawn_while_it_waits(fresh, ana, boss):
    client = fresh(ana)
    client.post(reverse("my_data:erasure"), {"understood": "on"})
    assert "Retirar la petición" in client.get(reverse("my_data:index")).content.decode()

    answer = client.post(reverse("my_data:withdraw"), follow=True)

    request = ErasureRequest.objects.get()
    assert (request.state, request.settled_by_id) == ("withdrawn", ana.pk)
    assert "Retirar la petición" not in answer.content.decode()
    assert request.refuse(by=boss, reason="Tarde.") is False


def test_withdrawing_nothing_does_nothing(fresh, ana, bruno):
    ErasureRequest.objects.ask(person=bruno, by=bruno)

    assert fresh(ana).post(reverse("my_data:withdraw")).status_code == 302
    assert ErasureRequest.objects.get().state == "waiting"


def test_the_page_leads_there(browse, ana):
    assert reverse("my_data:index") in browse(ana).get(reverse("management:index")).content.decode()
    assert Attachment.objects.count() == Draft.objects.count() == 0
