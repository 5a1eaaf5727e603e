"""The whole way of a guest: a ticket with a file, the link of the mail, support's answer, code and address, the end."""

import re

import pytest
from playwright.sync_api import expect

from mail.models import OutgoingMail
from tests.e2e.looks import DESKTOP, PHONE
from tests.e2e.steps import tab_to
from tests.factories import UserFactory, unverified_guest
from tickets.models import Guest, Ticket

pytestmark = pytest.mark.e2e

ADDRESS = "jon@fuera.example"
TEXT = {"name": "captura.txt", "mimeType": "text/plain", "buffer": b"hola"}


@pytest.fixture(autouse=True)
def guests_may(settings):
    settings.GUESTS = True


def link_in(kind: str, path: str) -> str:
    """The link of the last mail of this kind, without the portal's own address."""
    return re.search(rf"{path}\S+", OutgoingMail.objects.filter(kind=kind).latest("pk").text)[0]


def write(page, subject: str) -> None:
    page.get_by_label("Su nombre").fill("Jon Vidal")
    page.get_by_label("Su dirección de correo").fill(ADDRESS)
    page.get_by_label("Tema").select_option("Incidencia")
    page.get_by_label("Alta", exact=True).check()
    page.get_by_label("Asunto").fill(subject)
    page.get_by_label("Mensaje", exact=True).fill("Al pulsar Imprimir, la hoja sale en blanco.")


@pytest.mark.parametrize("look", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")])
def test_a_guest_asks_support_answers_and_it_is_resolved(open_browser, agent, look):
    visitor, desk = open_browser(None, look), open_browser(agent)

    visitor.goto("/tickets/invitado/")
    expect(visitor.get_by_text("Un problema = un ticket.")).to_be_visible()
    write(visitor, subject="")
    visitor.set_input_files("input[type=file]", TEXT)
    visitor.get_by_role("button", name="Enviar ticket").click()
    expect(visitor.get_by_text("Este campo es obligatorio.")).to_be_visible()
    expect(visitor.get_by_role("checkbox", name="captura.txt")).to_be_checked()
    visitor.get_by_label("Asunto").fill("No se imprime la factura")
    visitor.get_by_role("button", name="Enviar ticket").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Falta un paso: confírmelo desde su correo")
    code = visitor.locator(".code-to-keep code").inner_text()
    assert re.fullmatch(r"\w{5}-\w{5}", code) and not Ticket.objects.exists()

    visitor.goto(link_in("guest_verify", "/tickets/invitado/confirmar/"))
    expect(visitor.get_by_text("captura.txt")).to_be_visible()
    visitor.get_by_role("button", name="He sido yo: enviarlo a soporte").click()
    expect(visitor.get_by_role("status")).to_contain_text("Soporte ha recibido su ticket.")

    desk.goto("/admin/tickets/ticket/")
    desk.get_by_role("link", name="No se imprime la factura").click()
    expect(desk.get_by_text("Dirección verificada")).to_be_visible()
    desk.get_by_label("Mensaje", exact=True).fill("¿Qué impresora es?")
    desk.get_by_role("button", name="Enviar", exact=True).click()
    expect(desk.get_by_text("Su respuesta se ha enviado.")).to_be_visible()

    other = open_browser(None, look)
    other.goto("/tickets/consulta/")
    other.get_by_label("Código del ticket").fill(code.lower().replace("-", " "))
    other.get_by_label("Su dirección de correo").fill(ADDRESS.upper())
    other.get_by_role("button", name="Ver el ticket").click()
    expect(other.get_by_text("¿Qué impresora es?")).to_be_visible()
    with other.expect_download() as download:
        other.get_by_role("link", name="captura.txt").click()
    assert download.value.suggested_filename == "captura.txt"
    other.get_by_label("Su respuesta").fill("Una láser, y ya imprime.")
    other.get_by_role("button", name="Responder").click()
    expect(other.get_by_role("status")).to_contain_text("Su respuesta se ha enviado.")
    other.get_by_role("button", name="Marcar como resuelto").click()
    expect(other.get_by_text("Marcado como resuelto por Jon Vidal")).to_be_visible()
    expect(other.get_by_role("button", name="Reabrir")).to_be_visible()

    assert (Ticket.objects.get().status, Ticket.objects.get().reply_count) == ("closed", 2)


def test_a_guest_who_has_an_account_takes_the_ticket_in_with_the_keyboard(open_browser, ibarra):
    unverified_guest("token", email=ADDRESS).verify()
    person = UserFactory(company=ibarra, first_name="Jon", email=ADDRESS)
    person.prove_email()
    page = open_browser(person)
    page.goto("/tickets/")

    tab_to(page.get_by_role("link", name="Incorporarlos a la empresa"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tickets que abrió como invitado")
    tab_to(page.get_by_role("button", name="Incorporar a mi empresa"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Su ticket ya está entre los de su empresa: #1.")
    page.get_by_role("link", name="No imprime").click()
    expect(page.get_by_text("lo incorporó a la empresa")).to_be_visible()

    assert Guest.objects.get().adopted_by == person


def test_without_script_a_guest_opens_and_answers(open_browser, browser, live_server):
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url, locale="es-ES")
    page = context.new_page()
    page.goto("/tickets/invitado/")
    write(page, subject="No se imprime la factura")
    page.set_input_files("input[type=file]", TEXT)
    page.get_by_role("button", name="Enviar ticket").click()
    page.goto(link_in("guest_verify", "/tickets/invitado/confirmar/"))
    page.get_by_role("button", name="He sido yo: enviarlo a soporte").click()
    page.get_by_label("Su respuesta").fill("Sigue igual.")
    page.set_input_files("input[type=file]", TEXT | {"name": "otra.txt"})
    page.get_by_role("button", name="Responder").click()
    expect(page.get_by_text("Sigue igual.")).to_be_visible()
    context.close()

    assert (Ticket.objects.get().reply_count, Ticket.objects.get().file_count) == (1, 2)
