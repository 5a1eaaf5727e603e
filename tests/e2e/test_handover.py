"""Seeing the portal as somebody, letting somebody go, and replacing a lost manager, in a browser."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import ManagerReplacement, User
from tests.e2e.looks import DESKTOP, DESKTOP_DARK, PHONE_DARK, SMALL_PHONE
from tests.e2e.steps import log_in, overflow
from tests.e2e.test_pages import grave_faults
from tests.factories import StaffFactory, open_ticket
from tickets.models import ReadMark, Ticket

pytestmark = pytest.mark.e2e

REASON = "No encuentra el botón de descargas"


def staff(first_name, role):
    person = StaffFactory(first_name=first_name)
    person.groups.add(Group.objects.get(name=role))
    return person


def see_as(page, staff, person):
    log_in(page, staff)
    page.goto(reverse("admin:accounts_user_change", args=[person.pk]))
    page.get_by_role("link", name="Ver el portal como esta persona").click()
    page.get_by_label("Motivo").fill(REASON)
    page.get_by_role("button", name="Ver el portal").click()


LOOKS = {"light": DESKTOP, "dark": DESKTOP_DARK, "dark-phone": PHONE_DARK, "320": SMALL_PHONE}


@pytest.mark.parametrize("look", [pytest.param(look, id=name) for name, look in LOOKS.items()])
def test_support_sees_the_portal_as_a_person_and_cannot_act(open_browser, ana, agent, look):
    ticket = open_ticket(ana, subject="Las nóminas no cuadran")
    ticket.reply(by=agent, body="¿De qué mes?")
    page = open_browser(look=look, expecting=[403])
    see_as(page, staff("Pilar", "Coordinación"), ana)

    bar = page.get_by_role("complementary", name="Está viendo el portal como otra persona")
    expect(page).to_have_url("/inicio/")
    expect(bar).to_contain_text("Está viendo el portal como Ana Ruiz (Talleres Ibarra, S.L.). Solo lectura.")
    expect(bar).to_contain_text(REASON)
    expect(page.get_by_role("link", name="Nuevo ticket")).to_have_count(0)
    assert (grave_faults(page), overflow(page)) == ([], 0)

    page.get_by_role("link", name="Las nóminas no cuadran").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Las nóminas no cuadran")
    expect(page.get_by_role("button", name="Marcar como resuelto")).to_have_count(0)
    expect(page.get_by_label("Mensaje")).to_have_count(0)
    page.mouse.wheel(0, 2000)
    expect(bar).to_be_in_viewport()
    assert (grave_faults(page), overflow(page)) == ([], 0)
    page.goto("/cuenta/perfil/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Solo está mirando")
    assert not ReadMark.objects.exists()

    bar.get_by_role("button", name="Terminar").click()
    expect(page).to_have_url(reverse("admin:accounts_user_change", args=[ana.pk]))
    expect(page.get_by_text("Ya no ve el portal como Ana Ruiz.")).to_be_visible()


def test_a_manager_lets_somebody_go_and_the_next_click_feels_it(open_browser, ana, bruno, diego):
    ticket = open_ticket(ana, subject="Las nóminas no cuadran")
    theirs = open_browser(ana)
    theirs.goto("/tickets/")
    page = open_browser(bruno)
    page.goto(reverse("handover:leave", args=[ana.public_id]))
    expect(page.get_by_role("link", name="Las nóminas no cuadran")).to_be_visible()

    page.get_by_role("button", name="Desactivar a Ana").click()
    expect(page.get_by_label("¿Quién sigue sus tickets abiertos?")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("¿Quién sigue sus tickets abiertos?").select_option("Diego Sanz")
    page.get_by_role("button", name="Desactivar a Ana").click()

    expect(page.get_by_role("status")).to_contain_text("Ana Ruiz está desactivado. Se ha traspasado 1 ticket.")
    assert list(Ticket.objects.visible_to(diego)) == [ticket]
    theirs.get_by_role("link", name="Inicio").first.click()
    expect(theirs.get_by_role("heading", name="Entrar")).to_be_visible()

    page.get_by_role("button", name="Reactivar").click()
    expect(page.get_by_role("status")).to_contain_text("Ana Ruiz vuelve a estar de alta.")


def test_a_manager_looks_at_what_a_colleague_has(open_browser, ana, bruno, agent):
    open_ticket(ana, subject="Las nóminas no cuadran").reply(by=agent, body="¿De qué mes?")
    page = open_browser(bruno)

    page.goto(reverse("handover:preview", args=[ana.public_id]))

    expect(page.get_by_role("note")).to_contain_text("Aquí no se puede pulsar nada")
    expect(page.get_by_text("Las nóminas no cuadran")).to_be_visible()
    expect(page.locator(".as-seen a")).to_have_count(0)


@pytest.mark.parametrize("look", [pytest.param(LOOKS[name], id=name) for name in ("light", "dark")])
def test_two_of_support_replace_a_lost_manager_and_the_manager_objects(open_browser, ibarra, bruno, look):
    one, other = (staff(name, "Administración") for name in ("Raquel", "Sara"))
    page = open_browser(look=look)
    log_in(page, one)
    page.goto(reverse("admin:accounts_company_change", args=[ibarra.pk]))
    page.get_by_role("link", name="Sustituir a un gestor perdido").click()
    assert grave_faults(page) == []
    for label, value in {"Nombre:": "Eva", "Correo electrónico": "eva@ibarra.example", "Usuario": "eva.gil"}.items():
        page.get_by_label(label).first.fill(value)
    page.get_by_label("Motivo").fill("Su gestor no contesta desde mayo")
    page.get_by_role("button", name="Pedirlo").click()
    expect(page.get_by_text("Debe confirmarlo otra persona de soporte.", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Confirmar")).to_have_count(0)

    page = open_browser(look=look)
    log_in(page, other)
    page.goto(reverse("admin:accounts_company_replacement", args=[ibarra.pk]))
    assert grave_faults(page) == []
    page.get_by_role("button", name="Confirmar").click()
    expect(page.get_by_text("Se está avisando a los contactos de la empresa.")).to_be_visible()

    page = open_browser(bruno, look)
    page.goto("/gestion/")
    notice = page.get_by_role("region", name="Soporte va a nombrar a otro gestor")
    expect(notice).to_contain_text("Su gestor no contesta desde mayo")
    notice.get_by_role("button", name="Anular").click()
    expect(page.get_by_role("status")).to_contain_text("su empresa conserva los gestores que tiene")
    assert ManagerReplacement.objects.get().state == "cancelled"
    assert list(User.objects.managers()) == [bruno]
