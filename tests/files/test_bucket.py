"""Files in S3-compatible storage: they go there by themselves, are served from there, and nothing is lost meanwhile."""

import io
import re
from datetime import timedelta

import boto3
import pytest
import requests
from botocore.stub import Stubber
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.http import Http404
from django.test import RequestFactory
from django.utils import timezone
from moto import mock_aws
from PIL import Image

from files import bucket, checks, display, janitor, moving, serving
from files.models import StoredFile
from files.tasks import move_files_to_bucket
from portal import environment

pytestmark = pytest.mark.django_db

ENDPOINT = "https://s3.eu-south-2.amazonaws.com"
VARIABLES = {
    "PORTAL_S3_BUCKET": "portal",
    "PORTAL_S3_ENDPOINT": ENDPOINT,
    "PORTAL_S3_REGION": "eu-south-2",
    "PORTAL_S3_KEY": "name",
    "PORTAL_S3_SECRET": "secret",
}


@pytest.fixture
def variables(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def configured(settings, variables):
    settings.STORAGES = settings.STORAGES | {"bucket": environment.bucket()}


@pytest.fixture
def objects(configured):
    """The bucket's objects, as a client of its own sees them."""
    with mock_aws():
        place = {"LocationConstraint": "eu-south-2"}
        yield (
            boto3.resource("s3", region_name="eu-south-2")
            .create_bucket(Bucket="portal", CreateBucketConfiguration=place)
            .objects
        )


@pytest.fixture
def moved(store, objects):
    """Keep bytes, and have them moved."""

    def moved(name="informe.txt", content=b"contenido"):
        stored = store(name, content)
        display.make_display_copies(at=timezone.now())
        move_files_to_bucket()
        stored.refresh_from_db()
        return stored

    return moved


def keys(objects):
    return sorted(item.key for item in objects.all())


def picture():
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(buffer, "PNG")
    return buffer.getvalue()


def ask(stored, method="GET", *, inline=False, display=False, **headers):
    request = getattr(RequestFactory(), method.lower())("/", headers=headers)
    return serving.respond(request, stored, name=stored.name, inline=inline, display=display)


# --- the move ---


def test_a_file_goes_to_the_bucket_by_itself(moved, objects):
    stored = moved()

    assert stored.is_in_bucket and keys(objects) == [stored.key]
    assert stored.open().read() == b"contenido"


def test_the_disk_is_cleared_a_day_later(moved, on_disk):
    stored = moved()
    now = timezone.now()

    assert janitor.remove_unnamed(at=now + timedelta(hours=23)) == 0
    assert list(checks.unnamed(now + timedelta(hours=25))) == []
    assert janitor.remove_unnamed(at=now + timedelta(hours=25)) == 1

    assert on_disk() == []
    assert stored.open().read() == b"contenido"


def test_a_picture_waits_for_its_copy_and_takes_it_along(store, objects):
    stored = store("foto.png", picture())
    move_files_to_bucket()
    assert keys(objects) == []

    display.make_display_copies(at=timezone.now())
    move_files_to_bucket()

    assert keys(objects) == [stored.key, f"{stored.key}.display"]


def test_what_waits_for_the_antivirus_stays_on_the_disk(store, objects, settings):
    settings.CLAMAV_SOCKET = "/nowhere"
    waiting, infected = store("a.txt", b"uno"), store("b.txt", b"dos")
    infected.found_infected("Eicar", at=timezone.now())

    move_files_to_bucket()

    assert keys(objects) == []
    assert not StoredFile.objects.exclude(moved_at=None).exists()
    waiting.found_clean(at=timezone.now())
    move_files_to_bucket()
    assert keys(objects) == [waiting.key]


def test_while_the_bucket_is_away_files_stay_where_they_are(store, configured):
    stored = store("informe.txt", b"contenido")
    client = storages["bucket"].connection.meta.client
    with Stubber(client) as stub:
        stub.add_client_error("head_object", "503")
        stub.add_client_error("put_object", "SlowDown", http_status_code=503)

        assert moving.move_waiting(at=timezone.now()) == 0

    stored.refresh_from_db()
    assert not stored.is_in_bucket
    assert b"".join(ask(stored)) == b"contenido"


def test_a_file_that_is_missing_does_not_hold_up_the_others(store, objects):
    missing, whole = store("a.txt", b"uno"), store("b.txt", b"dos")
    missing.path.unlink()

    assert moving.move_waiting(at=timezone.now()) == 1

    assert keys(objects) == [whole.key]


def test_a_file_removed_meanwhile_is_not_brought_back(store, objects):
    stored = store("informe.txt", b"contenido")
    moving.copy(stored)
    StoredFile.objects.all().delete()

    assert stored.lies_in_bucket(since=timezone.now()) is False


def test_without_a_bucket_nothing_moves(store):
    store("informe.txt", b"contenido")

    move_files_to_bucket()

    assert not StoredFile.objects.exclude(moved_at=None).exists()


# --- the way out ---


def test_a_download_is_led_to_the_bucket_under_its_name(moved):
    stored = moved("Informe número 1.txt")

    answer = ask(stored)

    assert answer.status_code == 302 and answer["Cache-Control"] == "private, no-store"
    assert answer["Location"].startswith(f"{ENDPOINT}/portal/{stored.key}?")
    assert "X-Amz-Expires=60" in answer["Location"]
    assert serving.is_download(answer)
    sent = requests.get(answer["Location"], timeout=10)
    assert sent.content == b"contenido"
    assert "Informe%20n%C3%BAmero%201.txt" in sent.headers["Content-Disposition"]


def test_a_picture_is_shown_from_the_bucket_by_its_copy(moved):
    stored = moved("foto.png", picture())

    answer = ask(stored, inline=True, display=True)

    assert f"/{stored.key}.display?" in answer["Location"]
    sent = requests.get(answer["Location"], timeout=10)
    assert sent.headers["Content-Type"] == "image/webp" and len(sent.content) == stored.display_size


def test_a_question_about_a_file_is_answered_without_the_bucket(moved):
    answer = ask(moved(), "HEAD")

    assert (answer.status_code, answer["Content-Length"]) == (200, "9")


@pytest.mark.parametrize(("wanted", "goes_on"), [("bytes=4-", True), ("bytes=0-3", False), ("", False)])
def test_the_rest_of_a_download_is_no_other_one(moved, wanted, goes_on):
    stored = moved()
    request = RequestFactory().get("/", headers={"Range": wanted})

    assert serving.goes_on(request, serving.respond(request, stored, name=stored.name)) is goes_on


def test_what_is_withheld_or_has_no_copy_is_as_on_the_disk(moved):
    with pytest.raises(Http404):
        ask(moved("foto.png", b"\x89PNG\r\n\x1a\nbroken"), display=True)


# --- looked after ---


def test_what_no_row_names_leaves_the_bucket_after_a_day(moved, objects):
    stored, gone = moved("a.txt", b"uno"), moved("b.txt", b"dos")
    gone.delete()
    now = timezone.now()

    janitor.remove_unnamed(at=now + timedelta(hours=23))
    assert len(keys(objects)) == 2
    janitor.remove_unnamed(at=now + timedelta(hours=25))

    assert keys(objects) == [stored.key]


def test_the_nightly_look_reads_what_lies_in_the_bucket(moved, objects):
    _whole, changed, missing = moved("a.txt", b"uno"), moved("b.txt", b"dos"), moved("c.txt", b"tres")
    bucket.storage().bucket.Object(changed.key).put(Body=b"otro")
    bucket.remove(missing.key)
    rows = StoredFile.objects.order_by("pk")

    assert list(checks.measured(rows, at=timezone.now())) == []
    found = list(checks.read(rows))

    assert [int(re.search(r"\d+", words)[0]) for words in found] == [changed.pk, missing.pk]


# --- settings ---


def test_no_bucket_is_configured_without_its_name(monkeypatch):
    monkeypatch.delenv("PORTAL_S3_BUCKET", raising=False)

    assert environment.bucket() is None


@pytest.mark.parametrize("name", sorted(set(VARIABLES) - {"PORTAL_S3_BUCKET"}))
def test_a_bucket_needs_everything(variables, name):
    variables.delenv(name)

    with pytest.raises(ImproperlyConfigured, match=name):
        environment.bucket()


@pytest.mark.parametrize("endpoint", ["s3.example", "https://s3.example/portal", "https://a b", "ftp://s3.example"])
def test_an_endpoint_is_an_address_without_a_path(variables, endpoint):
    variables.setenv("PORTAL_S3_ENDPOINT", endpoint)

    with pytest.raises(ImproperlyConfigured, match="PORTAL_S3_ENDPOINT"):
        environment.bucket()
