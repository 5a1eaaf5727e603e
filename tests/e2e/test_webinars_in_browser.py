"""Webinars in a browser: taking part by keyboard, and a film whose chapters jump."""

import copy
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.e2e.looks import DESKTOP, PHONE_DARK
from tests.e2e.steps import tab_to
from tests.factories import UserFactory, film, planned, recorded
from webinars.models import Registration, Sighting, Webinar

pytestmark = pytest.mark.e2e

PLACE = "() => document.querySelector('video').currentTime"


@pytest.fixture(autouse=True)
def files_root(settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"


@pytest.fixture
def erik(ibarra):
    return UserFactory(company=ibarra, first_name="Erik", can_use_webinars=True)


@pytest.fixture
def recording(files_root):
    row = recorded("Entregas de EPIs", length=90)
    row.set_chapters([(0, "Presentación"), (40, "Firmar en el móvil"), (70, "Preguntas")])
    return row


def test_somebody_registers_takes_the_entry_and_joins_by_keyboard(open_browser, erik, tmp_path):
    row = planned("La sala", begins=timezone.now() + timedelta(minutes=10), join_url="https://reuniones.acme.example/1")
    page = open_browser(erik, accept_downloads=True)
    page.goto("/inicio/")

    tab_to(page.get_by_role("link", name="Ver todos los webinars"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Webinars")
    tab_to(page.get_by_role("button", name="Inscribirme La sala"))
    page.keyboard.press("Enter")

    expect(page.get_by_role("status").get_by_text("Se lo recordaremos por correo")).to_be_visible()
    assert Registration.objects.in_force().filter(person=erik, webinar=row).exists()
    with page.expect_download() as begun:
        tab_to(page.get_by_role("link", name="Añadir a mi calendario"))
        page.keyboard.press("Enter")
    begun.value.save_as(tmp_path / "webinar.ics")
    assert "SUMMARY:La sala" in (tmp_path / "webinar.ics").read_text()
    expect(page.get_by_role("link", name="Entrar")).to_have_attribute("href", row.join_url)
    tab_to(page.get_by_role("button", name="Anular mi inscripción"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Inscribirme")).to_be_visible()
    expect(page.get_by_role("link", name="Entrar")).to_have_count(0)


@pytest.mark.parametrize("look", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE_DARK, id="dark-phone")])
def test_a_chapter_jumps_in_the_film(open_browser, erik, recording, look):
    page = open_browser(erik, look)
    page.goto(recording.get_absolute_url())
    page.wait_for_function("() => document.querySelector('video').duration === 90")

    page.get_by_role("link", name="0:40 Firmar en el móvil").focus()
    page.keyboard.press("Enter")

    page.wait_for_function("() => document.querySelector('video').currentTime >= 40")
    assert page.evaluate(PLACE) < 69
    expect(page.get_by_role("link", name="0:40 Firmar en el móvil")).to_have_attribute("aria-current", "true")
    expect(page.locator("video")).to_be_focused()
    assert page.url.endswith(recording.get_absolute_url())


def test_without_scripts_a_chapter_opens_the_film_at_its_place(open_browser, erik, recording):
    page = open_browser(erik)
    page.route("**/chapters.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(recording.get_absolute_url())

    page.get_by_role("link", name="1:10 Preguntas").click()

    expect(page).to_have_url(f"{recording.get_absolute_url()}?desde=70#video")
    page.wait_for_function("() => document.querySelector('video')?.currentTime === 70")


def test_what_was_seen_leaves_the_list_of_what_was_not(open_browser, erik, recording):
    page = open_browser(erik)
    page.goto("/webinars/")
    page.get_by_role("link", name="No vistas").click()
    page.get_by_role("link", name="Entregas de EPIs").click()

    page.get_by_role("button", name="Marcar como visto").click()

    expect(page.get_by_role("button", name="Marcar como no visto")).to_be_visible()
    assert Sighting.objects.filter(person=erik).count() == 1
    page.goto("/webinars/?ver=no-vistos")
    expect(page.get_by_text("Las ha visto todas")).to_be_visible()


def test_a_film_of_an_allowed_host_stands_in_the_page(open_browser, erik, settings):
    settings.VIDEO_HOSTS = ["player.vimeo.com"]
    settings.CONTENT_SECURITY_POLICY = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["frame-src"] = ["https://player.vimeo.com"]
    row = recorded("Desde fuera", embed_url="https://player.vimeo.com/video/1")
    page = open_browser(erik)
    answer = {"body": "<p>La película</p>", "content_type": "text/html; charset=utf-8"}
    page.route("https://player.vimeo.com/**", lambda route: route.fulfill(**answer))

    page.goto(row.get_absolute_url())

    expect(page.frame_locator("iframe[title='Vídeo: Desde fuera']").get_by_text("La película")).to_be_visible()


def test_support_uploads_a_recording_and_publishes_it(open_browser, boss, erik, tmp_path):
    row = planned("Recién terminado", begins=timezone.now() - timedelta(hours=2))
    (tmp_path / "grabacion.webm").write_bytes(film(30))
    page = open_browser(boss)
    page.goto(f"/admin/webinars/webinar/{row.pk}/archivos/")

    page.get_by_label("Archivo").set_input_files(tmp_path / "grabacion.webm")
    page.get_by_role("button", name="Subir").click()
    expect(page.get_by_role("cell", name="grabacion.webm")).to_be_visible()
    page.goto(f"/admin/webinars/webinar/{row.pk}/change/")
    page.get_by_role("button", name="Publicar la grabación").click()
    expect(page.get_by_text("Se ha publicado la grabación")).to_be_visible()

    assert Webinar.objects.get(pk=row.pk).is_recorded


def test_support_writes_a_webinar_and_announces_it(open_browser, boss):
    page = open_browser(boss)
    page.goto("/admin/webinars/webinar/add/")
    page.get_by_label("Título").fill("Planificación del año")
    page.get_by_label("Día").fill("2126-12-03")
    page.get_by_label("Hora").fill("10:00")
    page.get_by_role("button", name="Guardar y continuar editando").click()
    page.get_by_role("link", name="Anunciar").click()
    page.get_by_role("button", name="Anunciar").click()

    expect(page.get_by_text("Los clientes ven «Planificación del año»")).to_be_visible()
    row = Webinar.objects.get()
    assert (row.slug, row.state, timezone.localtime(row.starts_at).hour) == ("planificacion-del-ano", "planned", 10)
