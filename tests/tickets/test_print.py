"""A ticket on paper: all of it, for whoever may read it, without what is not theirs."""

import io
from datetime import UTC, datetime
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from files import display
from files.models import StoredFile
from files.receiving import receive
from tests.factories import ProductFactory, TopicFactory, UserFactory, new_draft, open_ticket
from tickets.models import ReadMark, Ticket

pytestmark = pytest.mark.django_db


def sheet(ticket):
    return reverse("thread:print", args=[ticket.number])


def desk_sheet(ticket):
    return reverse("admin:tickets_ticket_imprimir", args=[ticket.pk])


def printed(browser, url):
    answer = browser.get(url)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def picture(name):
    content = io.BytesIO()
    Image.new("RGB", (600, 400), "#1d4fd8").save(content, "PNG")
    return receive(SimpleUploadedFile(name, content.getvalue()))


def test_a_long_conversation_is_printed_whole_and_in_order(browse, ana, agent):
    ticket = open_ticket(ana, body="Mensaje 0.")
    for number in range(1, 60):
        ticket.reply(by=[ana, agent][number % 2], body=f"Mensaje {number}. {'largo ' * 800 if number == 5 else ''}")

    page = printed(browse(ana), sheet(ticket))

    places = [page.index(f"Mensaje {number}.") for number in range(60)]
    assert places == sorted(places)
    assert page.count("largo") == 800


def test_the_sheet_says_what_the_ticket_is(browse, ana, bruno, agent, boss):
    ana.company.time_zone = "Atlantic/Canary"
    ana.company.save()
    topic = TopicFactory(name="Informes", parent=TopicFactory(name="Uso"))
    old = open_ticket(ana, subject="El primero")
    ticket = open_ticket(
        ana, subject="No cuadra", topic=topic, product=ProductFactory(name="EPIs"), followers=[bruno], follows_up=old
    )
    ticket.assign(by=boss, to=agent)
    ticket.reply(by=agent, body="Hecho.", then="closed")
    Ticket.objects.filter(pk=ticket.pk).update(closed_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))

    page = printed(browse(bruno), sheet(ticket))

    for words in (
        "IBA-2 No cuadra", "Talleres Ibarra, S.L.", "Resuelto", "Ana Ruiz, Bruno Etxeberria", "Marta Soler",
        "Uso / Informes", "EPIs", "IBA-1", "1 de julio de 2026 a las 23:30", "Asignado a Marta Soler",
        "Marcado como resuelto por Marta Soler", "por Bruno Etxeberria",
    ):  # fmt: skip
        assert words in page.replace("</bdi>", "").replace("<bdi>", ""), words


def test_internal_notes_are_on_paper_only_when_staff_ask_for_them(browse, ana, agent):
    ticket = open_ticket(ana)
    ticket.note(by=agent, body="CANARY-INT")

    assert "CANARY-INT" not in printed(browse(ana), sheet(ticket) + "?notas")
    assert "CANARY-INT" not in printed(browse(agent), desk_sheet(ticket))
    with_notes = printed(browse(agent), desk_sheet(ticket) + "?notas")
    assert "CANARY-INT" in with_notes and "Con notas internas: no es para el cliente." in with_notes


def test_a_picture_is_printed_once_and_every_file_is_named(browse, ana):
    draft = new_draft(ana)
    draft.add([picture("pegada.png"), picture("adjunta.png"), receive(SimpleUploadedFile("registro.log", b"x" * 2048))])
    ticket = draft.open_ticket(topic=TopicFactory(), subject="Con imagen", body="Así:\n![](adjunto:1)")
    display.make_display_copies(at=timezone.now())
    pasted, attached, _log = ticket.attachments.all()

    page = printed(browse(ana), sheet(ticket))

    assert page.count(f'src="{pasted.picture_url}"') == page.count(f'src="{attached.picture_url}"') == 1
    assert "loading" not in page
    for name in ("pegada.png", "adjunta.png", "registro.log"):
        assert f"<bdi>{name}</bdi> (" in page
    assert "2,0 KB" in page.replace("\xa0", " ")


def test_a_picture_that_may_not_be_seen_yet_is_only_named(browse, ana, settings):
    settings.CLAMAV_SOCKET = "/nowhere"
    draft = new_draft(ana)
    draft.add([picture("sin-copia.png"), picture("retenida.png")])
    ticket = draft.open_ticket(topic=TopicFactory(), subject="Con imagen", body="Adjunto.")
    StoredFile.objects.filter(attachment__name="sin-copia.png").update(
        scan_state="clean", scan_due_at=None, scanned_at=timezone.now()
    )

    page = printed(browse(ana), sheet(ticket))

    assert "sin-copia.png" in page and "retenida.png" in page
    assert "<figure>" not in page


def test_printing_is_not_reading(browse, ana, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="Hecho.")

    printed(browse(ana), sheet(ticket))

    assert not ReadMark.objects.exists()


@pytest.mark.parametrize("on_the_desk", [False, True])
def test_a_sheet_costs_the_same_with_one_message_and_with_sixty(browse, ana, agent, attach, on_the_desk):
    ticket = open_ticket(ana, product=ProductFactory(), followers=[UserFactory(company=ana.company)])
    ticket.note(by=agent, body="Nota.")
    browser, url = (browse(agent), desk_sheet(ticket) + "?notas") if on_the_desk else (browse(ana), sheet(ticket))
    printed(browser, url)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            printed(browser, url)
        return len(queries)

    with_one = cost()
    for number in range(60):
        person = UserFactory(company=ana.company) if number % 2 else agent
        ticket.reply(by=person, body="Más.", files=attach(person, f"{number}.txt") if number % 10 == 0 else ())
        ticket.note(by=agent, body="Nota.")
        if number % 10 == 1:
            ticket.add_follower(by=ana, person=person)

    assert cost() == with_one <= (10 if on_the_desk else 8)


def test_the_ticket_and_its_conversation_on_the_desk_lead_to_the_sheet(browse, ana, agent):
    ticket = open_ticket(ana)

    assert f'href="{sheet(ticket)}"' in printed(browse(ana), ticket.get_absolute_url())
    desk = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    assert f'href="{desk_sheet(ticket)}"' in printed(browse(agent), desk)
