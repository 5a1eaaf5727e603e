"""What is typed is saved while one types, whatever becomes of the session, the network and other windows."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from tests.e2e.steps import attached, choose, fill_new_ticket
from tests.factories import PASSWORD, open_ticket
from tickets.models import Draft, Ticket

pytestmark = pytest.mark.e2e

SAVED = "Borrador guardado a las"
NOT_SAVED = "No se ha podido guardar el borrador"
SESSION_OVER = "Su sesión ha terminado"
LOG_IN = "Inicie sesión para enviarlo"
CHANGED_ELSEWHERE = "Otra ventana ha guardado este borrador"


@pytest.fixture
def begun(open_browser, ana):
    """The page on which ana has begun a ticket, saved."""
    page = open_browser(ana, expecting=[412])
    page.goto("/tickets/nuevo/")
    with page.expect_response(lambda answer: "Imprimir" in (answer.request.post_data or "")):
        fill_new_ticket(page, "No imprime", "Al pulsar Imprimir no pasa nada.")
    expect(page.get_by_text(SAVED)).to_be_visible()
    return page


def end_sessions() -> None:
    Session.objects.all().delete()


def fill_log_in(page: Page, person) -> None:
    page.get_by_label("Usuario o correo electrónico").fill(person.login)
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Entrar").click()


def copies(page: Page) -> int:
    """How many texts wait in the tab for a better moment."""
    return page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('draft ')).length")


def expect_the_begun_ticket(page: Page, body: str) -> None:
    expect(page.get_by_label("Asunto")).to_have_value("No imprime")
    expect(page.get_by_label("Mensaje")).to_have_value(body)
    expect(page.get_by_label("Tema").locator("option:checked")).to_have_text("Incidencia")


def test_what_is_typed_is_there_on_another_device(begun, open_browser, ana):
    other = open_browser(ana)

    other.goto("/tickets/nuevo/")

    expect_the_begun_ticket(other, "Al pulsar Imprimir no pasa nada.")


def test_a_page_that_is_left_at_once_has_saved_what_was_typed(open_browser, ana):
    page = open_browser(ana)
    page.goto("/tickets/nuevo/")
    fill_new_ticket(page, "No imprime", "Al pulsar Imprimir no pasa nada.")

    page.get_by_role("main").get_by_role("link", name="Cancelar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tickets")
    page.goto("/tickets/nuevo/")

    expect_the_begun_ticket(page, "Al pulsar Imprimir no pasa nada.")


def test_looking_at_a_form_leaves_no_draft(open_browser, ana):
    open_ticket(ana)
    page = open_browser(ana)
    for address in ("/tickets/nuevo/", "/tickets/1/", "/tickets/"):
        page.goto(address)
        if address != "/tickets/":
            page.locator("textarea").focus()

    assert not Draft.objects.exists()


def test_typing_goes_on_after_the_session_ended_and_everything_is_there_after_the_log_in(begun, ana):
    message = begun.get_by_label("Mensaje")
    choose(begun, {"registro.log": "Error 17"})
    expect(attached(begun)).to_have_count(1)
    end_sessions()

    message.press_sequentially(" Tampoco el lunes.")
    expect(begun.get_by_text(SESSION_OVER)).to_be_visible()
    message.press_sequentially(" Ni el martes.")
    begun.get_by_role("link", name=LOG_IN).click()
    fill_log_in(begun, ana)

    expect(begun).to_have_url("/tickets/nuevo/")
    expect_the_begun_ticket(begun, "Al pulsar Imprimir no pasa nada. Tampoco el lunes. Ni el martes.")
    begun.get_by_role("button", name="Enviar ticket").click()
    expect(begun.get_by_role("link", name="registro.log")).to_be_visible()
    assert Ticket.objects.get().messages.get().body.endswith("Ni el martes.")


def test_a_form_sent_after_the_session_ended_waits_behind_the_log_in(begun, ana):
    begun.get_by_label("Mensaje").press_sequentially(" Nunca.")
    end_sessions()

    begun.get_by_role("button", name="Enviar ticket").click()
    expect(begun.get_by_role("status").first).to_contain_text("Lo que había escrito está guardado")
    fill_log_in(begun, ana)

    expect_the_begun_ticket(begun, "Al pulsar Imprimir no pasa nada. Nunca.")
    assert not Ticket.objects.exists()


def test_so_it_does_without_scripts(open_browser, ana):
    open_ticket(ana)
    page = open_browser(ana, java_script_enabled=False)
    page.goto("/tickets/1/")
    page.get_by_label("Su respuesta").fill("Sigue sin imprimir.")
    end_sessions()

    page.get_by_role("button", name="Responder").click()
    fill_log_in(page, ana)

    expect(page).to_have_url("/tickets/1/")
    expect(page.get_by_label("Su respuesta")).to_have_value("Sigue sin imprimir.")


def test_a_file_chosen_after_the_session_ended_tells_of_it(begun):
    end_sessions()

    choose(begun, {"registro.log": "Error 17"})

    expect(begun.get_by_text(SESSION_OVER)).to_be_visible()


def test_a_log_in_in_another_window_lets_this_one_send(begun, ana):
    end_sessions()
    begun.get_by_label("Mensaje").press_sequentially(" Nunca.")
    expect(begun.get_by_text(SESSION_OVER)).to_be_visible()
    other = begun.context.new_page()
    other.goto("/acceso/")
    fill_log_in(other, ana)
    expect(other).to_have_url("/inicio/")

    begun.get_by_label("Mensaje").press_sequentially(" De verdad.")
    expect(begun.get_by_text(SESSION_OVER)).to_be_hidden()
    begun.get_by_role("button", name="Enviar ticket").click()

    expect(begun.get_by_role("status").first).to_contain_text("se ha enviado")
    assert Ticket.objects.get().messages.get().body == "Al pulsar Imprimir no pasa nada. Nunca. De verdad."


def test_whoever_logs_in_instead_sees_nothing_of_it(begun, diego):
    end_sessions()
    begun.get_by_label("Mensaje").press_sequentially(" Nunca.")
    begun.get_by_role("link", name=LOG_IN).click()

    fill_log_in(begun, diego)

    expect(begun).to_have_url("/tickets/nuevo/")
    expect(begun.get_by_label("Asunto")).to_have_value("")
    expect(begun.get_by_label("Mensaje")).to_have_value("")
    assert copies(begun) == 0


def test_what_a_broken_line_did_not_carry_is_carried_later(begun, open_browser, ana):
    message = begun.get_by_label("Mensaje")
    begun.context.set_offline(True)
    message.press_sequentially(" Nunca.")
    expect(begun.get_by_text(NOT_SAVED)).to_be_visible()
    expect(begun.get_by_text(SAVED)).to_be_hidden()
    assert copies(begun) == 1

    begun.context.set_offline(False)

    expect(begun.get_by_text(SAVED)).to_be_visible()
    expect(begun.get_by_text(NOT_SAVED)).to_be_hidden()
    assert copies(begun) == 0
    assert Draft.objects.get().fields["body"] == "Al pulsar Imprimir no pasa nada. Nunca."


def test_a_page_loaded_again_brings_what_could_not_be_saved(begun):
    begun.route("**/guardar/", lambda route: route.abort())
    begun.get_by_label("Mensaje").press_sequentially(" Nunca.")
    expect(begun.get_by_text(NOT_SAVED)).to_be_visible()
    begun.unroute("**/guardar/")
    begun.once("dialog", lambda dialog: dialog.accept())

    begun.reload()

    expect_the_begun_ticket(begun, "Al pulsar Imprimir no pasa nada. Nunca.")
    assert copies(begun) == 0


def test_a_save_that_failed_keeps_what_was_typed_since(begun):
    held = []

    def hold(route):
        held.append(route)

    begun.route("**/guardar/", hold)
    message = begun.get_by_label("Mensaje")
    with begun.expect_request("**/guardar/"):
        message.press_sequentially(" Nunca.")
    message.press_sequentially(" Ni el lunes.")
    held.pop().abort()
    expect(begun.get_by_text(NOT_SAVED)).to_be_visible()

    assert "Ni+el+lunes" in begun.evaluate("JSON.stringify(sessionStorage)")


def test_a_save_that_never_arrives_does_not_undo_the_newer_one(open_browser, ana):
    page = open_browser(ana)
    page.goto("/tickets/nuevo/")
    page.route("**/guardar/", lambda route: None, times=1)
    with page.expect_request("**/guardar/"):
        page.get_by_label("Asunto").fill("No imprime")
        page.get_by_label("Mensaje").focus()
    page.get_by_label("Mensaje").fill("Al pulsar Imprimir no pasa nada.")

    page.get_by_role("main").get_by_role("link", name="Cancelar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tickets")
    page.goto("/tickets/nuevo/", wait_until="networkidle")

    expect(page.get_by_label("Asunto")).to_have_value("No imprime")
    expect(page.get_by_label("Mensaje")).to_have_value("Al pulsar Imprimir no pasa nada.")
    assert copies(page) == 0


def test_two_windows_lose_nothing_to_each_other(begun):
    other = begun.context.new_page()
    other.goto("/tickets/nuevo/")
    other.get_by_label("Mensaje").fill("Al pulsar Imprimir no pasa nada. Escrito en la segunda.")
    expect(other.get_by_text(SAVED)).to_be_visible()

    begun.bring_to_front()
    begun.get_by_label("Mensaje").press_sequentially(" Escrito en la primera.")

    expect(begun.get_by_text(CHANGED_ELSEWHERE)).to_be_visible()
    begun.once("dialog", lambda dialog: dialog.accept())
    begun.reload()
    expect_the_begun_ticket(begun, "Al pulsar Imprimir no pasa nada. Escrito en la primera.")
    expect(begun.get_by_text(CHANGED_ELSEWHERE)).to_be_visible()
    begun.get_by_role("link", name="Ver el otro borrador").click()
    expect_the_begun_ticket(begun, "Al pulsar Imprimir no pasa nada. Escrito en la segunda.")


def test_back_after_sending_does_not_bring_the_text_back(begun):
    begun.get_by_role("button", name="Enviar ticket").click()
    expect(begun.get_by_role("heading", level=1)).to_have_text("No imprime")

    begun.go_back()

    expect(begun.get_by_role("heading", level=1)).to_have_text("Nuevo ticket")
    expect(begun.get_by_label("Asunto")).to_have_value("")
    expect(begun.get_by_label("Mensaje")).to_have_value("")
    begun.goto("/tickets/")
    assert not Draft.objects.filter(sent_message=None).exists()
    assert copies(begun) == 0


def test_supports_answer_is_saved_too(open_browser, ana, agent):
    ticket = open_ticket(ana)
    desk = open_browser(agent)
    desk.goto(f"/admin/tickets/ticket/{ticket.pk}/change/")

    desk.get_by_label("Mensaje").fill("Lo miramos.")
    desk.get_by_label("Después").select_option("Dejar abierto")

    expect(desk.get_by_text(SAVED)).to_be_visible()
    assert Draft.objects.get(person=agent, ticket=ticket).fields == {"body": "Lo miramos.", "then": "open"}
    desk.reload()
    expect(desk.get_by_label("Mensaje")).to_have_value("Lo miramos.")


def test_sending_takes_back_what_is_still_being_saved(begun):
    """Else the draft would be saved after the ticket was made of it."""
    happened = []

    def send(route):
        happened.append("sent")
        route.continue_()

    begun.on("requestfailed", lambda request: happened.append("taken back"))
    begun.route("**/guardar/", lambda route: None)
    begun.route("**/nuevo/", send)
    with begun.expect_request("**/guardar/"):
        begun.get_by_label("Mensaje").fill("Al pulsar Imprimir se cierra.")

    begun.get_by_role("button", name="Enviar ticket").click()

    expect(begun.get_by_role("status").first).to_contain_text("se ha enviado")
    assert happened == ["taken back", "sent"]
    assert Ticket.objects.get().messages.get().body == "Al pulsar Imprimir se cierra."
