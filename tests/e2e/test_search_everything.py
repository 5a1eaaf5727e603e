"""Search over everything from any page: a slash, words, Enter, the result by keyboard; on a telephone by the icon."""

import pytest
from playwright.sync_api import expect

from knowledge.models import Article
from tests.e2e.looks import PHONE
from tests.e2e.steps import tab_to
from tests.factories import announced, new_article, open_ticket

pytestmark = pytest.mark.e2e

BOX = "Buscar en todo"


def test_a_slash_words_enter_and_the_result_by_keyboard(open_browser, ana, carla):
    open_ticket(ana, subject="No imprime la planificación")
    open_ticket(carla, subject="La planificación de Norte")
    new_article("Imprimir la planificación", "Elija **Planificación › Imprimir**.")
    page = open_browser(ana)
    page.goto("/inicio/")

    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name=BOX)).to_be_focused()
    page.keyboard.type("planificacion")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Resultados de «planificacion»")
    groups = page.get_by_role("main").get_by_role("heading", level=2)
    expect(groups).to_have_text(["Tickets", "Ayuda"])
    expect(page.get_by_role("main").locator("mark").first).to_have_text("planificación")
    expect(page.get_by_text("Norte")).to_have_count(0)

    tab_to(page.get_by_role("link", name="Imprimir la planificación"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Imprimir la planificación")


def test_on_the_page_of_the_search_a_slash_leads_to_its_own_box_with_the_words_chosen(open_browser, ana):
    page = open_browser(ana)
    page.goto("/buscar/?q=impresora")
    box = page.get_by_role("main").get_by_role("searchbox", name=BOX)
    expect(box).to_have_value("impresora")

    page.keyboard.press("/")
    expect(box).to_be_focused()
    page.keyboard.type("a/b")

    expect(box).to_have_value("a/b")


def test_see_all_leads_to_the_areas_own_search_with_the_words(open_browser, ana):
    open_ticket(ana, subject="No imprime")
    page = open_browser(ana)
    page.goto("/buscar/?q=imprime")

    page.get_by_role("link", name="Ver todos en Tickets").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Tickets")
    expect(page.get_by_role("main").get_by_role("searchbox")).to_have_value("imprime")
    expect(page.get_by_role("link", name="No imprime")).to_be_visible()


def test_on_a_telephone_the_icon_leads_to_the_page(open_browser, ana):
    announced("Corte del servicio")
    page = open_browser(ana, PHONE)
    page.goto("/inicio/")

    page.get_by_role("banner").get_by_role("link", name=BOX).click()
    expect(page.get_by_role("searchbox", name=BOX)).to_be_focused()
    page.keyboard.type("corte")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="Corte del servicio")).to_be_visible()


def test_a_visitor_finds_what_is_public(open_browser, db):
    new_article("Primeros pasos", audience=Article.Audience.PUBLIC)
    new_article("Solo para clientes: primeros pasos")
    page = open_browser()

    page.goto("/buscar/?q=primeros")

    expect(page.get_by_role("main").get_by_role("heading", level=3)).to_have_text(["Primeros pasos"])
    expect(page.get_by_role("link", name="Entre para encontrar también lo que es para usted.")).to_be_visible()
