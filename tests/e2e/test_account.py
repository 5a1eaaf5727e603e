"""One's own account: log-in, password, language and light."""

import pytest
from playwright.sync_api import expect

from tests.e2e.looks import DESKTOP_DARK
from tests.e2e.steps import log_in
from tests.factories import UserFactory

pytestmark = pytest.mark.e2e


def test_a_given_password_is_changed_first_and_its_rules_are_ticked_while_typing(open_browser, ibarra):
    page = open_browser()
    log_in(page, UserFactory(company=ibarra, must_change_password=True))
    page.goto("/tickets/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Elija su propia contraseña")
    new = page.get_by_label("Contraseña nueva", exact=False).first
    met = page.get_by_role("listitem").filter(has=page.get_by_text("Cumplido:").filter(visible=True))

    new.fill("clave")
    expect(met).to_contain_text(["Una letra"])
    new.fill("clave-20")
    expect(met).to_have_count(4)
    new.fill("clave-larga")
    expect(met).to_have_count(3)

    page.get_by_label("Contraseña actual").fill("Clave-2026")
    new.fill("Nueva-2027")
    page.get_by_label("Repita la contraseña nueva").fill("Nueva-2027")
    page.get_by_role("button", name="Guardar la contraseña").click()
    expect(page).to_have_url("/inicio/")


def test_a_visitor_chooses_the_language_on_the_log_in_page(open_browser):
    page = open_browser()
    page.goto("/acceso/")
    expect(page.get_by_role("heading", name="Entrar")).to_be_visible()

    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Español").click()

    expect(page.get_by_role("heading", name="Entrar")).to_be_visible()


def test_the_light_chosen_in_the_profile_wins_over_the_device(open_browser, ana):
    page = open_browser(ana, DESKTOP_DARK)
    page.goto("/cuenta/perfil/")
    background = page.locator("body")
    expect(background).to_have_css("background-color", "rgb(14, 21, 36)")

    page.get_by_label("Claro").check()
    page.get_by_role("button", name="Guardar cambios").click()

    expect(page.get_by_role("status")).to_contain_text("Su perfil se ha guardado.")
    expect(background).to_have_css("background-color", "rgb(245, 247, 251)")
    page.goto("/tickets/")
    expect(background).to_have_css("background-color", "rgb(245, 247, 251)")
