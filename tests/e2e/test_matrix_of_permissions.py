"""The matrix of people and permissions in Chromium: with the mouse, the keyboard, on a telephone, without scripts."""

from datetime import date

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.e2e.looks import DESKTOP, PHONE_DARK, SMALL_PHONE
from tests.e2e.steps import log_in, overflow, tab_to
from tests.e2e.test_pages import BOTH_LIGHTS, grave_faults
from tests.factories import UserFactory

pytestmark = pytest.mark.e2e

MATRIX = "/gestion/permisos/"


def box(page, name: str):
    return page.get_by_role("checkbox", name=name, exact=True)


def flag(person, name: str) -> bool:
    return getattr(User.objects.get(pk=person.pk), name)


@pytest.fixture
def company(bruno, ana, diego, ibarra):
    """Bruno's colleagues: with a last change, a last day, and one who has no user name."""
    contact = {"login": None, "email": "sistemas@iba.example", "has_portal_access": False, "can_use_tickets": False}
    UserFactory(company=ibarra, first_name="Sistemas", last_name="", **contact)
    diego.set_permissions(by=bruno, changes={"can_use_training": True, "can_book_training": True})
    diego.edit(by=bruno, data={"access_until": date(2030, 1, 31)})
    return ibarra


def test_a_manager_changes_reads_confirms_and_undoes(open_browser, company, bruno, ana, diego):
    page = open_browser(bruno)
    page.goto(MATRIX)
    box(page, "Ana Ruiz: descargas").check()
    box(page, "Diego Sanz: formación").uncheck()
    box(page, "Diego Sanz: reservar formación").uncheck()
    expect(page.get_by_text("3 cambios sin guardar")).to_be_visible()

    page.get_by_role("button", name="Ver qué cambiaría").click()
    expect(page.get_by_role("main")).to_contain_text("Ana Ruiz: gana descargas")
    expect(page.get_by_role("main")).to_contain_text("Diego Sanz: pierde formación y, con ella, reservar formación")
    page.get_by_role("button", name="Confirmar y guardar").click()

    expect(page.get_by_role("status").first).to_contain_text("Se han cambiado los permisos de 2 personas.")
    assert flag(ana, "can_use_downloads") and not flag(diego, "can_book_training")

    page.get_by_role("button", name="Deshacer").click()
    expect(page.get_by_role("status").first).to_contain_text("Se ha deshecho el último cambio")
    assert flag(diego, "can_book_training") and not flag(ana, "can_use_downloads")


def test_appointing_a_manager_asks_for_the_password_and_is_felt_at_once(open_browser, company, bruno, ana):
    page, hers = open_browser(bruno), open_browser(ana, expecting=[403])
    hers.goto(MATRIX)
    expect(hers.get_by_role("heading", level=1)).to_have_text("No tiene abierta esta área")
    page.goto(MATRIX)
    box(page, "Ana Ruiz: gestión de usuarios").check()
    page.get_by_role("button", name="Ver qué cambiaría").click()
    expect(page.get_by_role("note")).to_contain_text("Ana Ruiz pasa a ser gestor")

    page.get_by_label("Su contraseña").fill("otra")
    page.get_by_role("button", name="Confirmar y guardar").click()
    expect(page.get_by_label("Su contraseña")).to_have_accessible_description("Esta no es su contraseña.")
    page.get_by_label("Su contraseña").fill("Clave-2026")
    page.get_by_role("button", name="Confirmar y guardar").click()
    expect(page).to_have_url(MATRIX)

    hers.reload()
    expect(hers.get_by_role("heading", level=1)).to_have_text("Permisos")


def test_the_keyboard_alone(open_browser, company, bruno, ana):
    page = open_browser()
    log_in(page, bruno)
    page.goto(MATRIX)
    page.get_by_role("region", name="Personas y permisos").focus()

    page.keyboard.press("Tab")
    expect(page.get_by_role("tooltip")).to_have_text("Tiene usuario y contraseña.")
    tab_to(box(page, "Ana Ruiz: webinars"))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Qué cambiaría")
    tab_to(page.get_by_role("button", name="Confirmar y guardar"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(MATRIX)
    assert flag(ana, "can_use_webinars")


def test_leaving_with_unsaved_changes_asks_first(open_browser, company, bruno):
    page = open_browser(bruno)
    page.goto(MATRIX)
    box(page, "Ana Ruiz: descargas").check()

    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("main").get_by_role("link", name="Gestión").click(no_wait_after=True)

    expect(box(page, "Ana Ruiz: descargas")).to_be_checked()
    assert asked == ["beforeunload"]


def test_it_works_without_scripts(open_browser, company, bruno, ana):
    page = open_browser(bruno, java_script_enabled=False)
    page.goto(MATRIX)

    box(page, "Ana Ruiz: descargas").check()
    page.get_by_role("button", name="Ver qué cambiaría").click()
    page.get_by_role("button", name="Confirmar y guardar").click()

    expect(page).to_have_url(MATRIX)
    assert flag(ana, "can_use_downloads")


def test_whoever_has_no_user_name_gets_no_access_here(open_browser, company, bruno):
    page = open_browser(bruno)
    page.goto(MATRIX)

    expect(box(page, "Sistemas: acceso al portal")).to_be_disabled()
    expect(page.get_by_role("link", name="Asignar un usuario Sistemas")).to_be_visible()
    expect(page.get_by_text("Acceso hasta el 31 ene 2030")).to_be_visible()


@pytest.mark.parametrize("look", [pytest.param(PHONE_DARK, id="390"), pytest.param(SMALL_PHONE, id="320")])
def test_on_a_telephone_each_person_is_a_card(open_browser, company, bruno, ana, look):
    page = open_browser(bruno, look)
    page.goto(MATRIX)
    assert overflow(page) == 0

    page.get_by_label("Buscar personas").fill("ana")
    page.get_by_label("Buscar personas").press("Enter")
    expect(page.get_by_role("checkbox")).to_have_count(19)
    page.locator("label", has_text="descargas").click()
    page.get_by_role("button", name="Ver qué cambiaría").click()
    expect(page.get_by_role("main")).to_contain_text("Ana Ruiz: gana descargas")
    assert overflow(page) == 0


@BOTH_LIGHTS
def test_the_pages_of_the_matrix_have_no_grave_fault(open_browser, company, bruno, ana, look):
    page = open_browser(bruno, look, expecting=[409])
    page.goto(MATRIX)
    page.get_by_text("Qué significa cada permiso").click()
    assert grave_faults(page) == []

    for name in ("gestión de usuarios", "descargas"):
        box(page, f"Ana Ruiz: {name}").check()
    page.get_by_role("button", name="Ver qué cambiaría").click()
    assert grave_faults(page) == []
    page.get_by_role("button", name="Confirmar y guardar").click()
    assert grave_faults(page) == []
    ana.set_permissions(by=bruno, changes={"can_use_downloads": True})
    page.get_by_label("Su contraseña").fill("Clave-2026")
    page.get_by_role("button", name="Confirmar y guardar").click()
    expect(page.get_by_role("alert")).to_contain_text("descargas")
    assert grave_faults(page) == []


def test_at_1280_pixels_every_column_is_in_sight(open_browser, company, bruno):
    page = open_browser(bruno, DESKTOP)
    page.goto(MATRIX)

    region = page.get_by_role("region", name="Personas y permisos")
    assert region.evaluate("element => element.scrollWidth <= element.clientWidth")
