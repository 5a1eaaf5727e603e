"""Several files in one ZIP, with a list of what is in it: stored, not compressed, for they are archives already."""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zipstream import ZIP_STORED, ZipStream

from files import disk

if TYPE_CHECKING:
    from downloads.models import ReleaseFile

NAME = "update.zip"
MANIFEST = "manifest.csv"
# Another number where the same files would make another archive.
FORM = 1


def digest_of(files: Sequence["ReleaseFile"]) -> str:
    """Names an archive by what is in it."""
    contents = [FORM, *sorted((name, file.stored.sha256) for name, file in named(files))]
    return hashlib.sha256(json.dumps(contents).encode()).hexdigest()


def zipped(files: Sequence["ReleaseFile"]) -> ZipStream:
    """The archive, read while it is sent; `len()` is its size. Raises FileNotFoundError when a file is not there."""
    archive = ZipStream(compress_type=ZIP_STORED, sized=True)
    archive.add(manifest(files), MANIFEST)
    for name, file in named(files):
        if not file.stored.is_there:
            raise FileNotFoundError("not on the disk")
        archive.add(pieces(file), name, size=file.stored.size)
    return archive


def manifest(files: Sequence["ReleaseFile"]) -> str:
    """Name, size in bytes and SHA-256 of each file, as a table."""
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["name", "bytes", "sha256"])
    rows.writerows([name, file.stored.size, file.stored.sha256] for name, file in named(files))
    return table.getvalue()


def named(files: Sequence["ReleaseFile"]) -> list[tuple[str, "ReleaseFile"]]:
    """The files by their names in the archive; two of one name, or one called as the list, say whose they are."""
    times = Counter([MANIFEST, *(file.name.casefold() for file in files)])
    return [
        (f"{file.component.slug}/{file.name}" if times[file.name.casefold()] > 1 else file.name, file) for file in files
    ]


def pieces(file: "ReleaseFile") -> Iterator[bytes]:
    with file.stored.open() as opened:
        yield from iter(lambda: opened.read(disk.CHUNK), b"")
