"""Films of slides, written by hand: WebM whose every picture stands by itself, as one finds it inside a WebP."""

import io
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from PIL import Image, ImageDraw

from portal.demo.pictures import BRAND, INK, PAPER, QUIET, write

WIDTH, HEIGHT, MARGIN = 640, 360, 40
# So often a picture is repeated, in seconds: players jump to the nearest one.
REPEATED = 10
# Identifiers of Matroska's elements.
EBML, SEGMENT, INFO, TRACKS, CUES, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1F43B675
MILLISECOND = 1_000_000
KEY_PICTURE = b"\x81\x00\x00\x80"  # of the first track, at the cluster's own time


@dataclass(frozen=True)
class Slide:
    """What is shown from this second on."""

    second: int
    text: str


def webm(slides: Sequence[Slide], *, lasts: int, title: str = "") -> bytes:
    """A film of so many seconds; the first slide begins at 0."""
    shown = {slide.text: picture(title, slide.text) for slide in slides}
    pictures = []
    for second in sorted({*range(0, lasts, REPEATED), *(slide.second for slide in slides)}):
        slide = [one for one in slides if one.second <= second][-1]
        pictures.append((second * 1000, shown[slide.text]))
    head = element(0x4286, 1) + element(0x42F7, 1) + element(0x42F2, 4) + element(0x42F3, 8)
    head += element(0x4282, b"webm") + element(0x4287, 2) + element(0x4285, 2)
    return element(EBML, head) + element(SEGMENT, segment(pictures, lasts=lasts))


def segment(pictures: Iterable[tuple[int, bytes]], *, lasts: int) -> bytes:
    """(milliseconds, picture), with a table of where each lies."""
    clusters = [(at, element(CLUSTER, element(0xE7, at) + element(0xA3, KEY_PICTURE + data))) for at, data in pictures]
    begin = element(INFO, about(lasts)) + element(TRACKS, element(0xAE, track()))
    place = len(begin) + len(cues([(at, 0) for at, _cluster in clusters]))
    places = []
    for at, cluster in clusters:
        places.append((at, place))
        place += len(cluster)
    return begin + cues(places) + b"".join(cluster for _at, cluster in clusters)


def about(lasts: int) -> bytes:
    made_by = settings.BRAND["name"].encode()
    length = element(0x4489, struct.pack(">d", lasts * 1000))
    return element(0x2AD7B1, MILLISECOND) + length + element(0x4D80, made_by) + element(0x5741, made_by)


def track() -> bytes:
    size = element(0xB0, WIDTH) + element(0xBA, HEIGHT)
    return element(0xD7, 1) + element(0x73C5, 1) + element(0x83, 1) + element(0x86, b"V_VP8") + element(0xE0, size)


def cues(places: Iterable[tuple[int, int]]) -> bytes:
    """(milliseconds, place): as long as it is before the places are known."""
    points = []
    for at, place in places:
        where = element(0xF7, 1) + element(0xF1, place.to_bytes(4, "big"))
        points.append(element(0xBB, element(0xB3, at) + element(0xB7, where)))
    return element(CUES, b"".join(points))


def element(name: int, content: bytes | int) -> bytes:
    """An element of EBML: what it is, how long it is, and what it holds."""
    if isinstance(content, int):
        content = content.to_bytes(max((content.bit_length() + 7) // 8, 1), "big")
    size = len(content)
    length = bytes([size | 0x80]) if size < 0x7F else (size | 1 << 56).to_bytes(8, "big")
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + length + content


def picture(title: str, text: str) -> bytes:
    """One picture of VP8: what a WebP holds behind its three headings."""
    buffer = io.BytesIO()
    slide(title, text).save(buffer, "WEBP", quality=60)
    webp = buffer.getvalue()
    length = int.from_bytes(webp[16:20], "little")
    return webp[20 : 20 + length]


def slide(title: str, text: str) -> Image.Image:
    drawn = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(drawn)
    draw.rectangle((0, 0, WIDTH, 60), fill=BRAND)
    write(draw, (MARGIN, 20), title, 18, PAPER)
    for line, words in enumerate(lines_of(text)):
        write(draw, (MARGIN, 130 + 40 * line), words, 26, INK)
    write(draw, (MARGIN, HEIGHT - 40), settings.BRAND["vendor"], 14, QUIET)
    return drawn


def lines_of(text: str, width: int = 40) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
