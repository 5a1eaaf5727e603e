"""What the antivirus says of files, as both sides meet it: shown, withheld, told once, and never in the way."""

import io
import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from files import scanning
from files.models import StoredFile
from files.receiving import receive
from files.scanning import scan_waiting
from mail.models import OutgoingMail
from tests.clamd import EICAR
from tests.factories import TopicFactory, new_draft, open_ticket
from tickets.models import Attachment, Message, Ticket
from tickets.models.draft import InfectedFiles
from tickets.models.past import PastMessage, PastThread
from tickets.tasks import tell_of_infected_files

pytestmark = pytest.mark.django_db

NEW = "/tickets/nuevo/"
KEY = "clave-de-este-formulario"


def upload(name, content=b"contenido"):
    return SimpleUploadedFile(name, content)


def scan(*, after=timedelta(minutes=1)) -> None:
    """The scanner looks at what waits, after a rest if it was silent."""
    cache.delete(scanning.RESTING)
    scan_waiting(at=timezone.now() + after)


def sent(person, *files, ticket=None):
    """The attachments of a message that the person sends with `files` (pairs of name and content)."""
    draft = new_draft(person, ticket)
    draft.add([receive(upload(*file)) for file in files])
    if ticket:
        message = draft.reply(body="Lo que pidió.")
    else:
        opened = draft.open_ticket(topic=TopicFactory(), subject="Archivos", body="Lo que pidió.")
        message = opened.messages.get()
    return list(message.attachments.all())


def desk(ticket):
    return reverse("admin:tickets_ticket_change", args=[ticket.pk])


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def said_of(answer) -> list[str]:
    """The states that a page shows, in its order."""
    return [part.partition('"')[0] for part in answer.content.decode().split('data-scan="')[1:]]


# --- shown to both sides ---


@pytest.mark.parametrize(
    ("content", "answer", "state", "words"),
    [
        (b"hola", b"verdict", "clean", "Analizado por el antivirus: sin hallazgos"),
        (EICAR, b"verdict", "infected", "En cuarentena: contiene Eicar-Signature"),
        (b"hola", None, "pending", "Pendiente de analizar"),
        (b"hola", b"INSTREAM size limit exceeded. ERROR\0", "not_scanned", "Sin analizar"),
    ],
)
def test_both_sides_read_what_the_antivirus_said(browse, ana, agent, clamd, content, answer, state, words):
    (file,) = sent(ana, ("registro.log", content))
    if answer:
        clamd.answer = answer
        scan()

    for person, address in ((ana, file.ticket.get_absolute_url()), (agent, desk(file.ticket))):
        page = browse(person).get(address)
        assert said_of(page) == [state]
        assert words in text(page)


def test_where_there_is_no_antivirus_nothing_is_said_of_it(browse, ana):
    (file,) = sent(ana, ("registro.log", b"hola"))

    assert said_of(browse(ana).get(file.ticket.get_absolute_url())) == []


def test_the_composer_says_it_of_files_that_wait(browse, ana, clamd):
    ticket = open_ticket(ana)
    new_draft(ana, ticket).add([receive(upload("a.txt", b"hola")), receive(upload("b.txt", EICAR))])
    page = browse(ana)
    assert said_of(page.get(ticket.get_absolute_url())) == ["pending", "pending"]

    scan()

    assert said_of(page.get(ticket.get_absolute_url())) == ["clean", "infected"]


def test_it_costs_the_page_no_query(browse, ana, agent, clamd, settings):
    files = [(f"{number}.txt", EICAR if number % 2 else b"hola %d" % number) for number in range(6)]
    attachments = sent(ana, *files)
    ticket, page = attachments[0].ticket, browse(ana)

    def queries() -> int:
        page.get(ticket.get_absolute_url())
        with CaptureQueriesContext(connection) as seen:
            page.get(ticket.get_absolute_url())
        return len(seen)

    waiting = queries()
    scan()
    judged = queries()
    settings.CLAMAV_SOCKET = None

    assert (waiting, judged) == (queries(), queries())


