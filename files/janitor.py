"""What a crash left, on the disk and in the bucket: files, temporaries and display copies that no row names."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import QuerySet

from files import bucket, disk
from files.models import StoredFile

GRACE = timedelta(hours=24)


def remove_unnamed(*, at: datetime) -> int:
    """Remove what has had no row for 24 hours, by the time of its last change, and from the disk what has lain in the
    bucket for as long; returns how many files went. Raises bucket.Unreachable."""
    removed = 0
    for path in _strangers(StoredFile.objects.on_disk(), at):
        path.unlink(missing_ok=True)
        removed += 1
    return removed + (remove_unnamed_in_bucket(at=at) if bucket.is_configured() else 0)


def remove_unnamed_in_bucket(*, at: datetime) -> int:
    removed = 0
    for names in bucket.names_before(at - GRACE):
        named = _named(StoredFile.objects.all(), names)
        for name in names:
            if _key(name) not in named:
                bucket.remove(name)
                removed += 1
    return removed


def unnamed(*, at: datetime) -> Iterator[Path]:
    """Files on the disk, older than 24 hours, that no row names."""
    return _strangers(StoredFile.objects.all(), at)


def _strangers(rows: QuerySet[StoredFile], at: datetime) -> Iterator[Path]:
    """Files older than 24 hours that none of the rows names. Other folders than ours are left alone."""
    yield from _old(disk.temporaries(), at)
    for folder in [*sorted(disk.root().glob("??")), disk.quarantine()]:
        old = list(_old(folder, at))
        named = _named(rows, [path.name for path in old])
        yield from (path for path in old if _key(path.name) not in named)


def _named(rows: QuerySet[StoredFile], names: Collection[str]) -> set[str]:
    """The keys of those that a row names."""
    keys = {_key(name) for name in names}
    return set(rows.filter(key__in=keys).values_list("key", flat=True)) if keys else set()


def _key(name: str) -> str:
    return name.removesuffix(disk.DISPLAY_SUFFIX)


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
