"""Support prepares an update: files carried on, uploaded, checked, taken out."""

import hashlib
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from downloads import tasks
from downloads.models import Component, Delivery, LastFile, ReleaseFile
from files import janitor
from files.models import StoredFile
from releases.admin import ReleaseAdmin
from releases.models import ReleaseNote
from tests.factories import ComponentFactory, DeliveryFactory, new_note, open_ticket, release_file

pytestmark = pytest.mark.django_db

PROGRAM = b"MZ" + bytes(200)


@pytest.fixture
def former():
    """The update that is out."""
    release = DeliveryFactory(version="2026.1", published_at=timezone.now() - timedelta(days=30))
    release_file(release, "servidor", b"servidor 1")
    release_file(release, "web", b"web 1")
    return release


@pytest.fixture
def draft(former):
    return DeliveryFactory(version="2026.2", state="draft", published_at=None)


@pytest.fixture
def upload(browse, boss):
    """`upload(draft, "servidor", b"…")` by the page, and the page that follows."""

    def upload(release, slug, content, *, name="", sha256="", by=None):
        data = {"component": ComponentFactory(slug=slug).pk, "sha256": sha256}
        data["file"] = SimpleUploadedFile(name or f"{slug}.zip", content)
        url = reverse("admin:downloads_delivery_archivo", args=[release.pk])
        return browse(by or boss).post(url, data, follow=True)

    return upload


def contents(release):
    return {file.component.slug: file.stored.path.read_bytes() for file in release.files.in_cards()}


def on_disk(files_root):
    return [path for path in files_root.rglob("*") if path.is_file()]


def test_what_is_being_prepared_stands_on_top_and_leads_from_notes_to_files(browse, boss, draft, former):
    desk = browse(boss)
    lists = [desk.get(reverse(f"admin:{name}_changelist")) for name in ("releases_release", "downloads_delivery")]
    notes, files = (
        reverse(f"admin:{name}_change", args=[draft.pk]) for name in ("releases_release", "downloads_delivery")
    )

    assert [[str(row) for row in page.context["cl"].result_list] for page in lists] == [["2026.2", "2026.1"]] * 2
    assert f'href="{files}"' in desk.get(notes).content.decode()
    assert f'href="{notes}"' in desk.get(files).content.decode()


# --- carried on ---


def test_a_component_has_an_icon_that_is_there(browse, boss, former):
    component = Component.objects.get(slug="web")
    form = {"name": "Web", "slug": "web", "position": 0, "is_active": "on", "icon": "telaraña"}

    answer = browse(boss).post(reverse("admin:downloads_component_change", args=[component.pk]), form)

    assert "No hay ningún icono con este nombre." in answer.content.decode()


def test_an_update_begins_with_the_files_of_the_last_stored_once(draft, former):
    tasks.carry_files_over()
    tasks.carry_files_over()

    assert contents(draft) == contents(former)
    assert set(draft.files.values_list("stored", "date", "name")) == set(
        former.files.values_list("stored", "date", "name")
    )
    assert StoredFile.objects.count() == 2
    assert not any(file.is_new for file in draft.files.compared(before=former))


def test_what_is_uploaded_is_new_and_the_rest_is_carried_on(draft, former, upload):
    page = upload(draft, "servidor", b"servidor 2")

    assert "está en la actualización" in page.content.decode()
    assert contents(draft) == {"servidor": b"servidor 2", "web": b"web 1"}
    assert contents(former) == {"servidor": b"servidor 1", "web": b"web 1"}
    assert {file.component.slug: file.is_new for file in draft.files.in_cards().compared(before=former)} == {
        "servidor": True,
        "web": False,
    }
    assert draft.files.get(component__slug="servidor").date == timezone.localdate()