def test_an_open_page_is_told_when_the_antivirus_has_looked(browse, ana, agent, clamd):
    good, bad = sent(ana, ("a.txt", b"hola"), ("b.txt", EICAR))
    state_of = {file: reverse("thread:attachment_state", args=[file.token]) for file in (good, bad)}
    page = browse(ana)
    assert f'hx-get="{state_of[good]}"' in text(page.get(good.ticket.get_absolute_url()))
    assert page.get(state_of[good]).status_code == 204

    scan()

    answer = page.get(state_of[good])
    assert said_of(answer) == ["clean"] and f'href="{good.get_absolute_url()}"' in text(answer)
    answer = browse(agent).get(state_of[bad])
    assert said_of(answer) == ["infected"] and "hx-get" not in text(answer) and "href" not in text(answer)


# --- withheld ---

SECRET = b"lo que dice el archivo"
WAYS = [
    {},
    {"query_params": {"ver": ""}},
    {"headers": {"Range": "bytes=0-5"}},
    {"headers": {"If-None-Match": "*"}},
]


def leaves(browse, file, people) -> bool:
    """Whether any way of asking brings anybody the file, or has the web server send it."""
    for person in people:
        for way in WAYS:
            answer = browse(person).get(file.get_absolute_url(), **way)
            body = b"".join(answer) if answer.streaming else answer.content
            if "X-Accel-Redirect" in answer or SECRET in body or answer.status_code != 403:
                return True
    return False


@pytest.fixture
def withheld(ana, clamd):
    """Two files: of one nothing was said yet, of the other bad things, and a crash left it among those served."""
    pending, infected = sent(ana, ("a.txt", SECRET), ("b.pdf", b"%PDF-1.7 " + SECRET))
    infected.stored.found_infected("Eicar", at=timezone.now())
    return pending, infected


@pytest.mark.parametrize("accel", ["", "/interno/"])
def test_what_is_withheld_leaves_for_nobody_and_in_no_way(browse, ana, bruno, agent, boss, withheld, settings, accel):
    settings.FILES_ACCEL_LOCATION = accel

    assert [leaves(browse, file, (ana, bruno, agent, boss)) for file in withheld] == [False, False]


@pytest.mark.parametrize("accel", ["", "/interno/"])
def test_twin_without_the_guard_it_leaves(browse, ana, withheld, settings, monkeypatch, accel):
    settings.FILES_ACCEL_LOCATION = accel
    monkeypatch.setattr(StoredFile, "is_withheld", False)

    assert [leaves(browse, file, [ana]) for file in withheld] == [True, True]


def test_instead_of_the_file_a_page_says_why_and_leads_back(browse, ana, agent, withheld):
    pending, infected = withheld

    waiting = browse(ana).get(pending.get_absolute_url())
    assert waiting.status_code == 403
    assert "Pendiente de analizar" in text(waiting) and f'href="{pending.ticket.get_absolute_url()}"' in text(waiting)
    locked = browse(agent).get(infected.get_absolute_url())
    assert locked.status_code == 403
    assert "En cuarentena: contiene Eicar" in text(locked) and f'href="{desk(infected.ticket)}"' in text(locked)


def test_a_foreign_file_is_not_there_whatever_was_found_in_it(browse, carla, withheld):
    for file in withheld:
        for address in (file.get_absolute_url(), reverse("thread:attachment_state", args=[file.token])):
            assert browse(carla).get(address).status_code == 404


# --- told, once ---


def test_support_and_the_sender_are_told_once_and_the_thread_says_it(ana, bruno, agent, clamd, mails):
    ticket = open_ticket(ana, followers=[bruno])
    files = sent(bruno, ("factura.zip", EICAR), ("limpio.txt", b"hola"), ("otra.zip", EICAR + b" "), ticket=ticket)
    scan()
    mails.clear()
    version = Ticket.objects.get().version

    tell_of_infected_files()
    tell_of_infected_files()

    assert mails() == {
        ("files_quarantined_for_support", ticket.topic.department.email),
        ("files_quarantined", bruno.email),
    }
    events = ticket.events.filter(kind="quarantined")
    assert [event.data for event in events] == [
        {"name": "factura.zip", "finding": "Eicar-Signature"},
        {"name": "otra.zip", "finding": "Eicar-Signature"},
    ]
    assert Ticket.objects.get().version > version
    told = OutgoingMail.objects.get(kind="files_quarantined")
    assert "factura.zip: Eicar-Signature" in told.text and "limpio" not in told.text
    assert ticket.get_absolute_url() in told.text
    assert [file.quarantined_at is None for file in Attachment.objects.filter(message=files[0].message)] == [
        False,
        True,
        False,
    ]


