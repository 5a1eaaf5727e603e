"""The list in a browser: filters, the file of what is filtered, and the printed ticket."""

import csv
import re

import pytest
from playwright.sync_api import expect

from tests.e2e.looks import DESKTOP, DESKTOP_DARK, PHONE
from tests.factories import ProductFactory, open_ticket

pytestmark = pytest.mark.e2e

STUB_PRINTING = "window.print = () => document.documentElement.dataset.printed = 'yes'"


@pytest.fixture
def tickets(ana, bruno, agent):
    for number in range(30):
        open_ticket([ana, bruno][number % 2], subject=f"Consulta {number}", priority=1 + number % 3)
    ticket = open_ticket(ana, subject='=1+1;"x"', priority=3, product=ProductFactory(name="EPIs"))
    ticket.reply(by=agent, body="¿Qué versión?")
    return ticket


def listed(page):
    return page.locator(".rows .meta").all_inner_texts()


def numbers(page):
    return [re.search(r"#(\d+)", meta)[1] for meta in listed(page)]


@pytest.mark.parametrize("look", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")])
def test_filters_are_fetched_narrow_the_list_and_are_taken_away_one_by_one(open_browser, bruno, tickets, look):
    page = open_browser(bruno, look)
    page.goto("/tickets/?estado=todos")
    expect(page.get_by_label("Prioridad")).to_have_count(0)

    page.get_by_text("Filtros", exact=True).click()
    page.get_by_label("Prioridad").select_option("Alta")
    page.get_by_label("Autor").select_option("Ana Ruiz")
    page.get_by_role("button", name="Aplicar").click()

    expect(page.locator(".chip")).to_have_count(2)
    assert len(numbers(page)) == 6
    page.locator(".chip").filter(has_text="Autor").click()
    expect(page.locator(".chip")).to_have_count(1)
    assert len(numbers(page)) == 11
    expect(page.get_by_role("combobox", name="Prioridad")).to_have_count(0)


def test_without_script_the_filters_open_with_a_link(open_browser, bruno, tickets):
    page = open_browser(bruno, DESKTOP, java_script_enabled=False)
    page.goto("/tickets/?estado=todos")

    page.get_by_text("Filtros", exact=True).click()
    page.get_by_role("link", name="Mostrar los filtros").click()
    page.get_by_label("Prioridad").select_option("Alta")
    page.get_by_role("button", name="Aplicar").click()

    assert len(numbers(page)) == 11


def test_whoever_was_logged_out_meanwhile_gets_no_log_in_page_inside_the_list(open_browser, bruno, tickets):
    page = open_browser(bruno)
    page.goto("/tickets/?estado=todos")
    page.context.clear_cookies()

    with page.expect_response("**/acceso/**"):
        page.get_by_text("Filtros", exact=True).click()
    page.get_by_role("link", name="Mostrar los filtros").click()

    expect(page).to_have_url(re.compile("/acceso/"))


def test_the_file_holds_what_the_filtered_list_shows(open_browser, bruno, tickets):
    page = open_browser(bruno)
    page.goto("/tickets/?estado=todos&prioridad=3&orden=antiguos")
    shown = numbers(page)

    with page.expect_download() as download:
        page.get_by_role("link", name="Exportar lo filtrado (CSV)").click()

    assert download.value.suggested_filename.startswith("tickets-")
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [row["Número"] for row in rows] == shown and len(shown) == 11
    assert rows[-1]["Asunto"] == '\'=1+1;"x"'


@pytest.mark.parametrize("look", [pytest.param(DESKTOP_DARK, id="dark"), pytest.param(PHONE, id="phone")])
def test_a_ticket_is_printed_by_a_button_and_is_light_in_the_dark(open_browser, ana, tickets, look):
    page = open_browser(ana, look)
    page.add_init_script(STUB_PRINTING)
    page.goto(tickets.get_absolute_url())

    page.get_by_role("link", name="Imprimir").click()
    page.get_by_role("button", name="Imprimir").click()

    assert page.evaluate("document.documentElement.dataset.printed") == "yes"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_on_paper_pages_are_light_and_without_menus(open_browser, ana, tickets):
    page = open_browser(ana, DESKTOP_DARK)
    page.goto(tickets.get_absolute_url())

    page.emulate_media(media="print")

    for chrome in (page.locator(".topbar"), page.locator(".side"), page.locator("#responder"), page.locator(".fab")):
        expect(chrome.first).to_be_hidden()
    expect(page.get_by_text("¿Qué versión?")).to_be_visible()
    light = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--portal-ink')")
    assert light == "#14213a"
