"""Where the bytes lie: `FILES_ROOT/<first two of the key>/<key>`; `FILES_ROOT/tmp` for what is not named yet, and
`FILES_ROOT/quarantine/<key>`, closed to the web server, for what the antivirus found something in."""

import os
import secrets
from pathlib import Path

from django.conf import settings

CHUNK = 64 * 1024
DISPLAY_SUFFIX = ".display"


def new_key() -> str:
    """256 random bits: whoever does not hold the key cannot guess the path."""
    return secrets.token_urlsafe(32)


def root() -> Path:
    return Path(settings.FILES_ROOT)


def temporaries() -> Path:
    return root() / "tmp"


def quarantine() -> Path:
    return root() / "quarantine"


def path_of(key: str) -> Path:
    return root() / key[:2] / key


def new_temporary() -> Path:
    """A path on the same file system as the files, so that a rename is all that naming one takes."""
    temporaries().mkdir(mode=0o750, parents=True, exist_ok=True)
    return temporaries() / new_key()


def create(path: Path):
    """Open a new file for writing that its owner may write, its group (the web server) read, and nobody else see."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb")


def sync(file) -> None:
    """Return once the disk has the bytes."""
    file.flush()
    os.fsync(file.fileno())


def move(temporary: Path, final: Path) -> None:
    """Give a synced temporary its place; the new name survives a power cut."""
    folder = final.parent
    if not folder.exists():
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        _sync_folder(folder.parent)
    os.replace(temporary, final)
    _sync_folder(folder)


def lock_away(key: str) -> None:
    """Move a file into the quarantine, which only its owner enters. Raises FileNotFoundError when it is not there."""
    path = path_of(key)
    quarantine().mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o600)
    move(path, quarantine() / key)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
