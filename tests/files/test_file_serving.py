import io
import tracemalloc
from datetime import UTC, datetime
from email.message import Message

import pytest
from csp.middleware import CSPMiddleware
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import Http404
from django.test import RequestFactory
from PIL import Image

from files import receiving
from files.display import make_copy
from files.models import StoredFile
from files.serving import respond

BODY = bytes(range(256)) * 1000
LAST = len(BODY) - 1
RECEIVED = datetime(2026, 3, 2, 9, 30, 15, 400, tzinfo=UTC)
RECEIVED_HTTP = "Mon, 02 Mar 2026 09:30:15 GMT"


@pytest.fixture
def stored(store):
    stored = store("datos.bin", BODY)
    StoredFile.objects.update(created_at=RECEIVED)
    stored.refresh_from_db()
    return stored


@pytest.fixture
def picture(store):
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(buffer, "PNG")
    stored = store("foto.png", buffer.getvalue())
    make_copy(stored)
    return stored


def ask(stored, method="get", headers=None, name="datos.bin", **options):
    return respond(getattr(RequestFactory(), method)("/", headers=headers), stored, name=name, **options)


def body_of(response) -> bytes:
    return b"".join(response) if response.streaming else response.content


def test_a_file_comes_back_byte_for_byte_as_a_download(stored):
    response = ask(stored, name="Año nuevo.bin")

    assert (response.status_code, body_of(response)) == (200, BODY)
    expected = {
        "Content-Type": "application/octet-stream",
        "Content-Length": str(len(BODY)),
        "Content-Disposition": "attachment; filename*=utf-8''A%C3%B1o%20nuevo.bin",
        "Accept-Ranges": "bytes",
        "ETag": f'"{stored.sha256}"',
        "Last-Modified": RECEIVED_HTTP,
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    assert expected.items() <= response.headers.items()


def test_a_file_brings_a_policy_of_its_own_that_the_sites_does_not_replace(stored):
    response = CSPMiddleware(lambda request: respond(request, stored, name="a"))(RequestFactory().get("/"))

    directives = response["Content-Security-Policy"].split("; ")
    assert directives[:2] == ["sandbox", "default-src 'none'"]
    assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(directives)
    assert "unsafe" not in response["Content-Security-Policy"] and "allow-" not in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("asked", "content_range", "part"),
    [
        ("bytes=0-0", f"bytes 0-0/{LAST + 1}", BODY[:1]),
        ("bytes=0-99", f"bytes 0-99/{LAST + 1}", BODY[:100]),
        ("bytes=100-", f"bytes 100-{LAST}/{LAST + 1}", BODY[100:]),
        ("bytes=-100", f"bytes {LAST - 99}-{LAST}/{LAST + 1}", BODY[-100:]),
        ("bytes=-999999999", f"bytes 0-{LAST}/{LAST + 1}", BODY),
        ("bytes=100-999999999", f"bytes 100-{LAST}/{LAST + 1}", BODY[100:]),
        (f"bytes={LAST}-{LAST}", f"bytes {LAST}-{LAST}/{LAST + 1}", BODY[-1:]),
        ("BYTES = 65530-65545 ", f"bytes 65530-65545/{LAST + 1}", BODY[65530:65546]),
    ],
)
def test_one_range_is_answered_with_that_part(stored, asked, content_range, part):
    response = ask(stored, headers={"Range": asked})

    assert (response.status_code, response["Content-Range"], body_of(response)) == (206, content_range, part)
    assert response["Content-Length"] == str(len(part))


@pytest.mark.parametrize("asked", [f"bytes={LAST + 1}-", f"bytes={LAST + 1}-{LAST + 9}", "bytes=-0"])
def test_a_range_outside_the_file_is_416(stored, asked):
    response = ask(stored, headers={"Range": asked})

    assert (response.status_code, body_of(response)) == (416, b"")
    assert response["Content-Range"] == f"bytes */{LAST + 1}"


