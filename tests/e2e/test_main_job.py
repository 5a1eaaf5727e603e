"""A customer writes, support answers, the customer is told and answers back, and their company can follow it."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from files import display
from mail.models import OutgoingMail
from tests.e2e.looks import DESKTOP, PHONE_DARK
from tests.e2e.steps import attached, expect_picture, fill_new_ticket, log_in, paste_screenshot
from tests.factories import open_ticket
from tickets.models import Department, Ticket

pytestmark = pytest.mark.e2e

ALARM = "Tiene respuestas sin leer"
SUBJECT = "Error al generar la planificación de Getafe"


def mails_after(pk: int = 0) -> set[tuple[str, str]]:
    """Which mails, to whom, stand in the outbox after that one."""
    return set(OutgoingMail.objects.filter(pk__gt=pk).values_list("kind", "address"))


def last_mail() -> OutgoingMail:
    return OutgoingMail.objects.latest("pk")


@pytest.mark.parametrize("look", [pytest.param(DESKTOP, id="light-desktop"), pytest.param(PHONE_DARK, id="dark-phone")])
def test_a_ticket_with_a_screenshot_is_answered_and_answered_back(open_browser, ana, bruno, diego, agent, look):
    support = Department.objects.get().email
    page = open_browser(look=look)
    log_in(page, ana)

    page.get_by_role("link", name="Nuevo ticket").click()
    fill_new_ticket(page, SUBJECT, "Al pulsar «Generar» la pantalla se queda en blanco.\n")
    message = page.get_by_label("Mensaje")
    paste_screenshot(message)
    expect(attached(page)).to_have_count(1)
    expect(message).to_have_value("Al pulsar «Generar» la pantalla se queda en blanco.\n![captura](adjunto:1)\n")
    page.get_by_role("button", name="Vista previa").click()
    expect_picture(page.get_by_role("region", name="Vista previa").get_by_role("img"))
    page.get_by_role("button", name="Enviar ticket").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(SUBJECT)
    expect(page.get_by_role("status").first).to_contain_text("Su ticket #1 se ha enviado")
    expect(page.get_by_role("article")).to_contain_text("la pantalla se queda en blanco")
    assert display.make_display_copies(at=timezone.now()) == 1
    page.reload()
    expect_picture(page.get_by_role("article").get_by_role("img", name="captura", exact=True))
    assert mails_after() == {("ticket_received", ana.email), ("ticket_opened_for_support", support)}
    before = last_mail().pk

    desk = open_browser(agent)
    desk.goto("/admin/tickets/ticket/")
    desk.get_by_role("link", name=SUBJECT).click()
    expect_picture(desk.get_by_role("article").get_by_role("img", name="captura", exact=True))
    desk.get_by_label("Mensaje").fill("¿Qué versión usan en Getafe?")
    desk.get_by_label("Después").select_option("Esperar al cliente")
    desk.get_by_role("button", name="Enviar").click()
    expect(desk.get_by_text("Su respuesta se ha enviado.")).to_be_visible()
    assert mails_after(before) == {("ticket_replied", ana.email)}
    assert "¿Qué versión usan en Getafe?" in last_mail().text
    assert "/tickets/1/" in last_mail().text
    before = last_mail().pk

    page.goto("/inicio/")
    expect(page.get_by_role("banner").get_by_text(ALARM)).to_have_count(1)
    menu = page.get_by_role("navigation", name="Áreas", include_hidden=True)
    expect(menu.get_by_text(ALARM)).to_have_count(1)
    page.get_by_role("link", name="Esperando acción").first.click()
    expect(page.get_by_role("link", name=f"Sin leer {SUBJECT}")).to_be_visible()
    page.goto("/inicio/")
    page.locator(".unread-answers").get_by_role("link", name=SUBJECT).click()
    expect(page.get_by_text("¿Qué versión usan en Getafe?")).to_be_visible()
    page.get_by_label("Su respuesta").fill("La 12.4, como en los demás centros.")
    page.get_by_role("button", name="Responder").click()
    expect(page.get_by_role("article").last).to_contain_text("La 12.4")
    assert mails_after(before) == {("ticket_replied_for_support", support)}
    assert Ticket.objects.get().status == "open"


def test_reading_an_answer_clears_the_dot_for_the_reader_alone(open_browser, ana, bruno, agent):
    open_ticket(ana, subject=SUBJECT).reply(by=agent, body="¿Qué versión usan?")
    hers, his = open_browser(ana), open_browser(bruno)

    hers.goto("/tickets/1/")
    hers.goto("/tickets/")
    his.goto("/tickets/")

    expect(hers.get_by_role("link", name=SUBJECT)).to_be_visible()
    expect(hers.get_by_text("Sin leer")).to_have_count(0)
    expect(hers.get_by_text(ALARM)).to_have_count(0)
    expect(his.get_by_role("link", name=f"Sin leer {SUBJECT}")).to_be_visible()
    expect(his.get_by_text(ALARM)).to_have_count(0)


def test_a_ticket_is_found_without_accents_by_those_who_may_see_it(open_browser, ana, bruno, diego, carla, agent):
    open_ticket(ana, subject=SUBJECT).reply(by=agent, body="Compruebe la sincronización.")

    for person, words, found in [
        (bruno, "planificacion getafe", True),
        (bruno, "sincronizacion", True),
        (diego, "planificacion getafe", False),
        (carla, "planificacion getafe", False),
    ]:
        page = open_browser(person)
        page.goto("/inicio/")
        page.get_by_role("searchbox", name="Buscar en todo").fill(words)
        page.keyboard.press("Enter")
        expect(page.get_by_role("main").get_by_text("No hay resultados para")).to_have_count(0 if found else 1)
        expect(page.get_by_role("link", name=SUBJECT)).to_have_count(1 if found else 0)


def test_on_a_dark_phone_the_areas_open_from_the_menu(open_browser, ana):
    page = open_browser(ana, PHONE_DARK)
    page.goto("/inicio/")
    areas = page.get_by_role("navigation", name="Áreas")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(areas).to_be_hidden()

    page.get_by_role("button", name="Menú").click()
    areas.get_by_role("link", name="Tickets").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Tickets")
    expect(areas).to_be_hidden()