def test_an_update_follows_the_last_one_where_nobody_replaced_its_files(draft, former, upload):
    """Another update comes out while this one is prepared: it must not bring the old files back."""
    tasks.carry_files_over()
    upload(draft, "web", b"web de la 2")
    between = DeliveryFactory(version="2026.1.1")
    release_file(between, "servidor", b"servidor urgente")
    release_file(between, "web", b"web urgente")

    tasks.carry_files_over()

    assert contents(draft) == {"servidor": b"servidor urgente", "web": b"web de la 2"}


def test_a_component_that_is_no_longer_delivered_is_not_carried_on(draft, former):
    component = former.files.get(component__slug="web").component
    component.is_active = False
    component.save()

    tasks.carry_files_over()

    assert set(contents(draft)) == {"servidor"}


def test_a_release_of_notes_alone_that_is_out_stays_without_files(former):
    notes = DeliveryFactory(version="2026.1.5")

    tasks.carry_files_over()

    assert not notes.files.exists()


# --- uploading ---


def test_a_program_is_taken_and_its_hash_is_the_one_expected(draft, upload):
    digest = hashlib.sha256(PROGRAM).hexdigest()

    page = upload(draft, "servidor", PROGRAM, name="setup.exe", sha256=f" {digest.upper()} ")

    assert page.status_code == 200 and digest in page.content.decode()
    assert contents(draft)["servidor"] == PROGRAM


def test_another_hash_is_refused_and_nothing_stays(draft, former, upload, files_root):
    before = on_disk(files_root)

    page = upload(draft, "servidor", PROGRAM, sha256="0" * 64)

    assert "otro SHA-256" in page.content.decode()
    assert not draft.files.exists()
    assert on_disk(files_root) == before


def test_what_is_too_large_or_empty_is_refused_in_words_and_nothing_stays(draft, upload, settings, files_root):
    settings.RELEASE_FILE_MEGABYTES = 1
    before = on_disk(files_root)

    large = upload(draft, "servidor", b"x" * (2**20 + 1)).content.decode()
    empty = upload(draft, "servidor", b"").content.decode()

    assert "1 MB" in large
    assert "vacío" in empty
    assert not draft.files.exists()
    assert on_disk(files_root) == before


def test_a_large_one_is_no_matter_of_the_limit_of_tickets(draft, upload, settings):
    settings.FILE_MEGABYTES = 1

    upload(draft, "servidor", b"x" * (3 * 2**20))

    assert len(contents(draft)["servidor"]) == 3 * 2**20


def test_an_upload_that_breaks_off_leaves_nothing(browse, boss, draft, files_root):
    before = on_disk(files_root)
    url = reverse("admin:downloads_delivery_archivo", args=[draft.pk])
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n' + b"a" * 200_000

    browse(boss).generic("POST", url, part, content_type="multipart/form-data; boundary=x")

    assert not draft.files.exists()
    assert on_disk(files_root) == before


def test_the_same_content_again_changes_nothing_and_is_stored_once(draft, former, upload):
    upload(draft, "servidor", b"servidor 1")

    file = draft.files.get(component__slug="servidor")
    assert (file.is_carried, file.stored) == (True, former.files.get(component__slug="servidor").stored)
    assert StoredFile.objects.count() == 2


def test_a_content_of_long_ago_comes_back_with_its_date(draft, former, upload):
    upload(draft, "servidor", b"servidor 2")
    upload(draft, "servidor", b"servidor 1")

    file, old = draft.files.get(component__slug="servidor"), former.files.get(component__slug="servidor")
    assert (file.stored, file.date) == (old.stored, old.date)
    assert StoredFile.objects.count() == 2  # the second one was in no update any more


@pytest.mark.parametrize("deed", ["archivo", "quitar"])
def test_an_update_that_is_out_does_not_change(browse, boss, former, upload, deed):
    before = contents(former)
    file = former.files.first()

    if deed == "archivo":
        page = upload(former, "servidor", b"otro")
    else:
        url = reverse("admin:downloads_delivery_quitar", args=[former.pk])
        page = browse(boss).post(url, {"file": file.token}, follow=True)

    assert "ya está publicada" in page.content.decode()
    assert contents(former) == before


