"""The antivirus: clamd behind its socket. It is sent the bytes of one file and says whether it knows them."""

import re
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from django.conf import settings

from files import disk

PING_SECONDS = 10
OPERATION_SECONDS = 20
# As long as clamd itself looks at one file, with its default MaxScanTime.
FILE_SECONDS = 120
LONGEST_REPLY = 4096
LONGEST_FINDING = 100
SAYS_FOUND = re.compile(rb"stream: (.+) FOUND")
SAYS_TOO_LARGE = re.compile(rb"INSTREAM size limit exceeded.*ERROR")


class Unavailable(Exception):
    """The scanner does not answer at all, which says nothing about any file."""


class NoVerdict(Exception):
    """The scanner did not say of this file whether it is clean."""


class TooLarge(NoVerdict):
    """The file is larger than the scanner takes; it will be so the next time too."""


def ping() -> None:
    """Return when the scanner is there. Raises Unavailable."""
    try:
        with Line(seconds=PING_SECONDS) as line:
            line.send(b"zPING\0")
            answer = line.reply()
    except OSError as error:
        raise Unavailable(type(error).__name__) from error
    if answer != b"PONG":
        raise Unavailable("another service, or no answer")


def scan(path: Path) -> str:
    """What the scanner found in a file, the name of a signature; "" when it is clean. Raises NoVerdict."""
    try:
        with path.open("rb") as file, Line(seconds=FILE_SECONDS) as line:
            is_whole = line.stream(file)
            return verdict_in(line.reply(), is_whole=is_whole)
    except OSError as error:
        raise NoVerdict(type(error).__name__) from error


def verdict_in(reply: bytes, *, is_whole: bool) -> str:
    """Only a well-formed answer counts, and nothing is clean before all of it was sent. Raises NoVerdict."""
    if reply == b"stream: OK" and is_whole:
        return ""
    if found := SAYS_FOUND.fullmatch(reply):
        return readable(found[1])
    if SAYS_TOO_LARGE.fullmatch(reply):
        raise TooLarge("larger than the scanner takes")
    # Of anything else not a word is repeated: whatever answers there may be sending back what it was sent.
    raise NoVerdict(readable(reply) if reply.endswith(b" ERROR") else f"an answer of {len(reply)} bytes that is none")


def readable(words: bytes) -> str:
    """What the scanner wrote, as one short line."""
    line = words.decode("ascii", "replace")[:LONGEST_FINDING]
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


class Line:
    """A connection for one command: no operation takes longer than 20 seconds, and together they end in `seconds`."""

    def __init__(self, *, seconds: float) -> None:
        self.ends = time.monotonic() + seconds
        self.socket = connected()

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.socket.close()

    def patience(self, longest: float = OPERATION_SECONDS) -> float:
        """Seconds that the next operation may take. Raises TimeoutError when none are left."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(longest, left)

    def send(self, data: bytes) -> None:
        self.socket.settimeout(self.patience())
        self.socket.sendall(data)

    def stream(self, file: BinaryIO) -> bool:
        """Send a file in pieces, each after its length, and the end; False when the scanner heard enough before."""
        try:
            self.send(b"zINSTREAM\0")
            for piece in pieces(file):
                self.send(struct.pack("!I", len(piece)) + piece)
            self.send(struct.pack("!I", 0))
        except ConnectionError:
            return False
        return True

    def reply(self) -> bytes:
        """The answer up to the zero that ends it; b"" when it was cut off or goes on for too long."""
        answer = b""
        while len(answer) <= LONGEST_REPLY:
            self.socket.settimeout(self.patience(longest=FILE_SECONDS))
            received = self.socket.recv(LONGEST_REPLY)
            answer += received
            if b"\0" in received:
                return answer.partition(b"\0")[0]
            if not received:
                break
        return b""


def connected() -> socket.socket:
    address = settings.CLAMAV_SOCKET
    if address is None:
        raise ConnectionRefusedError
    if isinstance(address, tuple):
        return socket.create_connection(address, timeout=OPERATION_SECONDS)
    local = socket.socket(socket.AF_UNIX)
    local.settimeout(OPERATION_SECONDS)
    try:
        local.connect(address)
    except OSError:
        local.close()
        raise
    return local


def pieces(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(disk.CHUNK), b"")
