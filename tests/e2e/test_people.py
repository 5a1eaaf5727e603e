"""A manager creates, edits and takes away in Chromium, and the person's next click feels it."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from accounts.permissions import NEW_CONTACT_FLAGS, PERMISSIONS
from tests.e2e.looks import DESKTOP, PHONE_DARK
from tests.e2e.steps import log_in, tab_to
from tests.e2e.test_pages import grave_faults
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.e2e

NEW = "/gestion/usuarios/nuevo/"


def on(person):
    person.refresh_from_db()
    return {name for name in PERMISSIONS if getattr(person, name)}


def test_a_user_is_created_with_the_keyboard_alone(open_browser, bruno):
    page = open_browser(bruno)
    keyboard = page.keyboard
    page.goto("/gestion/usuarios/")

    tab_to(page.get_by_role("link", name="Nuevo usuario"))
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nuevo usuario")
    tab_to(page.get_by_label("Nombre", exact=False).first)
    keyboard.type("José")
    tab_to(page.get_by_label("Apellidos"))
    keyboard.type("Núñez Gil")
    tab_to(page.get_by_label("Correo electrónico"))
    keyboard.type("jose@iba.example")
    tab_to(page.get_by_role("switch", name="Contacto técnico"))
    keyboard.press("Space")
    tab_to(page.get_by_role("switch", name="Formación", exact=True))
    keyboard.press("Space")
    tab_to(page.get_by_role("button", name="Guardar usuario"))
    keyboard.press("Enter")

    expect(page.get_by_role("status").first).to_contain_text("jose@iba.example")
    expect(page.get_by_role("link", name=re.compile("José Núñez Gil"))).to_be_visible()
    jose = User.objects.get(login="jose.nunez")
    assert on(jose) == {*NEW_CONTACT_FLAGS, "is_technical_contact", "can_use_training"}


def test_a_typed_password_is_ticked_while_typing_and_its_mistakes_keep_the_rest(open_browser, bruno):
    page = open_browser(bruno)
    page.goto(NEW)
    page.get_by_label("Nombre", exact=False).first.fill("Jon")
    page.get_by_label("Correo electrónico").fill("jon@iba.example")
    first = page.get_by_label("Contraseña", exact=True).last
    expect(first).to_be_hidden()
    page.get_by_label("Escribir una ahora").check()
    first.fill("abcd1234")
    expect(page.get_by_role("listitem").filter(has=page.get_by_text("Cumplido:").filter(visible=True))).to_have_count(3)
    page.get_by_label("Repita la contraseña").fill("abcd1234")
    page.get_by_role("button", name="Guardar usuario").click()

    expect(first).to_have_accessible_description(re.compile("al menos un símbolo"))
    expect(first).to_have_value("")
    expect(page.get_by_label("Correo electrónico")).to_have_value("jon@iba.example")
    first.fill("abcd-1234")
    page.get_by_label("Repita la contraseña").fill("abcd-1234")
    page.get_by_role("button", name="Guardar usuario").click()
    expect(page).to_have_url("/gestion/usuarios/")

    theirs = open_browser()
    theirs.goto("/acceso/")
    theirs.get_by_label("Usuario o correo electrónico").fill("jon@iba.example")
    theirs.get_by_label("Contraseña").fill("abcd-1234")
    theirs.get_by_role("button", name="Entrar").click()
    theirs.goto("/tickets/")
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Elija su propia contraseña")


def test_the_next_click_feels_what_was_taken(open_browser, bruno, ana):
    theirs, page = open_browser(ana, expecting=[403]), open_browser(bruno)
    theirs.goto("/inicio/")

    page.goto("/gestion/usuarios/")
    page.get_by_role("link", name=re.compile("Ana Ruiz")).click()
    page.get_by_role("switch", name="Tickets", exact=True).uncheck()
    page.get_by_role("button", name="Guardar usuario").click()
    expect(page.get_by_role("status").first).to_contain_text("Ana Ruiz")

    theirs.get_by_role("link", name="Tickets").first.click()
    expect(theirs.get_by_role("heading", level=1)).to_have_text("No tiene abierta esta área")
    expect(theirs.get_by_role("main")).to_contain_text("Bruno Etxeberria")

    page.get_by_role("link", name=re.compile("Ana Ruiz")).click()
    page.get_by_role("switch", name="Acceso al portal").uncheck()
    expect(page.get_by_label("Usuario", exact=False).first).to_be_hidden()
    page.get_by_role("button", name="Guardar usuario").click()
    expect(page).to_have_url("/gestion/usuarios/")

    theirs.goto("/inicio/")
    expect(theirs).to_have_url(re.compile("/acceso/"))


def test_the_last_manager_is_told_at_the_switch(open_browser, bruno):
    page = open_browser(bruno)
    page.goto(f"/gestion/usuarios/{bruno.public_id}/")
    switch = page.get_by_role("switch", name="Gestión de usuarios")

    switch.uncheck()
    page.get_by_role("button", name="Guardar usuario").click()

    expect(switch).to_have_accessible_description(re.compile("Nombre antes a otro"))


def test_a_manager_is_appointed_with_ones_password(open_browser, bruno, ana):
    page = open_browser(bruno)
    page.goto(f"/gestion/usuarios/{ana.public_id}/")
    own = page.get_by_label("Su contraseña")
    expect(own).to_be_hidden()

    page.get_by_role("switch", name="Gestión de usuarios").check()
    own.fill(PASSWORD)
    page.get_by_role("button", name="Guardar usuario").click()

    expect(page).to_have_url("/gestion/usuarios/")
    assert "is_company_manager" in on(ana)


def test_permissions_are_copied_into_a_form_that_keeps_what_was_typed(open_browser, bruno, ana):
    User.objects.filter(pk=ana.pk).update(can_use_invoices=True, receives_general_mail=True)
    page = open_browser(bruno)
    page.goto(NEW)
    page.get_by_label("Nombre", exact=False).first.fill("Jon")

    page.get_by_label("Copiar permisos de").select_option("Ana Ruiz")
    page.get_by_role("button", name="Copiar").click()

    expect(page.get_by_role("switch", name="Facturas")).to_be_checked()
    expect(page.get_by_role("switch", name="Correos genéricos")).to_be_checked()
    expect(page.get_by_role("switch", name="Webinars")).not_to_be_checked()
    expect(page.get_by_label("Nombre", exact=False).first).to_have_value("Jon")
    expect(page).to_have_url(NEW)


def test_without_scripts_the_same_form_does_the_same(open_browser, bruno, ana):
    page = open_browser(bruno, java_script_enabled=False)
    page.goto(NEW)
    page.get_by_label("Copiar permisos de").select_option("Ana Ruiz")
    page.get_by_role("button", name="Copiar").click()
    expect(page.get_by_role("switch", name="Webinars")).not_to_be_checked()
    page.get_by_label("Nombre", exact=False).first.fill("Jon")
    page.get_by_label("Correo electrónico").fill("jon@iba.example")
    page.get_by_role("switch", name="Acceso al portal").uncheck()
    expect(page.get_by_label("Usuario", exact=False).first).to_be_hidden()
    page.get_by_role("switch", name="Acceso al portal").check()
    page.get_by_role("button", name="Guardar usuario").click()

    expect(page).to_have_url("/gestion/usuarios/")
    assert on(User.objects.get(email="jon@iba.example")) == {"has_portal_access", "can_use_tickets"}


@pytest.mark.parametrize("look", [pytest.param(DESKTOP, id="light-desktop"), pytest.param(PHONE_DARK, id="dark-phone")])
def test_a_table_is_looked_at_and_then_imported(open_browser, bruno, ana, look, monkeypatch):
    monkeypatch.setattr("accounts.forms.importing.ROWS_A_TURN", 1)  # the page between two turns goes on by itself
    page = open_browser(bruno, look)
    page.goto("/gestion/usuarios/importar/")
    text = f"Correo;Nombre;Acceso;Puesto\njon@iba.example;Jon;sí;Jefe\nmal;X;no;\n{ana.email};Anne;;\n"
    page.get_by_label("Archivo CSV").set_input_files(
        {"name": "contactos.csv", "mimeType": "text/csv", "buffer": text.encode("latin-1")}
    )
    page.get_by_role("button", name="Ver qué haría").click()

    expect(page.get_by_role("row", name=re.compile("mal|X"))).to_contain_text("correo electrónico válida")
    expect(page.get_by_role("row", name=re.compile("Anne"))).to_be_visible()
    assert grave_faults(page) == []
    page.get_by_role("button", name="Importar exactamente esto").click()

    expect(page.get_by_role("status").first).to_contain_text("Se ha creado 1 contacto. Se ha cambiado 1 contacto.")
    ana.refresh_from_db()
    assert ana.first_name == "Anne"


def test_whoever_has_just_logged_in_takes_the_contacts_along(open_browser, ibarra):
    eva = UserFactory(company=ibarra, first_name="Eva", is_company_manager=True)
    page = open_browser()
    log_in(page, eva)
    page.goto("/gestion/usuarios/")

    with page.expect_download() as download:
        page.get_by_role("link", name="Exportar (CSV)").click()

    assert re.fullmatch(r"contactos-\d{4}-\d\d-\d\d\.csv", download.value.suggested_filename)
