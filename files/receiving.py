"""The way in: bytes to a temporary on our disk, counted, hashed, judged and synced before anybody names them."""

import errno
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

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

    def __init__(self, code: str, name: str, *, megabytes: int = 0):
        super().__init__(MESSAGES[code], code=code, params={"name": name, "megabytes": megabytes})


@dataclass(frozen=True)
class Terms:
    """What is taken: files of so many megabytes; programs, and archives that grow, only from whom one trusts."""

    megabytes: int
    allow_executables: bool = False
    allow_bombs: bool = False


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

    def packed(self) -> dict[str, Any]:
        """What a signed form carries from one request to the next."""
        return asdict(self) | {"temporary": self.temporary.name}

    @classmethod
    def unpacked(cls, data: Mapping[str, Any]) -> "Upload":
        """The same again; whether the temporary is still there shows when it is kept."""
        return cls(**{**data, "kind": types.Kind(data["kind"]), "temporary": disk.temporaries() / data["temporary"]})


def receive(uploaded: UploadedFile, *, allow_executables: bool = False, terms: Terms | None = None) -> Upload:
    """Take what a form brought. Raises `Refused` and leaves nothing on the disk."""
    terms = terms or Terms(settings.FILE_MEGABYTES, allow_executables)
    return receive_chunks(uploaded.chunks(disk.CHUNK), uploaded.name or "", terms=terms)


def receive_path(path: Path, name: str, *, allow_executables: bool = False, terms: Terms | None = None) -> Upload:
    """Take a copy of a file on this machine, as imports do; the file itself stays. Raises `Refused`."""
    with path.open("rb") as file:
        pieces = iter(lambda: file.read(disk.CHUNK), b"")
        return receive_chunks(pieces, name, terms=terms or Terms(settings.FILE_MEGABYTES, allow_executables))


def receive_chunks(chunks: Iterable[bytes], name: str, *, terms: Terms) -> Upload:
    """Take what comes piece by piece. Raises `Refused` and leaves nothing on the disk."""
    with ExitStack() as undo:
        intake = Intake(name, terms)
        undo.callback(intake.abandon)
        with intake.finding_room():  # where they come from, there may be none either
            for chunk in chunks:
                intake.take(chunk)
        upload = intake.complete()
        undo.pop_all()
    return upload


def discard(upload: Upload) -> None:
    """Forget a file that nobody kept."""
    upload.temporary.unlink(missing_ok=True)


class Intake:
    """A file that is coming in: written through to a temporary, and measured and hashed meanwhile. Each step raises
    `Refused`; then, and when it is given up, `abandon` leaves nothing on the disk."""

    def __init__(self, given_name: str, terms: Terms) -> None:
        self.name, self.terms = names.canonical(given_name), terms
        self.digest, self.size = hashlib.sha256(), 0
        self.temporary: Path | None = None
        with self.finding_room():
            temporary = disk.new_temporary()
            self.file = disk.create(temporary)
            self.temporary = temporary

    def take(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > self.terms.megabytes * 1024 * 1024:
            raise Refused("too_large", self.name, megabytes=self.terms.megabytes)
        self.digest.update(chunk)
        with self.finding_room():
            self.file.write(chunk)

    def complete(self) -> Upload:
        """The file is whole and synced: what is it?"""
        with self.finding_room():
            disk.sync(self.file)
            self.file.close()
        terms, temporary = self.terms, cast(Path, self.temporary)
        verdict = types.judge(
            self.name, temporary, allow_executables=terms.allow_executables, allow_bombs=terms.allow_bombs
        )
        if verdict.refusal:
            raise Refused(verdict.refusal, self.name)
        sha256 = self.digest.hexdigest()
        return Upload(self.name, self.size, sha256, verdict.content_type, verdict.kind, temporary)

    def abandon(self) -> None:
        """Leave nothing, unless somebody has named the file meanwhile. Safe to repeat."""
        if self.temporary is not None:
            with suppress(OSError):  # what the file still holds back finds no room either
                self.file.close()
            self.temporary.unlink(missing_ok=True)

    @contextmanager
    def finding_room(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in NO_ROOM:
                self.abandon()
                raise Refused("no_room", self.name) from error
            raise
