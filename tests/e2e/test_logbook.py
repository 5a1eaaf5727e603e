"""The logbook and the company's data, as a manager uses them."""

import pytest
from playwright.sync_api import expect

from accounts.models import CompanyProposal
from tests.e2e.looks import PHONE_DARK
from tests.e2e.steps import overflow
from tests.e2e.test_pages import BOTH_LIGHTS, grave_faults
from tests.factories import PASSWORD

pytestmark = pytest.mark.e2e


def test_a_manager_finds_who_changed_what_and_keeps_it_as_a_file(open_browser, bruno, ana, diego):
    ana.set_permissions(by=bruno, changes={"can_use_downloads": True})
    diego.deactivate(by=bruno)
    page = open_browser(bruno)
    page.goto("/gestion/")
    page.get_by_role("link", name="Registro").click()
    lines = page.get_by_role("main").get_by_role("listitem")
    expect(lines).to_have_count(2)

    page.get_by_text("Filtros", exact=True).click()
    page.get_by_label("Quién lo hizo, o a quién").select_option("Ana Ruiz")
    page.get_by_role("button", name="Aplicar").click()

    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Bruno Etxeberria cambió los permisos de Ana Ruiz: gana descargas")
    page.get_by_role("link", name="Exportar lo filtrado").click()
    page.get_by_label("Contraseña").fill(PASSWORD)
    page.get_by_role("button", name="Continuar").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Exportar lo filtrado").click()
    assert "cambió los permisos de Ana Ruiz" in download.value.path().read_text("utf-8-sig")


@BOTH_LIGHTS
def test_a_correction_is_asked_for_seen_as_pending_and_withdrawn(open_browser, bruno, look):
    page = open_browser(bruno, look)
    page.goto("/empresa/")
    page.get_by_role("link", name="Pedir una corrección").click()
    page.get_by_label("Nombre").fill("")
    page.get_by_role("button", name="Enviar a soporte").click()
    expect(page.get_by_label("Nombre")).to_have_attribute("aria-invalid", "true")
    assert grave_faults(page) == []

    page.get_by_label("Nombre").fill("Ibarra, S.A.")
    page.get_by_role("button", name="Enviar a soporte").click()

    expect(page.get_by_role("heading", name="pendiente")).to_be_visible()
    assert grave_faults(page) == []
    assert overflow(page) == 0
    page.get_by_role("button", name="Retirarla").click()
    expect(page.get_by_role("link", name="Pedir una corrección")).to_be_visible()
    assert CompanyProposal.objects.get().state == "withdrawn"


def test_support_accepts_a_correction_and_the_company_shows_it(open_browser, bruno, ana, boss):
    CompanyProposal.objects.propose(by=bruno, company=bruno.company, data={"phone": "945 000 000"})
    desk = open_browser(boss)
    desk.goto("/admin/accounts/companyproposal/")
    desk.get_by_role("link", name="Talleres Ibarra").first.click()

    desk.get_by_role("button", name="Aceptar y cambiar los datos").click()

    page = open_browser(ana, PHONE_DARK)
    page.goto("/empresa/")
    expect(page.get_by_role("link", name="945 000 000")).to_be_visible()
