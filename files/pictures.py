"""Pillow, kept to the four formats that browsers show and to pictures of a sane size."""

from pathlib import Path

from PIL import Image

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
CONTENT_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

# What display copies are.
COPY_FORMAT, COPY_EXTENSION, COPY_CONTENT_TYPE = "WEBP", "webp", "image/webp"

# Pillow refuses to open what declares more than twice this: one gigapixel.
Image.MAX_IMAGE_PIXELS = 500_000_000


def open_picture(path: Path) -> Image.Image:
    """Read the header only. Raises what Pillow raises: broken bytes lead to many kinds of exception."""
    return Image.open(path, formats=FORMATS)


def declares_too_much(path: Path) -> bool:
    """Whether a picture claims more than a gigapixel, whatever else is wrong with it."""
    try:
        with open_picture(path):
            return False
    except Image.DecompressionBombError:
        return True
    except Exception:  # broken in another way: kept, and never shown
        return False
