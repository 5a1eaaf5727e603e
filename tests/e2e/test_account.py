"""One's own account: log-in, password, language and light."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mail.models import OutgoingMail
from tests.accounts.test_second_factor import code_of
from tests.e2e.looks import DESKTOP, DESKTOP_DARK, PHONE_DARK, SMALL_PHONE
from tests.e2e.steps import log_in, overflow, tab_to
from tests.e2e.test_pages import grave_faults
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


# --- the second factor ---


def plug_in_a_key(page: Page) -> None:
    """The computer has a fingerprint reader from now on, and its owner's finger lies on it."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def add_app(page: Page) -> str:
    """By the page, reading the key as text. Returns the key."""
    page.goto("/cuenta/segundo-factor/aplicacion/")
    page.get_by_text("No puedo escanearla").click()
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("Código que muestra la aplicación").fill(code_of(secret))
    page.get_by_role("button", name="Añadir la aplicación").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Códigos de recuperación")
    return secret


def log_out(page: Page) -> None:
    page.goto("/acceso/salir/")
    page.get_by_role("button", name="Salir", exact=True).click()
    expect(page.get_by_role("heading", name="Entrar")).to_be_visible()


def test_an_app_is_added_and_its_recovery_codes_kept_and_used(open_browser, ana):
    page = open_browser()
    log_in(page, ana)
    add_app(page)
    codes = page.get_by_role("listitem").filter(has_text=re.compile(r"^\d{8}$")).all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("link", name="Guardar como archivo").click()
    assert re.findall(r"\d{8}", Path(download.value.path()).read_text()) == codes

    log_out(page)
    log_in(page, ana)
    expect(page.get_by_role("heading", name="Un paso más")).to_be_visible()
    page.get_by_label("Código").fill("000000")
    page.get_by_role("button", name="Continuar").click()
    expect(page.get_by_label("Código")).to_have_accessible_description(re.compile("No es correcto"))
    page.get_by_label("Código").fill(codes[0])
    page.get_by_role("button", name="Continuar").click()

    expect(page).to_have_url("/inicio/")


