"""The whole way of somebody who has no account: asks, shows whose the address is, is let in, chooses a password."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from mail.models import OutgoingMail
from tests.e2e.looks import DESKTOP, PHONE
from tests.e2e.steps import tab_to
from tests.factories import AccessRequestFactory

pytestmark = pytest.mark.e2e

PASSWORD = "Mi-Clave-2027"


def link_in(kind: str, path: str) -> str:
    """The link of the one mail of this kind, without the portal's own address."""
    return re.search(rf"{path}\S+", OutgoingMail.objects.get(kind=kind).text)[0]


@pytest.fixture(autouse=True)
def approval(settings):
    settings.REGISTRATION = "approval"


def ask_for_access(page) -> None:
    page.goto("/acceso/")
    page.get_by_role("link", name="Solicitar acceso").click()
    page.get_by_label("Nombre", exact=False).first.fill("Jon")
    page.get_by_label("Apellidos").fill("Gil")
    page.get_by_label("Correo electrónico").fill("jon@ibarra.example")
    page.get_by_label("Empresa").fill("Talleres Ibarra")
    page.get_by_label("Mensaje").fill("Llevo el taller de Zarautz.")
    page.get_by_label("Acepto que estos datos").check()
    page.get_by_role("button", name="Enviar el enlace").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Revise su correo")


@pytest.mark.parametrize("look", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")])
def test_a_visitor_asks_a_manager_approves_and_the_person_comes_in(open_browser, ibarra, bruno, look):
    ibarra.email_domains = "ibarra.example"
    ibarra.save()
    visitor, manager = open_browser(None, look), open_browser(bruno, look)

    ask_for_access(visitor)
    visitor.goto(link_in("request_verify", "/acceso/registro/"))
    expect(visitor.get_by_text("Jon Gil")).to_be_visible()
    visitor.get_by_role("button", name="He sido yo: confirmar").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Su dirección está confirmada")

    manager.goto("/gestion/")
    manager.get_by_role("link", name="Solicitudes de acceso 1 pendiente").click()
    manager.get_by_role("link", name="Jon Gil").click()
    expect(manager.get_by_role("blockquote")).to_have_text("Llevo el taller de Zarautz.")
    expect(manager.get_by_role("switch", name="Tickets", exact=True)).to_be_checked()
    manager.get_by_role("textbox", name="Usuario").fill("jon.gil")
    manager.get_by_role("switch", name="Facturas").check()
    manager.get_by_role("switch", name="Webinars").uncheck()
    manager.get_by_role("button", name="Aprobar y enviar la bienvenida").click()
    expect(manager.get_by_role("status")).to_contain_text("Jon Gil ya tiene acceso.")
    expect(manager.get_by_text("Nadie está esperando")).to_be_visible()

    visitor.goto(link_in("access_approved", "/cuenta/invitacion/"))
    visitor.get_by_label("Contraseña nueva", exact=False).first.fill(PASSWORD)
    visitor.get_by_label("Repita la contraseña nueva").fill(PASSWORD)
    visitor.get_by_role("button", name="Guardar la contraseña").click()
    visitor.get_by_label("Usuario o correo electrónico").fill("jon@ibarra.example")
    visitor.get_by_label("Contraseña").fill(PASSWORD)
    visitor.get_by_role("button", name="Entrar").click()
    expect(visitor).to_have_url("/inicio/")

    jon = User.objects.get(login="jon.gil")
    assert (jon.company, jon.can_use_tickets, jon.can_use_invoices, jon.can_use_webinars) == (ibarra, True, True, False)


def test_a_manager_rejects_with_the_keyboard_alone(open_browser, ibarra, bruno):
    AccessRequestFactory(first_name="Jon", last_name="Gil", company=ibarra)
    page = open_browser(bruno)
    page.goto("/gestion/accesos/")

    tab_to(page.get_by_role("link", name="Jon Gil"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Jon Gil")
    tab_to(page.get_by_role("link", name="Rechazar…"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rechazar la solicitud")
    tab_to(page.get_by_label("Mensaje para la persona"))
    page.keyboard.type("No trabaja con nosotros.")
    tab_to(page.get_by_role("button", name="Rechazar y avisar a la persona"))
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("La solicitud se ha rechazado.")
    assert "No trabaja con nosotros." in OutgoingMail.objects.get().text


@pytest.mark.parametrize(("look", "side_by_side"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "phone"])
def test_the_log_in_stands_beside_the_welcome_or_before_it(open_browser, db, look, side_by_side):
    page = open_browser(None, look)
    page.goto("/acceso/")

    log_in = page.get_by_role("button", name="Entrar").bounding_box()
    welcome = page.get_by_role("heading", name="Le damos la bienvenida").bounding_box()

    assert log_in["y"] < page.viewport_size["height"]
    assert (welcome["x"] > log_in["x"] + log_in["width"]) == side_by_side
    assert (welcome["y"] > log_in["y"]) != side_by_side
