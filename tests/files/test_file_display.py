import errno
import io
import os
import struct
import zlib
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image

from files.display import make_copy, make_display_copies
from files.models import StoredFile
from files.tasks import make_display_copies as make_display_copies_task

State = StoredFile.DisplayState
NOW = timezone.now()


def encoded(picture: Image.Image, format_name="PNG", **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format_name, **options)
    return buffer.getvalue()


def photo(size=(40, 30), mode="RGB") -> Image.Image:
    """Left half red, right half blue."""
    picture = Image.new(mode, size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    return picture


def copy_of(stored) -> Image.Image:
    stored.refresh_from_db()
    assert stored.display_state == State.READY
    copy = Image.open(stored.display_path)
    assert (copy.format, copy.size) == ("WEBP", (stored.display_width, stored.display_height))
    assert stored.display_size == stored.display_path.stat().st_size
    return copy


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_gets_a_display_copy_and_then_a_preview(store, format_name):
    stored = store(f"foto.{format_name.lower()}", encoded(photo(), format_name))
    assert (stored.display_state, stored.has_preview) == (State.PENDING, False)

    assert make_display_copies(at=NOW) == 1

    copy = copy_of(stored)
    assert copy.size == (40, 30)
    assert stored.has_preview
    assert make_display_copies(at=NOW) == 0


@pytest.mark.parametrize(
    ("name", "content"), [("a.pdf", b"%PDF-1.7\n"), ("a.bmp", encoded(photo(), "BMP")), ("a.jpg", encoded(photo()))]
)
def test_what_is_no_picture_or_says_it_is_another_gets_none(store, name, content):
    assert store(name, content).display_state == State.NONE
    assert make_display_copies(at=NOW) == 0


def test_a_large_picture_is_reduced_to_1600_pixels_on_its_longest_side(store):
    stored = store("foto.jpg", encoded(photo((4000, 1000)), "JPEG"))

    make_display_copies(at=NOW)

    assert copy_of(stored).size == (1600, 400)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
def test_a_turned_photo_stands_upright_and_loses_its_metadata(store, format_name):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise
    exif[0x010F] = "CAMERA OF ANA"
    content = encoded(photo((80, 40)), format_name, exif=exif)
    stored = store(f"foto.{format_name.lower()}", content)

    make_display_copies(at=NOW)

    copy = copy_of(stored)
    assert copy.size == (40, 80)
    red, _green, blue = copy.convert("RGB").getpixel((20, 10))
    assert red > 200 and blue < 50
    assert not copy.getexif()
    assert b"CAMERA OF ANA" in stored.path.read_bytes()
    assert b"CAMERA OF ANA" not in stored.display_path.read_bytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_mode_of_colour_is_shown(store, mode):
    format_name = "JPEG" if mode == "CMYK" else "PNG"
    picture = Image.new(mode, (10, 10), 0xFFFF // 2) if mode == "I;16" else photo((10, 10)).convert(mode)
    stored = store(f"foto.{format_name.lower()}", encoded(picture, format_name))

    make_display_copies(at=NOW)

    copy = copy_of(stored)
    if mode == "I;16":
        assert 120 <= copy.convert("L").getpixel((5, 5)) <= 135


def test_transparency_stays(store):
    stored = store("logo.png", encoded(Image.new("RGBA", (10, 10), (255, 0, 0, 0))))

    make_display_copies(at=NOW)

    assert copy_of(stored).getpixel((5, 5))[3] == 0


def test_what_was_appended_to_a_picture_is_not_in_its_copy(store):
    payload = b"<script>parent.marked = 1</script>"
    stored = store("foto.png", encoded(photo()) + payload)

    make_display_copies(at=NOW)

    copy_of(stored)
    assert payload not in stored.display_path.read_bytes()


def too_many_pixels() -> bytes:
    picture = encoded(Image.new("1", (1, 1)))
    header = b"IHDR" + struct.pack(">IIBBBBB", 8000, 8000, 1, 0, 0, 0, 0)
    return picture[:12] + header + struct.pack(">I", zlib.crc32(header)) + picture[33:]


@pytest.mark.parametrize(
    "content",
    [
        encoded(photo((300, 300)).effect_spread(50))[:-2000],
        encoded(photo())[:40],
        encoded(photo()).replace(b"IDAT", b"IDAX"),
        too_many_pixels(),
    ],
    ids=["cut", "only its header", "without pixels", "64 megapixels"],
)
def test_a_broken_or_too_large_picture_fails_for_good_and_stays_a_download(store, content):
    stored = store("foto.png", content)

    make_display_copies(at=NOW)

    stored.refresh_from_db()
    assert (stored.display_state, stored.has_preview) == (State.FAILED, False)
    assert stored.path.read_bytes() == content
    assert make_display_copies(at=NOW + timedelta(days=1)) == 0


def test_a_picture_whose_file_is_gone_fails(store):
    stored = store("foto.png", encoded(photo()))
    stored.path.unlink()

    make_copy(stored)

    assert stored.display_state == State.FAILED


def test_two_workers_do_not_make_the_same_copy(store):
    stored = store("foto.png", encoded(photo()))
    first, second = StoredFile.objects.get(), StoredFile.objects.get()

    assert first.claim_display(NOW)
    assert not second.claim_display(NOW)
    assert make_display_copies(at=NOW + timedelta(minutes=4)) == 0
    assert make_display_copies(at=NOW + timedelta(minutes=6)) == 1
    copy_of(stored)


def test_a_picture_that_kills_the_worker_three_times_is_given_up(store):
    store("foto.png", encoded(photo()))
    at = NOW
    for _attempt in range(3):
        assert StoredFile.objects.get().claim_display(at)
        at += timedelta(minutes=6)

    assert make_display_copies(at=at) == 0

    stored = StoredFile.objects.get()
    assert (stored.display_state, stored.display_attempts) == (State.FAILED, 3)


def test_a_copy_that_found_no_room_is_tried_again_later(store, on_disk, monkeypatch):
    stored = store("foto.png", encoded(photo()))

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        make_display_copies(at=NOW)
    stored.refresh_from_db()
    assert (stored.display_state, stored.display_attempts) == (State.PENDING, 1)
    assert on_disk() == [f"{stored.key[:2]}/{stored.key}"]

    make_display_copies(at=NOW + timedelta(minutes=6))
    copy_of(stored)


def test_a_run_makes_only_so_many_copies_oldest_first(store):
    oldest, _newest = (store("foto.png", encoded(photo())) for _number in range(2))

    assert make_display_copies(at=NOW, limit=1) == 1

    copy_of(oldest)


def test_the_task_makes_what_is_due(store):
    stored = store("foto.png", encoded(photo()))

    make_display_copies_task()

    copy_of(stored)
