"""While the subject is typed, tickets that are like it are suggested, and one click follows one of them."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from tests.e2e.looks import DESKTOP, PHONE, PHONE_DARK
from tests.e2e.steps import overflow, tab_to
from tests.e2e.test_pages import grave_faults
from tests.factories import open_ticket
from tickets.models import Draft, Ticket

pytestmark = pytest.mark.e2e

SUBJECT = "No imprime el informe anual de accidentes"


@pytest.fixture
def colleagues_ticket(ana) -> Ticket:
    return open_ticket(ana, subject="El informe anual no imprime")


def begin(page: Page) -> None:
    page.goto("/tickets/nuevo/")
    page.get_by_label("Asunto").press_sequentially(SUBJECT)


def test_one_click_follows_what_a_colleague_opened_and_the_text_waits(open_browser, bruno, colleagues_ticket):
    page = open_browser(bruno)
    begin(page)
    expect(page.get_by_role("status").filter(has_text="1 ticket parecido")).to_be_visible()
    expect(page.get_by_text("Lo abrió Ana Ruiz · ahora mismo")).to_be_visible()

    page.get_by_role("button", name="Seguir «El informe anual no imprime»").click()

    expect(page.get_by_role("status").first).to_contain_text("Ahora sigue este ticket")
    expect(page.get_by_role("heading", level=1)).to_have_text("El informe anual no imprime")
    assert colleagues_ticket.followers.filter(user=bruno).exists()
    page.goto("/tickets/nuevo/")
    expect(page.get_by_label("Asunto")).to_have_value(SUBJECT)


def test_with_the_keyboard_alone(open_browser, bruno, colleagues_ticket):
    page = open_browser(bruno)
    begin(page)
    link = page.get_by_role("link", name="1 ticket parecido")
    expect(link).to_be_visible()

    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page.get_by_role("button", name="Seguir «"))
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("El informe anual no imprime")


@pytest.mark.parametrize("look", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")])
def test_nothing_moves_when_they_appear_and_go(open_browser, bruno, colleagues_ticket, look):
    page = open_browser(bruno, look)
    page.goto("/tickets/nuevo/")
    places = page.get_by_label("Asunto"), page.get_by_label("Mensaje"), page.get_by_role("button", name="Enviar ticket")
    before = [place.bounding_box() for place in places]

    page.get_by_label("Asunto").fill(SUBJECT)
    expect(page.get_by_role("link", name="1 ticket parecido")).to_be_visible()
    during = [place.bounding_box() for place in places]
    page.get_by_label("Asunto").fill("Otra cosa")
    expect(page.get_by_text("Tickets parecidos")).to_have_count(0)
    expect(page.get_by_role("link", name="1 ticket parecido")).to_have_count(0)

    assert before == during == [place.bounding_box() for place in places]


@pytest.mark.parametrize("look", [pytest.param(DESKTOP, id="light-desktop"), pytest.param(PHONE_DARK, id="dark-phone")])
def test_suggestions_have_no_grave_fault_and_fit(open_browser, bruno, colleagues_ticket, look):
    page = open_browser(bruno, look)
    begin(page)
    expect(page.get_by_role("heading", name="Tickets parecidos")).to_be_visible()

    assert (grave_faults(page), overflow(page)) == ([], 0)


def test_the_log_in_page_is_not_among_them(open_browser, bruno, colleagues_ticket):
    page = open_browser(bruno)
    page.goto("/tickets/nuevo/")
    Session.objects.all().delete()

    with page.expect_response("**/acceso/**"):
        page.get_by_label("Asunto").press_sequentially(SUBJECT)

    expect(page.get_by_text("Su sesión ha terminado")).to_be_visible()
    expect(page.get_by_label("Contraseña")).to_have_count(0)
    assert Draft.objects.get(person=bruno).fields["subject"] == SUBJECT
