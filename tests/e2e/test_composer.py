"""What every conversation is written in: text, formats and files, with and without scripts."""

import pytest
from playwright.sync_api import expect

from mail.models import OutgoingMail
from tests.e2e.steps import attached, choose, drop, fill_new_ticket, paste_screenshot
from tickets.models import Draft, Ticket

pytestmark = pytest.mark.e2e

PROGRAM = "MZ\x90\x00 This program cannot be run in DOS mode."


@pytest.fixture
def new_ticket(open_browser, ana):
    """The page on which ana has begun a ticket."""
    page = open_browser(ana, expecting=[422])
    page.goto("/tickets/nuevo/")
    fill_new_ticket(page, "No imprime", "Al pulsar Imprimir no pasa nada.\n")
    return page


def names_of_files(ticket: Ticket) -> list[str]:
    return list(ticket.attachments.values_list("name", flat=True))


def test_dropped_and_chosen_files_are_sent_in_their_order(new_ticket):
    drop(new_ticket.get_by_label("Mensaje"), {"registro.log": "Error 17"})
    expect(attached(new_ticket)).to_have_count(1)
    choose(new_ticket, {"versiones.txt": "12.4", "centros.csv": "1;Getafe"})
    expect(attached(new_ticket)).to_have_count(3)

    new_ticket.get_by_role("button", name="Enviar ticket").click()

    expect(new_ticket.get_by_role("link", name="centros.csv")).to_be_visible()
    assert names_of_files(Ticket.objects.get()) == ["registro.log", "versiones.txt", "centros.csv"]


def test_a_refused_file_says_why_and_costs_neither_text_nor_other_files(new_ticket):
    choose(new_ticket, {"registro.log": "Error 17"})
    expect(attached(new_ticket)).to_have_count(1)

    choose(new_ticket, {"parche.exe": PROGRAM, "versiones.txt": "12.4"})

    expect(new_ticket.get_by_role("alert").filter(has_text="parche.exe")).to_contain_text("programa")
    expect(attached(new_ticket)).to_have_count(2)
    expect(new_ticket.get_by_label("Mensaje")).to_have_value("Al pulsar Imprimir no pasa nada.\n")


def test_removing_a_file_removes_its_place_in_the_text(new_ticket):
    message = new_ticket.get_by_label("Mensaje")
    paste_screenshot(message)
    expect(message).to_have_value("Al pulsar Imprimir no pasa nada.\n![captura](adjunto:1)\n")

    attached(new_ticket).get_by_role("button", name="Quitar").click()

    expect(attached(new_ticket)).to_have_count(0)
    expect(message).to_have_value("Al pulsar Imprimir no pasa nada.\n")
    assert Draft.objects.get().attachments.count() == 0


def test_enter_in_a_field_sends_the_form_and_removes_no_file(new_ticket):
    choose(new_ticket, {"registro.log": "Error 17"})
    expect(attached(new_ticket)).to_have_count(1)

    new_ticket.get_by_label("Asunto").press("Enter")

    expect(new_ticket.get_by_role("status").first).to_contain_text("se ha enviado")
    assert names_of_files(Ticket.objects.get()) == ["registro.log"]


def test_a_form_waits_for_every_file_that_is_on_its_way(new_ticket):
    on_their_way = []

    def hold(route):
        on_their_way.append(route)

    new_ticket.route("**/archivos/", hold)
    with new_ticket.expect_request("**/archivos/"):
        choose(new_ticket, {"registro.log": "Error 17"})
    choose(new_ticket, {"versiones.txt": "12.4"})
    send = new_ticket.get_by_role("button", name="Enviar ticket")
    waiting = new_ticket.get_by_role("alert").filter(has_text="Todavía se está enviando un archivo")

    send.click()
    expect(waiting).to_be_visible()
    with new_ticket.expect_request("**/archivos/"):
        on_their_way.pop(0).continue_()
    send.click()
    expect(waiting).to_be_visible()
    assert not Ticket.objects.exists()
    on_their_way.pop(0).continue_()
    expect(attached(new_ticket)).to_have_count(2)
    expect(waiting).to_be_hidden()
    send.click()

    expect(new_ticket.get_by_role("status").first).to_contain_text("se ha enviado")
    assert names_of_files(Ticket.objects.get()) == ["registro.log", "versiones.txt"]