def test_taken_out_but_for_the_last_one(draft, upload):
    upload(draft, "servidor", b"servidor 2")

    draft.take_out(draft.files.get(component__slug="servidor"), at=timezone.now())
    with pytest.raises(LastFile):
        draft.take_out(draft.files.get(), at=timezone.now())

    assert set(contents(draft)) == {"web"}
    assert StoredFile.objects.count() == 2


def test_a_draft_is_discarded_with_its_files_and_nobody_elses(browse, boss, draft, former, upload):
    upload(draft, "servidor", b"servidor 2")

    browse(boss).post(reverse("admin:downloads_delivery_descartar", args=[draft.pk]))
    browse(boss).post(reverse("admin:downloads_delivery_descartar", args=[former.pk]))

    assert list(Delivery.objects.all()) == [former]
    assert contents(former) == {"servidor": b"servidor 1", "web": b"web 1"}
    assert StoredFile.objects.count() == 2


@pytest.fixture
def delete(browse, boss):
    """`delete(draft)`: what the page of a release asks, and what follows the answer."""

    def delete(release):
        url = reverse("admin:releases_release_delete", args=[release.pk])
        asked = browse(boss).get(url)
        return asked, browse(boss).post(url, {"post": "yes"}, follow=True)

    return delete


def test_a_draft_is_deleted_after_its_files_were_named_and_nothing_is_left(draft, former, upload, delete, files_root):
    before = on_disk(files_root)
    upload(draft, "servidor", b"servidor 2", name="servidor-2.zip")
    new_note(draft)

    asked, _answer = delete(draft)
    janitor.remove_unnamed(at=timezone.now() + timedelta(days=2))

    assert "Archivo de una actualización: servidor-2.zip" in asked.content.decode()
    assert (list(Delivery.objects.all()), ReleaseNote.objects.count()) == ([former], 0)
    assert contents(former) == {"servidor": b"servidor 1", "web": b"web 1"}
    assert on_disk(files_root) == before


def test_one_that_is_out_is_not_deleted(former, delete):
    asked, answer = delete(former)

    assert (asked.status_code, answer.status_code) == (403, 403)
    assert former.files.count() == 2


def test_a_draft_stays_while_a_ticket_waits_for_it(draft, upload, delete, ana, boss):
    upload(draft, "servidor", b"servidor 2")
    open_ticket(ana).schedule(by=boss, note=new_note(draft))

    asked, _answer = delete(draft)

    assert "IBA-1 No arranca" in asked.content.decode()
    assert contents(draft)["servidor"] == b"servidor 2"


def test_what_was_published_while_the_page_was_open_stays(draft, upload, browse, boss, monkeypatch):
    """It was still a draft when the admin asked whether it may be deleted."""
    upload(draft, "servidor", b"servidor 2")
    desk, url = browse(boss), reverse("admin:releases_release_delete", args=[draft.pk])
    monkeypatch.setattr(ReleaseAdmin, "has_delete_permission", lambda *_args: True)
    draft.publish(at=timezone.now(), tell=False)

    page = desk.post(url, {"post": "yes"}, follow=True)

    assert "ya está publicada" in page.content.decode()
    assert contents(draft)["servidor"] == b"servidor 2"


def test_agents_look_and_do_not_touch(browse, agent, draft, former, upload):
    assert upload(draft, "servidor", b"x", by=agent).status_code == 403
    page = browse(agent).get(reverse("admin:downloads_delivery_change", args=[former.pk]))

    assert "servidor.zip" in page.content.decode() and "data-upload" not in page.content.decode()


def test_a_form_without_its_token_is_refused_before_it_is_kept(browse, boss, draft, files_root):
    before = on_disk(files_root)
    data = {"component": ComponentFactory(slug="web").pk, "file": SimpleUploadedFile("a.zip", b"a")}
    url = reverse("admin:downloads_delivery_archivo", args=[draft.pk])

    assert browse(boss, enforce_csrf_checks=True).post(url, data).status_code == 403
    assert on_disk(files_root) == before


