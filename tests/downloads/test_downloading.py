"""Taking files: whole, in parts, as archives; each download written down once."""

import csv
import hashlib
import io
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import limits
from downloads import tasks
from downloads.models import Bundle, DownloadLog
from files import janitor
from files.models import StoredFile
from portal.invariants import check
from portal.invariants.looking import Look
from tests.factories import DeliveryFactory, release_file

pytestmark = pytest.mark.django_db

BODY = bytes(range(256)) * 400


@pytest.fixture
def file():
    return release_file(DeliveryFactory(version="2026.5"), content=BODY, name="servidor-2026.5.zip")


@pytest.fixture
def three():
    """Three files of a release, one of them new."""
    before, release = DeliveryFactory(version="2026.4", published_at=timezone.now() - timedelta(days=9)), None
    release = DeliveryFactory(version="2026.5")
    for slug, old, new in (("servidor", b"viejo", b"nuevo" * 99), ("web", b"igual", b"igual"), ("app", b"app", b"app")):
        release_file(before, slug, old)
        release_file(release, slug, new)
    return release


def body_of(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_a_file_arrives_whole_and_its_hash_is_the_one_on_the_page(browse, ana, file):
    page = browse(ana).get("/descargas/").content.decode()
    answer = browse(ana).get(file.get_absolute_url())

    assert body_of(answer) == BODY
    assert hashlib.sha256(BODY).hexdigest() in page
    assert 'filename="servidor-2026.5.zip"' in answer["Content-Disposition"]
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_download_that_broke_off_goes_on_and_is_one(browse, ana, file):
    browser = browse(ana)
    browser.get(file.get_absolute_url())
    rest = browser.get(file.get_absolute_url(), headers={"Range": "bytes=1000-"})

    assert (rest.status_code, body_of(rest)) == (206, BODY[1000:])
    assert DownloadLog.objects.count() == 1


def test_whoever_begins_by_a_part_is_written_down_too(browse, ana, file):
    for first in (0, 400, 800):
        browse(ana).get(file.get_absolute_url(), headers={"Range": f"bytes={first}-{first + 399}"})

    line = DownloadLog.objects.get()
    assert (line.person, line.company, line.file) == (ana, ana.company, file)


def test_a_part_asked_for_a_day_later_is_another_download(ana, file):
    at = timezone.now()
    DownloadLog.objects.note([file], by=ana, at=at - timedelta(hours=25))

    assert DownloadLog.objects.note([file], by=ana, at=at, is_part=True) == 1


def test_taken_twice_is_written_down_twice_and_looked_at_never(browse, ana, file):
    for _time in range(2):
        browse(ana).get(file.get_absolute_url())
    browse(ana).head(file.get_absolute_url())
    tag = f'"{file.stored.sha256}"'
    assert browse(ana).get(file.get_absolute_url(), headers={"If-None-Match": tag}).status_code == 304

    assert DownloadLog.objects.count() == 2


@pytest.mark.parametrize("location", ["", "/_stored/"])
def test_what_lies_beyond_the_end_is_416_and_no_download(browse, ana, file, settings, location):
    settings.FILES_ACCEL_LOCATION = location

    answer = browse(ana).get(file.get_absolute_url(), headers={"Range": "bytes=999999-"})

    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(BODY)}")
    assert not DownloadLog.objects.exists()


def test_in_production_the_web_server_sends_it(browse, ana, file, settings):
    settings.FILES_ACCEL_LOCATION = "/_stored/"

    answer = browse(ana).get(file.get_absolute_url())

    assert answer["X-Accel-Redirect"].endswith(file.stored.key)
    assert answer.content == b""
    assert DownloadLog.objects.count() == 1


def test_a_script_that_takes_everything_meets_the_limit(browse, ana, file, monkeypatch):
    monkeypatch.setitem(limits.LIMITS, "download", limits.Limit(1, limits.HOUR, (limits.person,)))
    browser = browse(ana)
    browser.get(file.get_absolute_url())

    assert browser.get(file.get_absolute_url()).status_code == 429
    assert DownloadLog.objects.count() == 1


def test_a_file_that_is_lost_is_404(browse, ana, file):
    file.stored.path.unlink()

    assert browse(ana).get(file.get_absolute_url()).status_code == 404
    assert browse(ana).get("/descargas/2026.5/zip/todos/").status_code == 404
    assert not DownloadLog.objects.exists()


# --- archives ---


def test_the_archive_holds_the_files_and_a_list_of_them(browse, ana, three):
    answer = browse(ana).get("/descargas/2026.5/zip/todos/")
    body = body_of(answer)

    with zipfile.ZipFile(io.BytesIO(body)) as zipped:
        assert zipped.testzip() is None
        listed = {row["name"]: row for row in csv.DictReader(io.StringIO(zipped.read("manifest.csv").decode()))}
        held = {name: zipped.read(name) for name in zipped.namelist() if name != "manifest.csv"}
    assert int(answer["Content-Length"]) == len(body)
    assert held == {"servidor.zip": b"nuevo" * 99, "web.zip": b"igual", "app.zip": b"app"}
    assert {name: (row["bytes"], row["sha256"]) for name, row in listed.items()} == {
        name: (str(len(content)), hashlib.sha256(content).hexdigest()) for name, content in held.items()
    }
    assert DownloadLog.objects.count() == 3