def test_the_thread_says_it_to_both_sides(browse, ana, agent, clamd):
    (file,) = sent(ana, ("factura.zip", EICAR))
    scan()
    tell_of_infected_files()

    for person, address in ((ana, file.ticket.get_absolute_url()), (agent, desk(file.ticket))):
        words = "«factura.zip» está en cuarentena: el antivirus encontró Eicar-Signature"
        assert words in text(browse(person).get(address))


def test_an_infected_picture_no_longer_stands_in_the_text(browse, ana, clamd):
    picture = io.BytesIO()
    Image.new("RGB", (20, 20)).save(picture, "PNG")
    draft = new_draft(ana)
    draft.add([receive(upload("captura.png", picture.getvalue() + EICAR))])
    ticket = draft.open_ticket(topic=TopicFactory(), subject="x", body="![captura](adjunto:1)")
    assert "<img" in ticket.messages.get().html
    scan()

    tell_of_infected_files()

    assert "<img" not in ticket.messages.get().html
    assert "<img" not in text(browse(ana).get(ticket.get_absolute_url()))


def test_of_a_file_of_support_its_sender_is_told_beside_whoever_has_the_ticket(ana, agent, boss, clamd, mails):
    ticket = open_ticket(ana)
    ticket.assign(by=boss, to=boss)
    sent(agent, ("parche.zip", EICAR), ticket=ticket)
    scan()
    mails.clear()

    tell_of_infected_files()

    assert mails() == {("files_quarantined_for_support", who.email) for who in (agent, boss)}


def test_who_has_left_is_not_told(ana, boss, clamd, mails):
    (file,) = sent(ana, ("factura.zip", EICAR))
    ana.deactivate(by=boss)
    scan()
    mails.clear()

    tell_of_infected_files()

    assert mails() == {("files_quarantined_for_support", file.ticket.topic.department.email)}


def test_nobody_attends_what_is_found_in_a_demonstration(ibarra, ana, clamd, mails):
    ibarra.is_demo = True
    ibarra.save()
    sent(ana, ("factura.zip", EICAR))
    scan()
    mails.clear()

    tell_of_infected_files()

    assert mails() == {("files_quarantined", ana.email)}


def test_of_an_import_only_the_thread_speaks(ibarra, ana, clamd, mails):
    then = timezone.now() - timedelta(days=700)
    message = PastMessage(author=ana, body="Adjunto.", created_at=then, files=[receive(upload("factura.zip", EICAR))])
    thread = PastThread(
        external_id="T-1", author=ana, topic=TopicFactory(), subject="De antes", status="closed", messages=[message]
    )
    ticket = Ticket.objects.import_thread(thread, company=ibarra)
    scan()

    tell_of_infected_files()

    assert mails() == set()
    assert ticket.events.filter(kind="quarantined").count() == 1


def tell_at_once(pk) -> None:
    """Two workers, both having seen the message before either told of it."""
    start = threading.Barrier(2)

    def work() -> None:
        try:
            message = Message.objects.get(pk=pk)
            start.wait(5)
            message.quarantine_files()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_once(ana, clamd, mails):
    (file,) = sent(ana, ("factura.zip", EICAR))
    scan()
    mails.clear()

    tell_at_once(file.message_id)

    assert len(mails()) == 2
    assert file.ticket.events.filter(kind="quarantined").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twin_without_the_lock_they_tell_twice(ana, clamd, mails, monkeypatch):
    (file,) = sent(ana, ("factura.zip", EICAR))
    scan()
    mails.clear()
    meet, render = threading.Barrier(2), Message.render
    monkeypatch.setattr(Ticket, "lock", lambda ticket: None)
    monkeypatch.setattr(Message, "render", lambda message: (meet.wait(5), render(message)))

    tell_at_once(file.message_id)

    assert file.ticket.events.filter(kind="quarantined").count() == 2
    assert OutgoingMail.objects.count() == 4