@pytest.mark.parametrize(
    "asked",
    ["bytes=5-2", "bytes=a-b", "bytes=-", "bytes=", "bytes", "lines=0-1", "bytes=0-1,5-9", "bytes=--5", "bytes=+1-2",
     "bytes=٣-٤", "bytes=" + "9" * 5000 + "-", "bytes=1.5-2", "=", ""],
)  # fmt: skip
def test_a_range_that_is_nonsense_or_several_is_answered_with_the_whole(stored, asked):
    response = ask(stored, headers={"Range": asked})

    assert (response.status_code, body_of(response)) == (200, BODY)


@pytest.mark.parametrize(
    ("condition", "status"),
    [("{etag}", 206), ('"other"', 200), ("W/{etag}", 200), (RECEIVED_HTTP, 206), ("Mon, 02 Mar 2020 09:30:15 GMT", 200),
     ("nonsense", 200)],
)  # fmt: skip
def test_a_resumed_download_gets_its_part_only_of_the_same_file(stored, condition, status):
    headers = {"Range": "bytes=5-9", "If-Range": condition.format(etag=f'"{stored.sha256}"')}

    assert ask(stored, headers=headers).status_code == status


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("condition", ['"{sha256}"', 'W/"{sha256}"', '"x", "{sha256}"', "*"])
def test_who_has_the_file_gets_304_without_a_body(stored, method, condition):
    response = ask(stored, method, headers={"If-None-Match": condition.format(sha256=stored.sha256)})

    assert (response.status_code, body_of(response)) == (304, b"")
    assert response["ETag"] == f'"{stored.sha256}"'


def test_head_tells_what_get_would_and_sends_nothing(stored):
    got, headed = ask(stored), ask(stored, "head", headers={"Range": "bytes=0-1"})

    assert dict(headed.headers) == dict(got.headers)
    assert (headed.status_code, body_of(headed)) == (200, b"")


def test_a_large_file_leaves_in_small_pieces(store):
    stored = store("grande.bin", bytes([0, 1]) * 10_000_000)

    tracemalloc.start()
    try:
        sent = sum(len(piece) for piece in ask(stored))
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert sent == 20_000_000
    assert peak < 2_000_000


@pytest.mark.parametrize("is_read", [True, False])
def test_the_file_is_closed_with_the_answer(stored, is_read):
    response = ask(stored)
    opened = response._iterator.gi_frame.f_locals["self"].file
    if is_read:
        body_of(response)

    request_finished.disconnect(close_old_connections)  # as Django's test client does
    try:
        response.close()
    finally:
        request_finished.connect(close_old_connections)

    assert opened.closed


@pytest.mark.parametrize(
    ("name", "content", "disposition"),
    [
        ("a.pdf", b"%PDF-1.7\n", "inline"),
        ("a.webm", b"\x1a\x45\xdf\xa3\x42\x82\x84webm\x00", "inline"),
        ("a.html", b"<html>", "attachment"),
        ("a.svg", b"<svg/>", "attachment"),
        ("a.pdf", b"<html>", "attachment"),
        ("a.txt", b"hola", "attachment"),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00", "attachment"),
    ],
)
def test_only_pdf_and_video_are_shown_in_place(store, name, content, disposition):
    response = ask(store(name, content), name=name, inline=True)

    assert response["Content-Disposition"] == f'{disposition}; filename="{name}"'
    assert response["Cache-Control"] == "private, no-store"
    is_video = name.endswith(".webm") and disposition == "inline"
    sandbox = "sandbox allow-same-origin" if is_video else "sandbox"
    assert response["Content-Security-Policy"].startswith(f"{sandbox}; default-src 'none'; img-src")
    assert response["X-Content-Type-Options"] == "nosniff"


