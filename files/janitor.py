"""What a crash left on the disk: files, temporaries and display copies that no row names."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from files import disk
from files.models import StoredFile

GRACE = timedelta(hours=24)


def remove_unnamed(*, at: datetime) -> int:
    """Remove what has had no row for 24 hours, by the time of its last change; returns how many files went."""
    removed = 0
    for path in unnamed(at=at):
        path.unlink(missing_ok=True)
        removed += 1
    return removed


def unnamed(*, at: datetime) -> Iterator[Path]:
    """Files older than 24 hours that no row names. Other folders than ours are left alone."""
    yield from _old(disk.temporaries(), at)
    for folder in [*sorted(disk.root().glob("??")), disk.quarantine()]:
        old = list(_old(folder, at))
        keys = {_key(path) for path in old}
        named = set(StoredFile.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
        yield from (path for path in old if _key(path) not in named)


def _key(path: Path) -> str:
    return path.name.removesuffix(disk.DISPLAY_SUFFIX)


def _old(folder: Path, at: datetime) -> Iterator[Path]:
    oldest_kept = (at - GRACE).timestamp()
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        try:
            if path.is_file() and path.stat().st_mtime < oldest_kept:
                yield path
        except FileNotFoundError:  # named or discarded while we looked
            continue
