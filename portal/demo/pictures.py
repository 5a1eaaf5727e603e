"""Screenshots of a program that does not exist: a window with a list, and perhaps an alert over it."""

import io
import unicodedata
from collections.abc import Sequence
from functools import cache

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from portal.demo.cast import MODULES

WIDTH, HEIGHT = 1180, 680
BAR, SIDE, MARGIN, LINE = 44, 230, 24, 40
INK, PAPER, PALE, QUIET, RULE = "#1f2937", "#ffffff", "#eef2f7", "#64748b", "#d5dce6"
BRAND, RED = "#24507a", "#b3261e"
ACUTE, TILDE, DIAERESIS = "\u0301", "\u0303", "\u0308"


def screenshot(module: str, columns: Sequence[str], rows: Sequence[Sequence[str]], alert: Sequence[str]) -> bytes:
    """A PNG of the program's window at one of its modules; `alert` is a heading and its lines, or nothing."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(picture)
    draw_frame(draw, module)
    draw_table(draw, columns, rows)
    if alert:
        draw_alert(draw, alert)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def draw_frame(draw: ImageDraw.ImageDraw, module: str) -> None:
    """The title bar, the modules at the left and the module's heading."""
    draw.rectangle((0, 0, WIDTH, BAR), fill=BRAND)
    write(draw, (MARGIN, 12), f"{settings.BRAND['product']} · {module}", 17, PAPER)
    for step in range(3):
        draw.ellipse((WIDTH - 84 + 26 * step, 15, WIDTH - 70 + 26 * step, 29), fill=PALE)
    draw.rectangle((0, BAR, SIDE, HEIGHT), fill=PALE)
    for place, (name, _icon) in enumerate(MODULES):
        top = BAR + MARGIN + place * LINE
        if name == module:
            draw.rectangle((0, top - 10, SIDE, top + 28), fill=RULE)
        write(draw, (MARGIN, top), name, 15, INK)
    write(draw, (SIDE + MARGIN, BAR + MARGIN), module, 24, INK)


def draw_table(draw: ImageDraw.ImageDraw, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    left, top = SIDE + MARGIN, BAR + 90
    wide = (WIDTH - left - MARGIN) // len(columns)
    draw.rectangle((left, top, WIDTH - MARGIN, top + LINE), fill=PALE)
    for place, row in enumerate([columns, *rows]):
        line = top + place * LINE
        for column, text in enumerate(row):
            write(draw, (left + 12 + column * wide, line + 10), text, 15, INK if place else QUIET)
        draw.line((left, line + LINE, WIDTH - MARGIN, line + LINE), fill=RULE)


def draw_alert(draw: ImageDraw.ImageDraw, alert: Sequence[str]) -> None:
    """A box over the window: heading, lines, and the button that closes it."""
    left, top, right, bottom = 400, 250, 900, 350 + 30 * len(alert)
    draw.rectangle((left + 6, top + 6, right + 6, bottom + 6), fill=RULE)
    draw.rectangle((left, top, right, bottom), fill=PAPER, outline=QUIET)
    draw.ellipse((left + 24, top + 24, left + 60, top + 60), fill=RED)
    draw.line((left + 42, top + 32, left + 42, top + 45), fill=PAPER, width=4)
    draw.rectangle((left + 40, top + 49, left + 44, top + 52), fill=PAPER)
    write(draw, (left + 80, top + 30), alert[0], 20, INK)
    for place, line in enumerate(alert[1:]):
        write(draw, (left + 80, top + 68 + 30 * place), line, 17, INK)
    draw.rounded_rectangle((right - 140, bottom - 56, right - 24, bottom - 20), 6, fill=BRAND)
    write(draw, (right - 114, bottom - 48), "Aceptar", 16, PAPER)


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def write(draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, ink: str) -> None:
    """Pillow's own font, the only one sure to be there, knows no accents: they are drawn over the bare letters."""
    bare = "".join(unicodedata.normalize("NFD", letter)[0] for letter in text)
    draw.text(at, bare, font=font(size), fill=ink)
    for place, letter in enumerate(text):
        for mark in unicodedata.normalize("NFD", letter)[1:]:
            begin, end = (at[0] + font(size).getlength(bare[:stop]) for stop in (place, place + 1))
            top = at[1] + size * (0.16 if letter.isupper() else 0.32)
            draw_mark(draw, mark, ((begin + end) / 2, top), size, ink)


def draw_mark(draw: ImageDraw.ImageDraw, mark: str, at: tuple[float, float], size: int, ink: str) -> None:
    """An accent over a letter whose upper edge is in the middle at `at`."""
    (middle, top), unit, width = at, size / 12, max(size // 16, 1)
    if mark == ACUTE:
        draw.line((middle - unit, top, middle + unit, top - 2 * unit), fill=ink, width=width)
    elif mark == TILDE:
        draw.line((middle - 2 * unit, top - unit, middle + 2 * unit, top - unit), fill=ink, width=width)
    elif mark == DIAERESIS:
        for side in (-1, 1):
            draw.point((middle + side * 1.5 * unit, top - unit), fill=ink)