EVIL_NAMES = [
    *["a.html", "a.HTM", "a.svg", "a.xhtml", "a.xml", "a.js", "a.mht", "a.css", "a.swf", "a.php", "a.phtml", "a.pht"],
    *["a.pdf", "a.png", "a.mp4", "a.zip", "a.docx", "a.txt", ".htaccess", "a.png.html", "a.html.png", "a"],
    *["a.html.", "a.html ", "a.htm\u200b", "a\u202egnp.html", "a.html::$DATA"],
]
EVIL_CONTENTS = [
    b"<!DOCTYPE html><script>parent.marked = 1</script>",
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="parent.marked = 1"/>',
    b"GIF89a/*\x00\x00*/=1;parent.marked = 1",
    b"<?php echo 1;",
    b"\x00<script>parent.marked = 1</script>",
]


@pytest.mark.parametrize("content", EVIL_CONTENTS)
@pytest.mark.parametrize("declared", ["text/html", "image/png"])
def test_no_name_content_or_declared_type_makes_a_browser_run_a_file(db, content, declared):
    for name in EVIL_NAMES:
        uploaded = SimpleUploadedFile(name, content, content_type=declared)
        stored = StoredFile.objects.keep(receiving.receive(uploaded))

        response = ask(stored, name=name, inline=True)

        assert response["Content-Disposition"].startswith("attachment; ")
        assert response["Content-Type"] in {"application/octet-stream", "text/plain", "image/gif"}
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_a_pdf_is_a_download_unless_asked_for_in_place(store):
    assert ask(store("a.pdf", b"%PDF-1.7\n"), name="a.pdf")["Content-Disposition"].startswith("attachment")


def test_of_a_picture_only_our_copy_is_shown_in_place(picture):
    original = ask(picture, name="foto.png", inline=True)
    copy = ask(picture, name="foto.png", inline=True, display=True)

    assert original["Content-Disposition"] == 'attachment; filename="foto.png"'
    assert body_of(original) == picture.path.read_bytes()
    assert copy["Content-Disposition"] == 'inline; filename="foto.webp"'
    assert copy["Content-Type"] == "image/webp"
    assert copy["Cache-Control"] == "private, max-age=3600"
    assert copy["ETag"] != original["ETag"]
    assert body_of(copy) == picture.display_path.read_bytes()


def test_a_copy_that_is_not_made_is_404(store):
    with pytest.raises(Http404):
        ask(store("foto.png", b"\x89PNG\r\n\x1a\n\x00"), display=True)


def test_what_is_no_picture_has_no_copy_and_is_sent_itself(store):
    response = ask(store("a.pdf", b"%PDF-1.7\n"), name="a.pdf", inline=True, display=True)

    assert (response["Content-Disposition"], body_of(response)) == ('inline; filename="a.pdf"', b"%PDF-1.7\n")


def test_a_file_that_is_not_on_the_disk_is_404_and_a_line_in_the_log(stored, caplog):
    stored.path.unlink()

    with pytest.raises(Http404):
        ask(stored)

    assert [record.message for record in caplog.records] == [f"Stored file {stored.pk} is not on the disk"]


@pytest.mark.parametrize("location", ["/interno", "/interno/"])
def test_the_web_server_sends_the_file_when_there_is_one(stored, settings, location):
    settings.FILES_ACCEL_LOCATION = location

    response = ask(stored, headers={"Range": "bytes=0-9"})

    assert (response.status_code, body_of(response)) == (200, b"")
    assert response["X-Accel-Redirect"] == f"/interno/{stored.key[:2]}/{stored.key}"
    assert response["Content-Disposition"] == 'attachment; filename="datos.bin"'
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.parametrize(
    "name", ['co"mi\\llas.pdf', "salto\r\nX-Evil: 1.pdf", "\u202efdp.exe", "ñ;=.pdf", "", "a" * 400]
)
def test_every_name_makes_one_well_formed_header(stored, name):
    disposition = ask(stored, name=name)["Content-Disposition"]

    parsed = Message()
    parsed["Content-Disposition"] = disposition
    assert parsed.get_content_disposition() == "attachment"
    assert 0 < len(parsed.get_filename()) < 400
    assert disposition.isascii() and disposition.isprintable()