# --- a folder at once ---


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "build"
    path.mkdir()
    return path


def publish(version, folder, *options):
    out = StringIO()
    call_command("publish_files", version, str(folder), *options, stdout=out)
    return out.getvalue()


def test_files_find_their_components(draft, former, folder):
    ComponentFactory(slug="servidor-de-informes")
    ComponentFactory(slug="cliente", file_names="setup-client-*.msi")
    for name in ("Servidor-2026.2.zip", "servidor-de-informes_2.zip", "Setup-Client-2.MSI", "LEEME.txt", ".oculto"):
        (folder / name).write_bytes(name.encode())

    report = publish("2026.2", folder)

    assert "LEEME.txt: no es de ningún componente" in report
    assert {file.component.slug: file.name for file in draft.files.in_cards()} == {
        "servidor": "Servidor-2026.2.zip",
        "servidor-de-informes": "servidor-de-informes_2.zip",
        "cliente": "Setup-Client-2.MSI",
        "web": "web.zip",
    }


def test_a_rehearsal_changes_nothing(draft, folder, files_root):
    (folder / "servidor.zip").write_bytes(b"servidor 2")
    before = on_disk(files_root)

    report = publish("2026.2", folder, "--dry-run")

    assert "por incorporar: 1" in report and hashlib.sha256(b"servidor 2").hexdigest() in report
    assert not draft.files.exists()
    assert on_disk(files_root) == before


def test_again_it_does_nothing_even_when_the_update_is_out(draft, folder, files_root):
    (folder / "servidor.zip").write_bytes(b"servidor 2")
    publish("2026.2", folder)
    rows, before = list(ReleaseFile.objects.values()), on_disk(files_root)
    Delivery.objects.filter(pk=draft.pk).update(state="published", published_at=timezone.now())

    assert "Sin cambios: 1" in publish("2026.2", folder)
    assert list(ReleaseFile.objects.values()) == rows
    assert on_disk(files_root) == before


@pytest.mark.parametrize("name", ["servidor-otra.zip", "web.zip"])
def test_one_file_in_the_way_and_nothing_is_changed(draft, folder, name, files_root):
    (folder / "servidor.zip").write_bytes(b"servidor 2")
    (folder / name).write_bytes(b"" if name == "web.zip" else b"otra")
    before = on_disk(files_root)

    with pytest.raises(CommandError, match="no se ha cambiado nada"):
        publish("2026.2", folder)

    assert not draft.files.exists()
    assert on_disk(files_root) == before


def test_one_that_is_out_is_filled_once(former, folder):
    """Imported releases are out and have no files."""
    imported = DeliveryFactory(version="2026.3")
    (folder / "servidor.zip").write_bytes(b"servidor 3")
    publish("2026.3", folder)
    assert contents(imported) == {"servidor": b"servidor 3", "web": b"web 1"}

    (folder / "servidor.zip").write_bytes(b"servidor 4")
    with pytest.raises(CommandError, match="ya está publicada"):
        publish("2026.3", folder)
    assert contents(imported)["servidor"] == b"servidor 3"


@pytest.mark.parametrize(("version", "path"), [("1999.1", "."), ("2026.2", "no-hay")])
def test_a_release_or_a_folder_that_is_not_there(draft, tmp_path, version, path):
    with pytest.raises(CommandError):
        publish(version, tmp_path / path)


def test_no_room_on_the_disk_changes_nothing(draft, former, folder, monkeypatch, files_root):
    def full(*_args):
        raise OSError(28, "No space left on device")

    (folder / "servidor.zip").write_bytes(b"servidor 2")
    before = on_disk(files_root)
    monkeypatch.setattr("files.disk.sync", full)

    with pytest.raises(CommandError):
        publish("2026.2", folder)

    assert not draft.files.exists()
    assert on_disk(files_root) == before
