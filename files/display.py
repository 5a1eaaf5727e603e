"""Display copies: what a page shows in the place of a picture. Re-encoded by us, small, without metadata."""

import io
import logging
from datetime import datetime
from pathlib import Path

from PIL import Image, ImageOps

from files import disk, pictures
from files.models import StoredFile

logger = logging.getLogger(__name__)

LONGEST_SIDE = 1600
MOST_PIXELS = 50_000_000
FEW_COLOURS = 4096


def make_display_copies(*, at: datetime, limit: int = 20) -> int:
    """Make at most `limit` display copies, one after the other; returns how many were tried."""
    StoredFile.objects.give_up_display(at)
    tried = 0
    for stored in StoredFile.objects.awaiting_display(at)[:limit]:
        if stored.claim_display(at):
            make_copy(stored)
            tried += 1
    return tried


def make_copy(stored: StoredFile) -> None:
    """Make the display copy of a picture. A broken picture fails for good; without room it stays to be made."""
    try:
        copy = reduced(stored.path)
        data = encoded(copy)
    except Exception as error:  # broken pictures raise whatever their bytes lead to
        logger.info("No display copy of stored file %s: %s", stored.pk, type(error).__name__)
        stored.display_failed()
        return
    try:
        _write_beside(data, stored)
    except OSError as error:
        logger.error("Display copy of stored file %s not written: %s", stored.pk, error.strerror)
        return
    stored.display_made(size=len(data), width=copy.width, height=copy.height)


def reduced(path: Path) -> Image.Image:
    """The picture upright, at most 1600 pixels long, nothing but pixels. Raises what Pillow raises."""
    with pictures.open_picture(path) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        small = _in_colour(picture)
        small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        return ImageOps.exif_transpose(small)


def _in_colour(picture: Image.Image) -> Image.Image:
    """Eight bits a channel, with or without transparency."""
    if picture.mode.startswith("I"):
        picture = picture.point(lambda level: level * (1 / 256))  # 16 bits of grey
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def encoded(copy: Image.Image) -> bytes:
    """WebP; without loss when it has few colours, as screenshots and drawings do: their letters stay sharp."""
    return _webp(copy, lossless=True) if copy.getcolors(FEW_COLOURS) else _webp(copy, quality=85)


def _webp(copy: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    copy.save(buffer, pictures.COPY_FORMAT, **options)
    return buffer.getvalue()


def _write_beside(data: bytes, stored: StoredFile) -> None:
    temporary = disk.new_temporary()
    try:
        with disk.create(temporary) as file:
            file.write(data)
            disk.sync(file)
        disk.move(temporary, stored.display_path)
    finally:
        temporary.unlink(missing_ok=True)
