"""Two people in one conversation see each other's messages arrive, without reloading."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.e2e.looks import DESKTOP, PHONE_DARK
from tests.e2e.steps import overflow
from tests.e2e.test_pages import grave_faults
from tests.factories import open_ticket, unverified_guest

pytestmark = pytest.mark.e2e

SEEN, HIDDEN = 10_500, 60_500


def desk_of(ticket):
    return f"/admin/tickets/ticket/{ticket.pk}/change/"


def watch(page, address):
    """Open the page under a clock that the test moves."""
    page.clock.install()
    page.goto(address)


def hide(page, hidden=True):
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_customer_and_support_see_each_others_messages_arrive(open_browser, ana, agent):
    ticket = open_ticket(ana)
    customer, desk = open_browser(ana), open_browser(agent)
    watch(customer, ticket.get_absolute_url())
    watch(desk, desk_of(ticket))
    customer.get_by_label("Su respuesta").fill("Mientras tanto escribo")

    desk.get_by_label("Mensaje").fill("¿Qué versión usa?")
    desk.get_by_role("button", name="Enviar").click()
    expect(desk.get_by_role("article")).to_have_count(2)
    customer.clock.fast_forward(SEEN)

    expect(customer.get_by_role("article").nth(1)).to_contain_text("¿Qué versión usa?")
    expect(customer.locator("#turno")).to_contain_text("Le toca a usted")
    expect(customer.locator("#llegadas")).to_have_text(f"Nuevo mensaje de {agent.get_full_name()}")
    expect(customer.get_by_label("Su respuesta")).to_have_value("Mientras tanto escribo")

    customer.get_by_role("button", name="Responder").click()
    expect(customer.get_by_role("article")).to_have_count(3)
    desk.clock.fast_forward(SEEN)

    expect(desk.get_by_role("article").nth(2)).to_contain_text("Mientras tanto escribo")


@pytest.mark.parametrize("look", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE_DARK, id="phone-dark")])
def test_a_guest_sees_supports_answer_arrive(open_browser, agent, settings, look):
    settings.GUESTS = True
    guest = unverified_guest("token")
    guest.verify()
    page = open_browser(None, look)
    watch(page, guest.link.removeprefix(settings.PUBLIC_URL))
    page.get_by_label("Su respuesta").fill("Mientras tanto escribo")

    guest.ticket.reply(by=agent, body="¿Qué impresora es?", then="waiting")
    page.clock.fast_forward(SEEN)

    expect(page.get_by_role("article").nth(1)).to_contain_text("¿Qué impresora es?")
    expect(page.locator("#turno")).to_contain_text("Le toca a usted")
    expect(page.locator("#llegadas")).to_have_text(f"Nuevo mensaje de {agent.get_full_name()}")
    expect(page.get_by_label("Su respuesta")).to_have_value("Mientras tanto escribo")
    assert (grave_faults(page), overflow(page)) == ([], 0)

    guest.ticket.close(by=agent)
    page.clock.fast_forward(SEEN)
    expect(page.get_by_role("button", name="Reabrir")).to_be_visible()


def test_a_guests_page_says_when_it_hears_nothing_any_more(open_browser, settings):
    settings.GUESTS = True
    guest = unverified_guest("token")
    guest.verify()
    page = open_browser(None, expecting=[404], saying="Status Error Code 404")
    watch(page, guest.link.removeprefix(settings.PUBLIC_URL))

    Session.objects.all().delete()
    page.clock.fast_forward(SEEN)

    page.get_by_role("link", name="Recargar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Consultar un ticket")


def test_what_has_arrived_is_not_the_last_that_does(open_browser, ana, agent):
    ticket = open_ticket(ana)
    customer = open_browser(ana)
    watch(customer, ticket.get_absolute_url())

    for number in (2, 3):
        ticket.reply(by=agent, body="Lo miramos.")
        with customer.expect_response("**/cambios/**"):
            customer.clock.fast_forward(SEEN)
        expect(customer.get_by_role("article")).to_have_count(number)


def test_a_hidden_page_asks_seldom_and_has_not_been_read(open_browser, ana, agent):
    ticket = open_ticket(ana)
    customer = open_browser(ana)
    asked = []
    customer.on("request", lambda request: asked.append(request.url) if "/cambios/" in request.url else None)
    watch(customer, ticket.get_absolute_url())
    hide(customer)
    with customer.expect_request_finished(lambda request: "/cambios/" in request.url):
        customer.clock.fast_forward(SEEN)  # the timer that ran when the page was hidden
    customer.wait_for_timeout(300)  # the page hears the answer and sets its next timer
    before = len(asked)

    ticket.reply(by=agent, body="Lo miramos.")
    customer.clock.fast_forward(SEEN)
    assert len(asked) == before
    with customer.expect_response("**/cambios/**"):
        customer.clock.fast_forward(HIDDEN)
    expect(customer.get_by_role("article")).to_have_count(2)
    expect(customer).to_have_title("● No arranca · Acme Soporte")
    assert "visto" not in asked[-1]

    with customer.expect_response("**/cambios/**"):
        hide(customer, hidden=False)
    assert "visto=1" in asked[-1]
    expect(customer).to_have_title("No arranca · Acme Soporte")


def test_a_session_that_ended_is_said_and_nothing_foreign_enters_the_page(open_browser, ana):
    ticket = open_ticket(ana)
    customer = open_browser(ana)
    watch(customer, ticket.get_absolute_url())
    customer.get_by_label("Su respuesta").fill("A medias")
    Session.objects.all().delete()

    customer.clock.fast_forward(SEEN)

    expect(customer.get_by_role("alert").filter(has_text="Su sesión ha terminado")).to_be_visible()
    expect(customer.get_by_label("Su respuesta")).to_have_value("A medias")
    expect(customer.get_by_label("Contraseña")).to_have_count(0)


@pytest.mark.parametrize("look", [pytest.param({}, id="desktop"), pytest.param(PHONE_DARK, id="phone")])
def test_a_message_or_the_marked_part_of_it_is_quoted(open_browser, ana, agent, look):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="Primera línea.\nSegunda línea.")
    customer = open_browser(ana, look) if look else open_browser(ana)
    customer.goto(ticket.get_absolute_url())
    area = customer.get_by_label("Su respuesta")
    area.fill("Hola:")

    customer.get_by_role("link", name="Citar").nth(1).click()

    quotation = f"{agent.get_full_name()} escribió:\n> Primera línea.\n> Segunda línea.\n\n"
    expect(area).to_have_value("Hola:\n" + quotation)
    expect(area).to_be_focused()


def test_a_long_thread_opens_in_place_and_keeps_what_is_being_written(open_browser, ana):
    ticket = open_ticket(ana)
    for number in range(60):
        ticket.reply(by=ana, body=f"Mensaje {number}")
    customer = open_browser(ana)
    customer.goto(ticket.get_absolute_url())
    customer.get_by_label("Su respuesta").fill("A medias")
    expect(customer.get_by_role("article")).to_have_count(21)

    customer.get_by_role("link", name="Mostrar los 40 mensajes intermedios").click()

    expect(customer.get_by_role("article")).to_have_count(61)
    expect(customer.get_by_label("Su respuesta")).to_have_value("A medias")
