"""The antivirus beside a conversation that is open on both sides."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import expect

from files.receiving import receive
from files.scanning import scan_waiting
from tests.clamd import EICAR
from tests.factories import TopicFactory, new_draft

pytestmark = pytest.mark.e2e

LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


def test_both_sides_see_without_reloading_what_the_antivirus_found(open_browser, ana, agent, clamd):
    draft = new_draft(ana)
    draft.add([receive(SimpleUploadedFile(*file)) for file in (("limpio.log", b"hola"), ("factura.zip", EICAR))])
    ticket = draft.open_ticket(topic=TopicFactory(), subject="Archivos", body="Los adjunto.")
    customer, support = open_browser(ana), open_browser(agent)
    customer.goto(ticket.get_absolute_url())
    support.goto(f"/admin/tickets/ticket/{ticket.pk}/change/")
    for page in (customer, support):
        expect(page.locator(".attachments").get_by_text("Pendiente de analizar")).to_have_count(2)
        expect(page.get_by_role("link", name="limpio.log")).to_have_count(0)

    scan_waiting(at=timezone.now())

    for page in (customer, support):
        page.evaluate(LOOK_AGAIN)
        expect(page.get_by_role("link", name="limpio.log")).to_be_visible()
        expect(page.locator(".attachments").get_by_text("En cuarentena: contiene Eicar-Signature")).to_be_visible()
        expect(page.get_by_role("link", name="factura.zip")).to_have_count(0)


def test_what_was_found_while_writing_is_taken_out_and_the_rest_is_sent(open_browser, ana, clamd):
    page = open_browser(ana)
    topic = TopicFactory()
    page.goto("/tickets/nuevo/")
    page.get_by_label("Tema").select_option(label=str(topic))
    page.get_by_label("Asunto").fill("Archivos")
    page.get_by_label("Mensaje").fill("Los adjunto.")
    page.locator("[data-file-input]").set_input_files(
        [
            {"name": "limpio.log", "mimeType": "text/plain", "buffer": b"hola"},
            {"name": "factura.zip", "mimeType": "application/zip", "buffer": EICAR},
        ]
    )
    expect(page.locator("[data-files] [data-scan=pending]")).to_have_count(2)
    scan_waiting(at=timezone.now())
    page.get_by_role("button", name="Enviar ticket").click()
    expect(page.get_by_text("El antivirus encontró algo en «factura.zip» (Eicar-Signature).")).to_be_visible()

    page.get_by_role("button", name="Quitar factura.zip").click()
    expect(page.get_by_text("El antivirus encontró algo")).to_have_count(0)
    page.get_by_role("button", name="Enviar ticket").click()

    expect(page.locator(".message").get_by_text("Los adjunto.")).to_be_visible()
    expect(page.get_by_role("link", name="limpio.log")).to_be_visible()
