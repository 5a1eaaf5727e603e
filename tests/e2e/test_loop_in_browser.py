"""From the error to the version that mends it, for two companies that never learn of each other."""

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from contracts.models import Subscription
from downloads.models import DownloadLog, ReleaseFile
from mail.models import OutgoingMail
from tests.e2e.looks import DESKTOP, PHONE
from tests.factories import ComponentFactory, DeliveryFactory, ProductFactory, new_note, open_ticket, release_file
from tickets import tasks

pytestmark = pytest.mark.e2e

FIX = "La planificación de Getafe ya no se queda en blanco."


@pytest.fixture
def readers(ana, bruno, carla):
    """They read what is new and update the product."""
    flags = {"can_use_releases": True, "can_use_downloads": True}
    ana.set_permissions(by=bruno, changes=flags)
    carla.set_permissions(by=carla, changes=flags)


@pytest.fixture
def update(settings, tmp_path, norte):
    """A version in the making: the server is everybody's, the reports are of a module that only Norte has."""
    settings.FILES_ROOT = tmp_path / "files"
    reports = ProductFactory(name="Informes")
    Subscription.objects.create(company=norte, product=reports, starts=date(2020, 1, 1))
    draft = DeliveryFactory(version="2026.12", state="draft", published_at=None)
    release_file(draft, "servidor", b"el servidor que lo corrige")
    release_file(draft, component=ComponentFactory(slug="informes", product=reports), content=b"los informes")
    new_note(draft, FIX, kind="fix")
    return draft


def tie(desk, ticket) -> None:
    """Support says that the fix solves the ticket."""
    desk.goto(reverse("admin:tickets_ticket_change", args=[ticket.pk]))
    desk.get_by_role("link", name="Elegir qué lo resuelve").click()
    desk.get_by_role("button", name="Esta lo resuelve").filter(has_text=FIX).click()
    expect(desk.get_by_text("Queda anotado qué versión resuelve el ticket.")).to_be_visible()


def publish(desk, release) -> None:
    desk.goto(reverse("admin:releases_release_change", args=[release.pk]))
    desk.get_by_role("link", name="Publicar").click()
    desk.get_by_role("button", name="Publicar").click()
    expect(desk.get_by_text("Los clientes ven la versión 2026.12")).to_be_visible()


def expect_own_tickets(page, number: int) -> None:
    """What is new names the reader's own ticket at the fix, and no other."""
    page.get_by_role("link", name="Qué ha cambiado").click()
    note = page.locator(".note:target")
    expect(note).to_contain_text(FIX)
    expect(note.get_by_role("link", name="su ticket")).to_have_text([f"su ticket #{number}"])
    page.goto("/novedades/?pedidas=1")
    expect(page.get_by_role("link", name="su ticket")).to_have_text([f"su ticket #{number}"])
    page.get_by_role("link", name="su ticket").click()


@pytest.mark.usefixtures("readers")
def test_two_companies_hear_of_the_fix_install_it_and_say_if_it_works(
    open_browser, ana, carla, agent, boss, update, tmp_path
):
    open_ticket(carla, subject="Otra cosa")
    hers, theirs = open_ticket(ana, subject="Getafe en blanco"), open_ticket(carla, subject="No se ve Getafe")
    support = hers.topic.department.email
    desk = open_browser(agent)
    tie(desk, hers)
    tie(desk, theirs)
    publish(open_browser(boss), update)
    tasks.tell_of_releases()

    told = {mail.address: mail.text for mail in OutgoingMail.objects.filter(kind="ticket_available")}
    assert set(told) == {ana.email, carla.email}
    assert ("/tickets/1/" in told[ana.email], "informes.zip" in told[ana.email]) == (True, False)
    assert ("/tickets/2/" in told[carla.email], "informes.zip" in told[carla.email]) == (True, True)

    page = open_browser(ana, DESKTOP, expecting=[404], accept_downloads=True)
    page.goto("/tickets/1/")
    expect(page.get_by_text("La versión 2026.12 está publicada y trae la solución")).to_be_visible()
    expect_own_tickets(page, 1)
    page.get_by_role("link", name="Ir a los archivos").click()
    expect(page.get_by_role("article").get_by_role("heading")).to_have_text(["Servidor"])
    with page.expect_download() as begun:
        page.get_by_role("link", name="Descargar Servidor").click()
    assert begun.value.path().read_bytes() == b"el servidor que lo corrige"
    assert page.goto(ReleaseFile.objects.get(name="informes.zip").get_absolute_url()).status == 404
    assert list(DownloadLog.objects.values_list("person", "file__name")) == [(ana.pk, "servidor.zip")]
    page.goto("/tickets/1/")
    page.get_by_role("button", name="Sí, está resuelto").click()
    expect(page.get_by_role("main").get_by_text("Resuelto", exact=True).first).to_be_visible()
    expect(page.get_by_role("heading", name="¿Ha quedado resuelto?")).to_have_count(0)

    phone = open_browser(carla, PHONE)
    phone.goto("/tickets/2/")
    expect_own_tickets(phone, 2)
    phone.get_by_role("link", name="Ir a los archivos").click()
    expect(phone.get_by_role("article").get_by_role("heading")).to_have_text(["Informes", "Servidor"])
    phone.goto("/tickets/2/")
    phone.get_by_role("link", name="No, cuento qué ocurre").click()
    phone.get_by_label("Su respuesta").fill("Con la 2026.12 sigue igual.")
    phone.get_by_role("button", name="Responder").click()
    expect(phone.get_by_role("article").last).to_contain_text("Con la 2026.12 sigue igual.")
    expect(phone.get_by_role("heading", name="¿Ha quedado resuelto?")).to_have_count(0)

    hers.refresh_from_db()
    theirs.refresh_from_db()
    assert (hers.status, theirs.status) == ("closed", "open")
    assert OutgoingMail.objects.filter(kind="ticket_replied_for_support", address=support).count() == 1
