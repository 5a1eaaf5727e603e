"""The invariant of the disk: files and rows say the same."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from files import janitor
from files.models import StoredFile


def verify(at: datetime) -> list[str]:
    """The faults found: files missing, of another size or content than their row says, or named by no row."""
    faults = [fault for stored in StoredFile.objects.order_by("id").iterator() for fault in _faults(stored)]
    return faults + [f"no row names {path.parent.name}/{path.name}" for path in janitor.unnamed(at=at)]


def _faults(stored: StoredFile) -> Iterator[str]:
    if not stored.path.is_file():
        yield f"stored file {stored.pk} is missing"
        return
    if stored.path.stat().st_size != stored.size:
        yield f"stored file {stored.pk} has another size"
    elif _sha256(stored.path) != stored.sha256:
        yield f"stored file {stored.pk} has another content"
    if stored.display_state == StoredFile.DisplayState.READY and not stored.display_path.is_file():
        yield f"stored file {stored.pk} has lost its display copy"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
