"""The way in: bytes to a temporary on our disk, counted, hashed, judged and synced before anybody names them."""

import errno
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from files import disk, names, types

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
MESSAGES = {
    "empty": _("“%(name)s” is empty. Check the file and attach it again."),
    "too_large": _("“%(name)s” is larger than %(megabytes)s MB. Compress it, or split it into smaller files."),
    "executable": _(
        "“%(name)s” is a program or a file that starts one, and these are not accepted. "
        "Attach a document or a screenshot instead."
    ),
    "bomb": _("“%(name)s” would take up too much room once opened. Attach its contents as smaller files."),
    "no_room": _("“%(name)s” could not be stored because the portal has run out of room. Try again in a while."),
}


class Refused(ValidationError):
    """A file that was not taken: `code` says why, the message names the file and the mend."""

    def __init__(self, code: str, name: str):
        super().__init__(MESSAGES[code], code=code, params={"name": name, "megabytes": settings.FILE_MEGABYTES})


@dataclass(frozen=True)
class Upload:
    """A file that was received and judged and lies in a temporary: `StoredFile.objects.keep` names it.

    `size` in bytes; `sha256` in hexadecimal.
    """

    name: str
    size: int
    sha256: str
    content_type: str
    kind: types.Kind
    temporary: Path


def receive(uploaded: UploadedFile, *, allow_executables: bool = False) -> Upload:
    """Take what a form brought. Raises `Refused` and leaves nothing on the disk."""
    return _receive(uploaded.chunks(disk.CHUNK), uploaded.name or "", allow_executables=allow_executables)


def receive_path(path: Path, name: str, *, allow_executables: bool = False) -> Upload:
    """Take a copy of a file on this machine, as imports do; the file itself stays. Raises `Refused`."""
    with path.open("rb") as file:
        return _receive(_pieces(file), name, allow_executables=allow_executables)


def discard(upload: Upload) -> None:
    """Forget a file that nobody kept."""
    upload.temporary.unlink(missing_ok=True)


def _pieces(file) -> Iterator[bytes]:
    return iter(lambda: file.read(disk.CHUNK), b"")


def _receive(chunks: Iterable[bytes], given_name: str, *, allow_executables: bool) -> Upload:
    name = names.canonical(given_name)
    with ExitStack() as undo:
        try:
            temporary = disk.new_temporary()
            undo.callback(temporary.unlink, missing_ok=True)
            size, sha256 = _write(chunks, temporary, name)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise Refused("no_room", name) from error
            raise
        verdict = types.judge(name, temporary, allow_executables=allow_executables)
        if verdict.refusal:
            raise Refused(verdict.refusal, name)
        undo.pop_all()
    return Upload(name, size, sha256, verdict.content_type, verdict.kind, temporary)


def _write(chunks: Iterable[bytes], temporary: Path, name: str) -> tuple[int, str]:
    """Write the chunks through to the disk; returns their size and SHA-256."""
    limit = settings.FILE_MEGABYTES * 1024 * 1024
    digest, size = hashlib.sha256(), 0
    with disk.create(temporary) as file:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise Refused("too_large", name)
            digest.update(chunk)
            file.write(chunk)
        disk.sync(file)
    return size, digest.hexdigest()
