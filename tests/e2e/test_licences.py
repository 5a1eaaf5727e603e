"""From the file that support drops to the one that the company has applied."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import AuditEntry
from contracts import radar
from contracts.models import LicenceFile
from mail.models import OutgoingMail
from tests.e2e.looks import PHONE
from tests.factories import licence_file

pytestmark = pytest.mark.e2e


def test_a_licence_file_goes_from_the_desk_to_the_server(open_browser, ana, bruno, boss):
    ana.set_permissions(by=bruno, changes={"receives_licence_files": True})
    today = ana.company.today()
    licence_file(
        ana.company, starts=today - timedelta(days=300), until=today + timedelta(days=5), by=boss, applied=True
    )
    name = f"IBA_{today + timedelta(days=6)}_{today + timedelta(days=300)}.lic"

    desk = open_browser(boss)
    desk.goto("/admin/contracts/licencefile/add/")
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": b"la licencia\r\n\xff"}
    desk.get_by_label("Archivos de licencia:").set_input_files([file])
    desk.get_by_role("button", name="Ver de quién son").click()
    expect(desk.get_by_role("row", name=name)).to_contain_text("IBA Talleres Ibarra")
    assert LicenceFile.objects.count() == 1
    desk.get_by_role("button", name="Guardar exactamente estos").click()
    expect(desk.get_by_text("Se ha guardado 1 archivo de licencia.")).to_be_visible()

    radar.sweep(at=timezone.now())
    assert OutgoingMail.objects.get(kind="licence_file_sent").address == ana.email

    page = open_browser(ana, PHONE)
    page.goto("/gestion/")
    page.get_by_role("link", name="Licencias y módulos").click()
    expect(page.get_by_role("heading", name="La licencia caduca pronto")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("listitem").filter(has_text=name).get_by_role("link", name="Descargar").click()
    assert started.value.path().read_bytes() == b"la licencia\r\n\xff"
    assert AuditEntry.objects.filter(kind=AuditEntry.Kind.LICENCE_DOWNLOADED).count() == 1
    page.get_by_role("button", name="Ya lo he aplicado").click()
    expect(page.get_by_text("Anotado: el archivo está aplicado.")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=name)).to_contain_text("Aplicado según Ana Ruiz")

    other = open_browser(bruno)
    other.goto("/gestion/licencias/")
    expect(other.get_by_role("heading", name="Licencias y módulos")).to_be_visible()
    expect(other.get_by_text(name)).to_have_count(0)
