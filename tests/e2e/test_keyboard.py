"""The main job with the keyboard alone: Tab, Shift+Tab, Enter, Space, arrows and letters."""

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import attached, tab_to
from tests.factories import PASSWORD, open_ticket
from tickets.models import Ticket

pytestmark = pytest.mark.e2e


def test_log_in_write_a_ticket_answer_and_log_out(open_browser, ana):
    page = open_browser()
    keyboard = page.keyboard
    page.goto("/acceso/")
    tab_to(page.get_by_label("Usuario o correo electrónico"))
    keyboard.type(ana.login)
    tab_to(page.get_by_label("Contraseña"))
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    expect(page).to_have_url("/inicio/")

    tab_to(page.get_by_role("link", name="Nuevo ticket"))
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nuevo ticket")
    tab_to(page.get_by_label("Tema"))
    keyboard.type("Inc")
    tab_to(page.get_by_label("Asunto"))
    keyboard.type("No imprime")
    tab_to(page.get_by_label("Mensaje"))
    keyboard.type("Al pulsar Imprimir no pasa nada.")
    chooser = page.get_by_label("Adjuntar archivos")
    tab_to(chooser)
    chooser.set_input_files({"name": "registro.log", "mimeType": "text/plain", "buffer": b"Error 17\n"})
    expect(attached(page)).to_have_count(1)
    tab_to(page.get_by_label("Mensaje"), key="Shift+Tab")
    keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("No imprime")
    expect(page.get_by_role("link", name="registro.log")).to_be_visible()
    assert Ticket.objects.get().topic.name == "Incidencia"

    tab_to(page.get_by_label("Su respuesta"))
    keyboard.type("Con otra impresora tampoco.")
    tab_to(page.get_by_role("button", name="Responder"))
    keyboard.press("Space")
    expect(page.get_by_role("article").last).to_contain_text("Con otra impresora tampoco.")

    page.goto("/inicio/")
    tab_to(page.get_by_role("button", name=ana.get_full_name()))
    keyboard.press("Enter")
    tab_to(page.get_by_role("button", name="Salir"))
    keyboard.press("Enter")
    expect(page).to_have_url("/acceso/")


def test_the_first_stop_of_a_page_leads_over_the_menu_to_the_content(open_browser, ana):
    open_ticket(ana, subject="No imprime")
    page = open_browser(ana)
    page.goto("/tickets/1/")

    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Saltar al contenido")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("main").get_by_role("link", name="Tickets")).to_be_focused()


def test_escape_closes_the_persons_menu(open_browser, ana):
    page = open_browser(ana)
    page.goto("/inicio/")
    tab_to(page.get_by_role("button", name=ana.get_full_name()))

    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Mi perfil")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Mi perfil")).to_be_hidden()
    expect(page.get_by_role("button", name=ana.get_full_name())).to_be_focused()


def test_the_format_toolbar_is_one_stop_and_the_arrows_move_inside_it(open_browser, ana):
    page = open_browser(ana)
    page.goto("/tickets/nuevo/")
    bold, italic = page.get_by_role("button", name="Negrita"), page.get_by_role("button", name="Cursiva")
    preview = page.get_by_role("button", name="Vista previa")

    tab_to(bold)
    page.keyboard.press("ArrowRight")
    expect(italic).to_be_focused()
    page.keyboard.press("End")
    expect(preview).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(bold).to_be_focused()
    page.keyboard.press("Tab")

    expect(page.get_by_label("Mensaje")).to_be_focused()


def test_a_slash_leads_to_the_search_but_can_be_written(open_browser, ana):
    page = open_browser(ana)
    page.goto("/tickets/nuevo/")

    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Buscar en todo")).to_be_focused()
    page.get_by_label("Asunto").focus()
    page.keyboard.press("/")

    expect(page.get_by_label("Asunto")).to_have_value("/")