def test_a_file_that_does_not_arrive_is_named(new_ticket):
    new_ticket.route("**/archivos/", lambda route: route.abort())

    choose(new_ticket, {"registro.log": "Error 17"})

    expect(new_ticket.get_by_role("alert").filter(has_text="registro.log")).to_contain_text("no se ha podido enviar")
    expect(attached(new_ticket)).to_have_count(0)


def test_a_double_click_sends_once(new_ticket):
    new_ticket.get_by_role("button", name="Enviar ticket").dblclick()

    expect(new_ticket.get_by_role("status").first).to_contain_text("se ha enviado")
    assert Ticket.objects.count() == 1
    assert OutgoingMail.objects.filter(kind="ticket_received").count() == 1


def test_clearing_asks_first(new_ticket):
    choose(new_ticket, {"registro.log": "Error 17"})
    expect(attached(new_ticket)).to_have_count(1)
    clear = new_ticket.get_by_role("button", name="Vaciar")

    new_ticket.once("dialog", lambda dialog: dialog.dismiss())
    clear.click()
    expect(new_ticket.get_by_label("Asunto")).to_have_value("No imprime")
    new_ticket.once("dialog", lambda dialog: dialog.accept())
    clear.click()

    expect(new_ticket.get_by_role("status").first).to_contain_text("El formulario vuelve a estar vacío.")
    expect(new_ticket.get_by_label("Asunto")).to_have_value("")
    expect(attached(new_ticket)).to_have_count(0)
    assert not Draft.objects.exists()


def test_format_buttons_write_around_the_selection_and_can_be_undone(new_ticket):
    message = new_ticket.get_by_label("Mensaje")
    message.fill("Imprimir")

    message.select_text()
    new_ticket.get_by_role("button", name="Negrita").click()
    expect(message).to_have_value("**Imprimir**")
    new_ticket.get_by_role("button", name="Vista previa").click()
    expect(new_ticket.get_by_role("region", name="Vista previa").locator("strong")).to_have_text("Imprimir")
    new_ticket.get_by_role("button", name="Vista previa").click()
    new_ticket.get_by_role("button", name="Deshacer").click()

    expect(message).to_have_value("Imprimir")


def test_without_scripts_a_ticket_with_two_files_is_sent(open_browser, ana):
    page = open_browser(ana, java_script_enabled=False)
    page.goto("/tickets/nuevo/")
    fill_new_ticket(page, "No imprime", "Al pulsar Imprimir no pasa nada.")
    page.locator("[data-file-input]").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": b"Error 17"} for name in ("registro.log", "versiones.txt")]
    )

    page.get_by_role("button", name="Enviar ticket").click()

    expect(page.get_by_role("link", name="versiones.txt")).to_be_visible()
    assert names_of_files(Ticket.objects.get()) == ["registro.log", "versiones.txt"]


def test_without_scripts_a_form_with_an_error_keeps_text_and_files(open_browser, ana):
    page = open_browser(ana, java_script_enabled=False)
    page.goto("/tickets/nuevo/")
    fill_new_ticket(page, "", "Al pulsar Imprimir no pasa nada.")
    page.locator("[data-file-input]").set_input_files(
        {"name": "registro.log", "mimeType": "text/plain", "buffer": b"Error 17"}
    )

    page.get_by_role("button", name="Enviar ticket").click()
    expect(page.get_by_label("Asunto")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Mensaje")).to_have_value("Al pulsar Imprimir no pasa nada.")
    expect(attached(page)).to_have_count(1)
    page.get_by_label("Asunto").fill("No imprime")
    page.get_by_role("button", name="Enviar ticket").click()

    expect(page.get_by_role("link", name="registro.log")).to_be_visible()
    assert names_of_files(Ticket.objects.get()) == ["registro.log"]
