"""The invariant of the disk: files and rows say the same."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from files import bucket, disk, janitor, quarantine
from files.models import StoredFile


def measured(files: Iterable[StoredFile], *, at: datetime) -> Iterator[str]:
    """The faults that show without reading a file: missing, of another size, without its display copy, or infected
    and among those that are served."""
    for stored in files:
        if stored.is_in_bucket:
            continue  # asking for each would take the night; `read` looks at them in turn
        if stored.is_infected and (stored.path.exists() or stored.display_path.exists()):
            yield _("Stored file %(number)s is infected and lies among those that are served.") % {"number": stored.pk}
        elif not place_of(stored).is_file():
            if not quarantine.is_over(stored, at=at):
                yield _("Stored file %(number)s is missing.") % {"number": stored.pk}
        elif not has_size(stored):
            yield _("Stored file %(number)s has another size.") % {"number": stored.pk}
        elif stored.display_state == StoredFile.DisplayState.READY and not stored.display_path.is_file():
            yield _("Stored file %(number)s has lost its display copy.") % {"number": stored.pk}


def read(files: Iterable[StoredFile]) -> Iterator[str]:
    """Files whose content is not the one that came, on the disk those of the right size; and of those in the bucket
    the missing ones."""
    for stored in files:
        try:
            has_changed = (stored.is_in_bucket or has_size(stored)) and sha256_of(stored) != stored.sha256
        except FileNotFoundError:
            yield _("Stored file %(number)s is missing.") % {"number": stored.pk}
        except bucket.Unreachable as error:
            yield _("Stored file %(number)s cannot be read: %(error)s.") % {"number": stored.pk, "error": error}
        else:
            if has_changed:
                yield _("Stored file %(number)s has another content.") % {"number": stored.pk}


def unnamed(at: datetime) -> Iterator[str]:
    """What has lain on the disk for 24 hours and no row names."""
    for path in janitor.unnamed(at=at):
        yield _("No row names the file %(path)s.") % {"path": f"{path.parent.name}/{path.name}"}


def place_of(stored: StoredFile) -> Path:
    return stored.quarantine_path if stored.is_infected else stored.path


def has_size(stored: StoredFile) -> bool:
    path = place_of(stored)
    return path.is_file() and path.stat().st_size == stored.size


def sha256_of(stored: StoredFile) -> str:
    digest = hashlib.sha256()
    with stored.open() if stored.is_in_bucket else place_of(stored).open("rb") as file:
        while chunk := file.read(disk.CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