def test_a_passkey_is_added_and_opens_the_account_without_a_mouse(open_browser, ana):
    page = open_browser()
    plug_in_a_key(page)
    log_in(page, ana)
    page.goto("/cuenta/segundo-factor/llaves/nueva/")
    page.get_by_label("Nombre").fill("Portátil de la oficina")
    tab_to(page.get_by_role("button", name="Añadir esta llave"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Códigos de recuperación")
    page.get_by_role("link", name="Ya los he guardado").click()
    expect(page.get_by_role("link", name="Quitar Portátil de la oficina")).to_be_visible()

    log_out(page)
    log_in(page, ana)
    tab_to(page.get_by_role("button", name="Usar una llave de acceso"))
    page.keyboard.press("Enter")

    expect(page).to_have_url("/inicio/")


def test_one_confirms_with_a_passkey_and_the_same_one_is_not_added_twice(open_browser, ana):
    page = open_browser()
    plug_in_a_key(page)
    log_in(page, ana)
    page.goto("/cuenta/segundo-factor/llaves/nueva/")
    page.get_by_role("button", name="Añadir esta llave").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Códigos de recuperación")

    page.goto("/cuenta/segundo-factor/llaves/nueva/")
    page.get_by_role("button", name="Añadir esta llave").click()
    expect(page.get_by_text("ya está registrado")).to_be_visible()
    page.goto("/acceso/confirmar/?next=/cuenta/correo/")
    page.get_by_role("link", name="Usar una llave de acceso").click()
    page.get_by_role("button", name="Usar una llave de acceso").click()

    expect(page).to_have_url("/cuenta/correo/")


def test_a_browser_without_a_passkey_says_so_and_the_codes_still_serve(open_browser, ana):
    first = open_browser()
    plug_in_a_key(first)
    log_in(first, ana)
    first.goto("/cuenta/segundo-factor/llaves/nueva/")
    first.get_by_role("button", name="Añadir esta llave").click()
    code = first.locator(".recovery-codes li").first.inner_text()
    page = open_browser()
    page.add_init_script("delete window.PublicKeyCredential")
    log_in(page, ana)

    page.get_by_role("button", name="Usar una llave de acceso").click()
    expect(page.get_by_text("no admite llaves de acceso")).to_be_visible()
    page.get_by_label("Código").fill(code)
    page.get_by_role("button", name="Continuar").click()

    expect(page).to_have_url("/inicio/")


def test_support_is_led_to_a_second_factor_and_then_to_the_desk(open_browser, boss, settings):
    settings.STAFF_SECOND_FACTOR = True
    page = open_browser()
    log_in(page, boss)
    expect(page.get_by_text("El equipo de soporte necesita un segundo factor")).to_be_visible()

    page.get_by_role("link", name="Añadir una aplicación").click()
    add_app(page)
    page.goto("/admin/")

    expect(page).to_have_url("/admin/")


@pytest.mark.parametrize("look", [DESKTOP, PHONE_DARK, SMALL_PHONE], ids=["light", "dark-phone", "320"])
def test_the_pages_of_the_second_factor_have_no_grave_fault(open_browser, ana, look):
    page = open_browser(None, look)
    plug_in_a_key(page)
    log_in(page, ana)
    found = {}

    def examine(name: str) -> None:
        if faults := [*grave_faults(page), *([overflow(page)] if overflow(page) > 0 else [])]:
            found[name] = faults

    page.goto("/cuenta/segundo-factor/aplicacion/")
    page.get_by_text("No puedo escanearla").click()
    examine("app")
    add_app(page)
    examine("codes")
    page.goto("/cuenta/segundo-factor/llaves/nueva/")
    examine("new passkey")
    page.get_by_role("button", name="Añadir esta llave").click()
    expect(page.get_by_role("link", name="Cambiar el nombre")).to_be_visible()
    examine("index")
    page.get_by_role("link", name="Cambiar el nombre").click()
    examine("rename")
    for path in (
        "/cuenta/segundo-factor/codigos/",
        "/cuenta/segundo-factor/aplicacion/quitar/",
        "/cuenta/correo/",
        "/cuenta/sesiones/",
        "/acceso/confirmar/?next=/inicio/",
        "/acceso/confirmar/codigo/?next=/inicio/",
        "/acceso/confirmar/llave/?next=/inicio/",
    ):
        page.goto(path)
        examine(path)
    log_out(page)
    log_in(page, ana)
    examine("log-in")

    assert found == {}


# --- sessions and address ---


def test_a_session_elsewhere_is_closed_and_its_next_click_feels_it(open_browser, ana):
    here, elsewhere = open_browser(), open_browser()
    for page in (here, elsewhere):
        log_in(page, ana)
        expect(page).to_have_url("/inicio/")
    here.goto("/cuenta/sesiones/")

    here.get_by_role("button", name=re.compile("^Cerrar .*Chrome")).click()

    expect(here.get_by_role("status")).to_contain_text("La sesión se ha cerrado.")
    elsewhere.goto("/tickets/")
    expect(elsewhere.get_by_role("heading", name="Entrar")).to_be_visible()
    here.goto("/tickets/")
    expect(here.get_by_role("heading", level=1)).to_have_text("Tickets")


def test_a_new_address_is_confirmed_from_its_mail(open_browser, ana):
    page = open_browser()
    log_in(page, ana)
    page.goto("/cuenta/correo/")
    page.get_by_label("Nuevo correo electrónico").fill("ana@nueva.example")
    page.get_by_role("button", name="Enviar el enlace").click()
    expect(page.get_by_role("status")).to_contain_text("ana@nueva.example")

    link = re.search(r"/cuenta/correo/confirmar/\S+", OutgoingMail.objects.get(kind="email_to_confirm").text)[0]
    page.goto(link)
    page.get_by_role("button", name="Usar esta dirección").click()

    expect(page.get_by_role("status")).to_contain_text("Su correo electrónico se ha cambiado.")
    expect(page.get_by_text("ana@nueva.example")).to_be_visible()