# --- not sent ---


def test_what_was_found_before_sending_is_refused_and_nothing_is_lost(browse, ana, clamd):
    page, topic = browse(ana), TopicFactory().pk
    typed = {"key": KEY, "topic": topic, "priority": 2, "subject": "No imprime", "body": "Nada ocurre."}
    page.post(f"{NEW}archivos/", {"key": KEY, "files": [upload("a.txt", b"hola"), upload("factura.zip", EICAR)]})
    scan()

    refused = page.post(NEW, typed)

    assert not Ticket.objects.exists()
    assert "El antivirus encontró algo en «factura.zip» (Eicar-Signature)" in text(refused)
    assert "Nada ocurre." in text(refused) and "a.txt" in text(refused)
    assert "Nada ocurre." in text(page.get(NEW))

    infected = Attachment.objects.get(name="factura.zip")
    page.post(reverse("thread:draft_file_remove", args=[infected.token]))
    assert page.post(NEW, typed).status_code == 302
    assert [file.name for file in Ticket.objects.get().attachments.all()] == ["a.txt"]


@pytest.mark.parametrize("who", ["ana", "agent"])
def test_an_answer_with_what_was_found_is_refused_on_both_sides(request, browse, ana, clamd, who):
    person, ticket = request.getfixturevalue(who), open_ticket(ana)
    draft = new_draft(person, ticket)
    draft.add([receive(upload("factura.zip", EICAR))])
    scan()
    address = desk(ticket) if person.is_staff else ticket.get_absolute_url()

    refused = browse(person).post(address, {"key": draft.key, "body": "Ahí va.", "then": "waiting"})

    assert "El antivirus encontró algo en «factura.zip»" in text(refused) and "Ahí va." in text(refused)
    assert ticket.messages.count() == 1


def test_the_verb_itself_refuses(ana, clamd):
    draft = new_draft(ana)
    (file,) = draft.add([receive(upload("factura.zip", EICAR))])
    scan()

    with pytest.raises(InfectedFiles) as refusal:
        draft.open_ticket(topic=TopicFactory(), subject="x", body="x")

    assert refusal.value.files == [file]


def test_an_infected_draft_is_cleared_like_any_other(browse, ana, clamd):
    draft = new_draft(ana)
    draft.add([receive(upload("factura.zip", EICAR))])
    scan()

    draft.discard()

    assert not StoredFile.objects.exists()


# --- the scanner is down ---


def test_without_the_scanner_tickets_are_opened_answered_and_read(browse, ana, agent, clamd):
    clamd.stop()
    page = browse(ana)
    data = {"key": KEY, "topic": TopicFactory().pk, "priority": 2, "subject": "No imprime", "body": "Nada ocurre."}

    assert page.post(NEW, data | {"files": upload("registro.log")}).status_code == 302
    scan()
    ticket = Ticket.objects.get()
    answered = browse(agent).post(desk(ticket), {"key": KEY + "2", "body": "Lo miramos.", "then": "waiting"})

    assert answered.status_code == 302
    seen = page.get(ticket.get_absolute_url())
    assert "Lo miramos." in text(seen) and said_of(seen) == ["pending"]
    stored = StoredFile.objects.get()
    assert (stored.scan_attempts, stored.path.read_bytes()) == (0, b"contenido")


def test_what_waited_for_the_scanner_is_told_when_it_is_back(ana, clamd, settings, mails):
    (file,) = sent(ana, ("factura.zip", EICAR))
    clamd.pong = b"garbage\0"
    scan()
    tell_of_infected_files()
    assert not file.ticket.events.filter(kind="quarantined").exists()

    clamd.pong = b"PONG\0"
    scan()
    tell_of_infected_files()

    assert file.ticket.events.filter(kind="quarantined").count() == 1
