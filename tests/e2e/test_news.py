"""Novedades, from the desk to the customers: written, published, read, filtered, linked; also without script."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from releases.models import Release
from tests.e2e.looks import DESKTOP, PHONE
from tests.factories import ProductFactory, new_note, published

pytestmark = pytest.mark.e2e


@pytest.fixture
def reader(bruno):
    bruno.set_permissions(by=bruno, changes={"can_use_releases": True})
    return bruno


def test_what_staff_publish_is_read_and_found_by_customers(open_browser, boss, reader):
    ProductFactory(name="Evaluaciones")
    desk = open_browser(boss, DESKTOP)
    desk.goto("/admin/releases/release/add/")
    desk.get_by_label("Versión").fill("2026.11")
    row = desk.locator("#notes-0")
    row.get_by_role("combobox").nth(1).select_option("Evaluaciones")
    row.get_by_role("textbox").first.fill("Copiar una **evaluación** entre centros")
    desk.locator("[name=_save]").click()
    release = Release.objects.get()
    customer = open_browser(reader, PHONE)
    customer.goto("/novedades/")
    expect(customer.get_by_text("Todavía no se ha publicado nada")).to_be_visible()

    desk.goto(f"/admin/releases/release/{release.pk}/change/")
    desk.get_by_role("link", name="Publicar").click()
    expect(desk.get_by_text("Se avisará por correo a 0 personas")).to_be_visible()
    desk.get_by_role("button", name="Publicar").click()

    expect(desk.get_by_text(re.compile("Los clientes ven la versión 2026.11"))).to_be_visible()
    customer.reload()
    expect(customer.locator(".note")).to_have_text(
        re.compile("Ampliación.*Evaluaciones.*Copiar una evaluación", re.DOTALL)
    )
    customer.get_by_role("searchbox").last.fill("evaluacion")
    customer.get_by_role("button", name="Buscar").last.click()
    expect(customer.locator(".note")).to_have_count(1)
    customer.get_by_role("link", name="Versión 2026.11").click()
    expect(customer.get_by_role("heading", name="Versión 2026.11")).to_be_visible()
    customer.get_by_role("link", name="Enlace a esta novedad").click()
    expect(customer.locator(".note:target")).to_be_visible()


def test_without_script_one_filters_by_kind_and_module(open_browser, reader):
    release = published("2026.11", at=timezone.now())
    new_note(release, "Lectura de códigos", product=ProductFactory(name="EPIs"))
    new_note(release, "Ya no avisa dos veces", product=ProductFactory(name="CAE"), kind="fix")
    page = open_browser(reader, DESKTOP, java_script_enabled=False)
    page.goto("/novedades/")

    page.get_by_role("link", name="Correcciones").click()
    expect(page.locator(".note")).to_have_text(re.compile("Ya no avisa"))
    page.get_by_role("combobox", name="Módulo").select_option("EPIs")
    page.get_by_role("button", name="Buscar").last.click()

    expect(page.get_by_text("No hay resultados")).to_be_visible()
    page.get_by_role("link", name="Ver todo").click()
    expect(page.locator(".note")).to_have_count(2)