def test_the_new_ones_alone(browse, ana, three):
    with zipfile.ZipFile(io.BytesIO(body_of(browse(ana).get("/descargas/2026.5/zip/nuevos/")))) as zipped:
        assert set(zipped.namelist()) == {"manifest.csv", "servidor.zip"}


def test_files_of_one_name_lie_in_folders(browse, ana):
    release = DeliveryFactory(version="2026.6")
    for slug in ("servidor", "web"):
        release_file(release, slug, slug.encode(), name="setup.exe")

    with zipfile.ZipFile(io.BytesIO(body_of(browse(ana).get("/descargas/2026.6/zip/todos/")))) as zipped:
        assert set(zipped.namelist()) == {"manifest.csv", "servidor/setup.exe", "web/setup.exe"}


def test_streamed_until_it_is_built_and_then_with_ranges(browse, ana, three):
    browser = browse(ana)
    streamed = browser.get("/descargas/2026.5/zip/todos/", headers={"Range": "bytes=10-"})
    tasks.build_archives()
    built = browser.get("/descargas/2026.5/zip/todos/")
    whole = body_of(built)
    rest = browser.get("/descargas/2026.5/zip/todos/", headers={"Range": "bytes=10-"})

    assert (streamed.status_code, streamed["Accept-Ranges"]) == (200, "none")
    assert (built.status_code, built["Accept-Ranges"]) == (200, "bytes")
    assert (rest.status_code, body_of(rest)) == (206, whole[10:])
    assert zipfile.ZipFile(io.BytesIO(whole)).testzip() is None


def test_one_archive_for_each_set_of_contents(browse, ana, carla, three):
    for person in (ana, carla, ana):
        browse(person).get("/descargas/2026.5/zip/todos/")
    browse(ana).get("/descargas/2026.5/zip/nuevos/")
    tasks.build_archives()
    tasks.build_archives()

    assert Bundle.objects.count() == 2
    assert StoredFile.objects.filter(bundle__isnull=False).count() == 2


def test_a_worker_that_dies_is_followed_by_another(ana, three):
    now = timezone.now()
    bundle = Bundle.objects.ask_for(list(three.files.in_cards()), at=now)
    assert bundle._claim(now)

    assert Bundle.objects.build_due(at=now) == 0
    assert Bundle.objects.build_due(at=now + Bundle.LEASE) == 1


def test_a_slow_worker_leaves_no_second_archive(three, files_root):
    now = timezone.now()
    slow = Bundle.objects.ask_for(list(three.files.in_cards()), at=now)
    quick = Bundle.objects.get()
    slow.build(at=now)
    quick.attempts, quick.stored = 1, None
    Bundle.objects.update(stored=None)
    StoredFile.objects.filter(content_type="application/zip").exclude(release_files__isnull=False).delete()
    slow = Bundle.objects.get()

    slow.build(at=now)
    Bundle.objects.filter(stored=None).update(attempts=0)
    assert not Bundle.objects.get().build(at=now)
    assert StoredFile.objects.filter(bundle__isnull=False).count() == 1


def test_what_nobody_takes_for_a_month_goes(three):
    now = timezone.now()
    Bundle.objects.ask_for(list(three.files.in_cards()), at=now)
    tasks.build_archives()

    Bundle.objects.tidy(at=now + timedelta(days=29))
    assert Bundle.objects.count() == 1
    Bundle.objects.tidy(at=now + timedelta(days=31))
    assert not StoredFile.objects.filter(content_type="application/zip", release_files=None).exists()


def test_archives_and_files_are_known_to_the_janitor_and_the_invariants(three):
    now = timezone.now()
    Bundle.objects.ask_for(list(three.files.in_cards()), at=now)
    tasks.build_archives()

    assert list(janitor.unnamed(at=now + timedelta(days=3))) == []
    assert [result.told for result in check(Look(at=now + timedelta(days=3))) if result.invariant.id == "I8"] == [[]]


# --- the antivirus ---


def test_nobody_takes_what_is_withheld_nor_half_an_update(browse, ana, three):
    file = three.files.get(component__slug="servidor")
    StoredFile.objects.filter(pk=file.stored_id).update(scan_state="pending", scan_due_at=timezone.now())

    page = browse(ana).get("/descargas/").content.decode()
    assert file.get_absolute_url() not in page
    for url in (file.get_absolute_url(), "/descargas/2026.5/zip/todos/", "/descargas/2026.5/zip/nuevos/"):
        answer = browse(ana).get(url)
        assert (answer.status_code, "servidor.zip" in answer.content.decode()) == (403, True), url
    assert not DownloadLog.objects.exists()
    assert not Bundle.objects.exists()
