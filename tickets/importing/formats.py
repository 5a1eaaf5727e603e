"""Which reader and which mapping a file takes, and its tickets one after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from text.words import one_line
from tickets.importing import citizens, erp, portal_format, rows
from tickets.importing.records import ImportedTicket, Refused
from tickets.importing.rows import Row

Reader = Callable[[BinaryIO], Iterator[Row]]
Mapper = Callable[[Any], ImportedTicket]

FORMATS: dict[str, dict[str, tuple[Reader, Mapper]]] = {
    "portal": {
        ".jsonl": (rows.jsonl, portal_format.ticket),
        ".csv": (rows.csv_threads, portal_format.ticket),
    },
    "erp": {
        ".jsonl": (rows.jsonl, erp.thread),
        ".csv": (rows.csv_rows, erp.subject_of_release),
    },
    "ciudadania": {
        ".jsonl": (rows.jsonl, citizens.request),
    },
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A ticket of the file, or the reason why it is refused; `lines` are those of its messages."""

    lines: list[int]
    external_id: str
    ticket: ImportedTicket | None = None
    reason: str = ""

    @property
    def line(self) -> int:
        return self.lines[0]

    def line_of(self, refusal: Refused) -> int:
        """Where the message at fault stands."""
        return self.lines[refusal.part] if refusal.part < len(self.lines) else self.line


def of(path: Path, mapping: str) -> tuple[Reader, Mapper] | None:
    """How a file is read, by its extension; None when the mapping does not know it."""
    return FORMATS[mapping].get(path.suffix.lower())


def entries(path: Path, file: BinaryIO, mapping: str) -> Iterator[Entry]:
    """Every ticket of the file. A file that makes no sense as a whole is one entry, refused."""
    reader, mapper = FORMATS[mapping][path.suffix.lower()]
    try:
        for row in reader(file):
            yield entry_of(row, mapper)
    except rows.UnreadableFile as error:
        yield Entry([1], "", reason=str(error))


def entry_of(row: Row, mapper: Mapper) -> Entry:
    external_id = id_of(row.data)
    if row.reason:
        return Entry(row.lines, external_id, reason=row.reason)
    try:
        return Entry(row.lines, external_id, mapper(row.data))
    except Refused as refusal:
        refused = Entry(row.lines, external_id, reason=str(refusal))
        return Entry([refused.line_of(refusal)], external_id, reason=str(refusal))


def id_of(data: Any) -> str:
    """The number in the former system, as far as it can be read, for the report."""
    given = data.get("id") if isinstance(data, dict) else None
    return one_line(given)[:100] if isinstance(given, str) else str(given) if isinstance(given, int) else ""


def files_in(path: Path, mapping: str) -> list[Path]:
    """The file itself, or the files of a folder that the mapping knows, those of its folders included."""
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file() and of(file, mapping))
    return [path]


def extensions(mapping: str) -> str:
    return _(" or ").join(FORMATS[mapping])
