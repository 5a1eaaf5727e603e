"""Archives that would fill the disk of whoever opens them."""

import bz2
import lzma
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from files import pictures

MOST_EXPANDED = 1024**3
SUSPECT_EXPANDED = 100 * 1024**2
SUSPECT_RATIO = 200

CHUNK = 64 * 1024
MOST_STEPS = 100_000  # six times what a gigabyte takes: more are empty streams, one after the other
XZ_MEMORY = 80 * 1024**2  # the strongest preset, xz -9, needs 65 MiB

# The end of a zip's directory: signature, …, size of the directory; behind it a comment of at most 64 KiB.
ZIP_END, ZIP_END_SIZE = b"PK\x05\x06", 22
ZIP64_END, ZIP64_LOCATOR, ZIP64_LOCATOR_SIZE = b"PK\x06\x06", b"PK\x06\x07", 20
ZIP_ENTRY, ZIP_ENTRY_SIZE = b"PK\x01\x02", 46
SEE_ZIP64 = 0xFFFFFFFF


def is_bomb(path: Path, file: BinaryIO, content_type: str, size: int) -> bool:
    """Whether a file of `size` bytes expands absurdly: over 1 GiB, or over 100 MiB and 200 times its size.

    Any zip directory is read, also behind another kind of file; what is inside the archive's own members is not.
    """
    if content_type in pictures.CONTENT_TYPES and pictures.declares_too_much(path):
        return True
    return any(
        expanded > MOST_EXPANDED or (expanded > SUSPECT_EXPANDED and expanded > SUSPECT_RATIO * size)
        for expanded in _growing(_expansion(file, content_type, size))
    )


def _growing(sizes: Iterator[int]) -> Iterator[int]:
    total = 0
    for size in sizes:
        total += size
        yield total


def _expansion(file: BinaryIO, content_type: str, size: int) -> Iterator[int]:
    """The bytes that come out, piece by piece; ends early where the archive is damaged."""
    yield from _zip_members(file, size)
    if start := STREAMS.get(content_type):
        file.seek(0)
        try:
            yield from _stream_pieces(file, start)
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
            return


# --- Zip: what the central directory declares ----------------------------------------------------------------------


def _zip_members(file: BinaryIO, size: int) -> Iterator[int]:
    place = _zip_directory(file, size)
    if place is None:
        return
    start, length = place
    file.seek(start)
    while length >= ZIP_ENTRY_SIZE:
        entry = file.read(ZIP_ENTRY_SIZE)
        if len(entry) < ZIP_ENTRY_SIZE or not entry.startswith(ZIP_ENTRY):
            return
        (expanded,) = struct.unpack_from("<I", entry, 24)
        name, extra, comment = struct.unpack_from("<HHH", entry, 28)
        rest = file.read(name + extra + comment)
        yield _zip64_size(rest[name : name + extra]) if expanded == SEE_ZIP64 else expanded
        length -= ZIP_ENTRY_SIZE + name + extra + comment


def _zip_directory(file: BinaryIO, size: int) -> tuple[int, int] | None:
    """Where the central directory starts and how long it is."""
    file.seek(max(0, size - ZIP_END_SIZE - 0xFFFF))
    tail = file.read()
    end = tail.rfind(ZIP_END, 0, len(tail) - ZIP_END_SIZE + len(ZIP_END))
    if end < 0:
        return None
    (length,) = struct.unpack_from("<I", tail, end + 12)
    finish = size - len(tail) + end
    locator = tail[max(0, end - ZIP64_LOCATOR_SIZE) : end]
    if length == SEE_ZIP64 and locator.startswith(ZIP64_LOCATOR):
        (finish,) = struct.unpack_from("<Q", locator, 8)
        file.seek(min(finish, size))
        record = file.read(56)
        if len(record) < 56 or not record.startswith(ZIP64_END):
            return None
        (length,) = struct.unpack_from("<Q", record, 40)
    return (finish - length, length) if length <= finish else None


def _zip64_size(extra: bytes) -> int:
    """The expanded size of a member whose entry has no room for it."""
    at = 0
    while at + 12 <= len(extra):
        field, length = struct.unpack_from("<HH", extra, at)
        if field == 1 and length >= 8:
            return struct.unpack_from("<Q", extra, at + 4)[0]
        at += 4 + length
    return SEE_ZIP64


# --- gzip, bzip2, xz: what comes out, until it is too much ---------------------------------------------------------


class _Gunzip:
    """zlib for one gzip member, with the manners of the decompressors of bz2 and lzma."""

    def __init__(self):
        self._zlib = zlib.decompressobj(wbits=31)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data


STREAMS = {
    "application/gzip": _Gunzip,
    "application/x-bzip2": bz2.BZ2Decompressor,
    "application/x-xz": lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY),
}


def _stream_pieces(file: BinaryIO, start) -> Iterator[int]:
    """The sizes of the pieces that come out of the streams in `file`; `start` makes a decompressor for one stream."""
    machine, data = start(), file.read(CHUNK)
    for _step in range(MOST_STEPS):
        yield len(machine.decompress(data, CHUNK))
        if machine.eof:
            data = machine.unused_data or file.read(CHUNK)
            machine = start()
        else:
            data = file.read(CHUNK) if machine.needs_input else b""
        if not data and machine.needs_input:
            return
    yield MOST_EXPANDED + 1
