"""Descargas in a browser: from what one has to the files that one needs."""

import hashlib
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from downloads.models import DownloadLog
from tests.e2e.looks import DESKTOP, PHONE_DARK
from tests.factories import DeliveryFactory, UserFactory, release_file

pytestmark = pytest.mark.e2e


@pytest.fixture
def updates(settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"
    for number in (1, 2, 3):
        release = DeliveryFactory(version=f"2026.{number}", published_at=timezone.now() - timedelta(days=9 - number))
        release_file(release, "servidor", f"servidor {number}".encode())
        release_file(release, "web", b"web" if number == 1 else b"otra web")
    return release


@pytest.fixture
def erik(ibarra):
    return UserFactory(company=ibarra, first_name="Erik", can_use_downloads=True)


@pytest.mark.parametrize("look", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE_DARK, id="dark-phone")])
def test_somebody_says_what_they_have_and_takes_what_they_need(open_browser, erik, updates, tmp_path, look):
    page = open_browser(erik, look, accept_downloads=True)
    page.goto("/descargas/")
    expect(page.get_by_role("heading", name="Servidor")).to_be_visible()
    expect(page.get_by_text("Nuevo", exact=True)).to_have_count(1)

    page.get_by_role("link", name="Indicarla").click()
    page.get_by_label("Versión instalada").select_option("2026.1")
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("Con 2 archivos pasa a la 2026.3")).to_be_visible()
    with page.expect_download() as begun:
        page.get_by_role("link", name="Lo que necesita (2").click()
    begun.value.save_as(tmp_path / "taken.zip")

    with zipfile.ZipFile(tmp_path / "taken.zip") as taken:
        assert sorted(taken.namelist()) == ["manifest.csv", "servidor.zip", "web.zip"]
    assert DownloadLog.objects.filter(person=erik).count() == 2


def test_the_hash_is_copied(open_browser, erik, updates):
    page = open_browser(erik, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/descargas/")
    card = page.get_by_role("article").filter(has_text="Servidor")

    card.get_by_text("SHA-256").click()
    card.get_by_role("button", name="Copiar Servidor").click()

    expect(card.get_by_text("Copiado")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == hashlib.sha256(b"servidor 3").hexdigest()


@pytest.mark.parametrize("with_script", [True, False])
def test_support_uploads_a_file_and_sees_what_is_wrong_with_another(open_browser, boss, updates, tmp_path, with_script):
    draft = DeliveryFactory(version="2026.4", state="draft", published_at=None)
    (tmp_path / "servidor.zip").write_bytes(b"s" * 3_000_000)
    page = open_browser(boss, java_script_enabled=with_script)
    page.goto(f"/admin/downloads/delivery/{draft.pk}/change/")

    page.get_by_label("Componente").select_option("Servidor")
    page.get_by_label("Archivo").set_input_files(tmp_path / "servidor.zip")
    page.get_by_label("SHA-256").fill("0" * 64)
    page.get_by_role("button", name="Subir").click()
    expect(page.get_by_text("otro SHA-256")).to_be_visible()
    page.get_by_label("Componente").select_option("Servidor")
    page.get_by_label("Archivo").set_input_files(tmp_path / "servidor.zip")
    page.get_by_label("SHA-256").fill("")
    page.get_by_role("button", name="Subir").click()

    expect(page.get_by_text("está en la actualización")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="servidor.zip").get_by_text("Nuevo")).to_be_visible()
    assert draft.files.count() == 2
