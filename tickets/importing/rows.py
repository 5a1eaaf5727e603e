"""From a file to rows, one ticket at a time, with the lines where they stand. Memory does not grow with the file."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from text.words import one_line

# Bytes. A longer line is skipped and refused.
LINE_LIMIT = 16 * 1024 * 1024

TICKET_COLUMNS = ("id", "subject", "status", "priority", "topic", "module", "closed_at")
MESSAGE_COLUMNS = ("created_at", "role", "author_name", "author_email", "body", "body_format", "attachments")
COLUMNS = (*TICKET_COLUMNS, *MESSAGE_COLUMNS)
REQUIRED_COLUMNS = ("id", "subject", "created_at", "body")


@dataclass
class Row:
    """A ticket as read. `lines`: where its messages stand, the first one first. `reason`: why it cannot be read."""

    lines: list[int]
    data: Any = None
    reason: str = ""


class UnreadableFile(Exception):
    """The file as a whole makes no sense; says why in words."""


# --- JSONL ---


def jsonl(file: BinaryIO) -> Iterator[Row]:
    """One ticket per line; empty lines do not count."""
    for number, line in enumerate(physical_lines(file), start=1):
        if len(line) > LINE_LIMIT:
            megabytes = LINE_LIMIT // (1024 * 1024)
            yield Row([number], reason=_("The line is longer than %(megabytes)s MB.") % {"megabytes": megabytes})
        elif line.strip():
            yield parsed(number, line)


def parsed(number: int, line: bytes) -> Row:
    try:
        return Row([number], json.loads(line.decode("utf-8-sig").rstrip()))
    except UnicodeDecodeError:
        return Row([number], reason=_("The line is not UTF-8."))
    except json.JSONDecodeError as error:
        words = _("The line is not JSON (%(error)s at character %(column)s).")
        return Row([number], reason=words % {"error": error.msg, "column": error.colno})
    except (ValueError, RecursionError):
        return Row([number], reason=_("The line is not JSON that anybody would write: it is too deep or too large."))


def physical_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines; of one that is too long only its beginning, one byte longer than the limit."""
    while line := file.readline(LINE_LIMIT + 1):
        yield line
        while len(line) > LINE_LIMIT and not line.endswith(b"\n"):
            line = file.readline(LINE_LIMIT + 1)
            if not line:
                return


# --- CSV ---


def csv_rows(file: BinaryIO) -> Iterator[Row]:
    """One ticket per row. Raises UnreadableFile."""
    for line, cells, reason in records(file):
        yield Row([line], cells, reason)


def csv_threads(file: BinaryIO) -> Iterator[Row]:
    """One message per row; the rows of a ticket follow one another. Raises UnreadableFile.

    A row that cannot be read may belong to the ticket before or behind it: neither is taken without it.
    """
    scattered = scattered_ids(file)
    file.seek(0)
    thread: Thread | None = None
    spoiled_by = 0
    for line, cells, reason in records(file, columns=COLUMNS, required=REQUIRED_COLUMNS):
        if cells is None or not cells.get("id"):
            if thread:
                thread.spoil(line)
            spoiled_by = line
            yield Row([line], reason=reason or _("The row names no ticket: “id” is empty."))
            continue
        if thread and thread.cells["id"] != cells["id"]:
            yield thread.row(scattered)
            thread = None
        if thread:
            thread.add(line, cells)
        else:
            thread = Thread(cells, [line])
        if spoiled_by:
            thread.spoil(spoiled_by)
            spoiled_by = 0
    if thread:
        yield thread.row(scattered)


@dataclass
class Thread:
    """The rows of one ticket, as they come."""

    cells: dict[str, str]
    lines: list[int]
    replies: list[dict[str, Any]] = field(default_factory=list)
    fault: tuple[int, str] | None = None

    def add(self, line: int, cells: dict[str, str]) -> None:
        self.lines.append(line)
        self.replies.append(message_of(cells))
        for name in TICKET_COLUMNS:
            if cells.get(name) and cells[name] != self.cells.get(name) and not self.fault:
                self.fault = line, _("The rows of this ticket disagree about “%(name)s”.") % {"name": name}

    def spoil(self, line: int) -> None:
        self.fault = self.fault or (
            self.lines[0],
            _("Line %(line)s beside it could not be read and may belong to it.") % {"line": line},
        )

    def row(self, scattered: set[str]) -> Row:
        ticket = {name: self.cells[name] for name in TICKET_COLUMNS if self.cells.get(name)}
        data = ticket | message_of(self.cells) | {"replies": self.replies}
        if self.cells["id"] in scattered:
            self.fault = self.lines[0], _("The rows of this ticket do not follow one another.")
        if self.fault:
            return Row([self.fault[0]], data, self.fault[1])
        return Row(self.lines, data)


def message_of(cells: dict[str, str]) -> dict[str, Any]:
    """A message as JSONL would say it: empty cells are absent, attachments a list."""
    message: dict[str, Any] = {name: cells[name] for name in MESSAGE_COLUMNS if cells.get(name)}
    if "attachments" in message:
        message["attachments"] = [path.strip() for path in message["attachments"].split("|") if path.strip()]
    return message


def scattered_ids(file: BinaryIO) -> set[str]:
    """The tickets whose rows do not follow one another."""
    seen: set[str] = set()
    scattered: set[str] = set()
    last = ""
    for _line, cells, _reason in records(file, columns=COLUMNS, required=REQUIRED_COLUMNS):
        current = cells["id"] if cells else last
        if current != last and current in seen:
            scattered.add(current)
        seen.add(current)
        last = current
    return scattered


def records(
    file: BinaryIO, *, columns: tuple[str, ...] = (), required: tuple[str, ...] = ()
) -> Iterator[tuple[int, dict[str, str] | None, str]]:
    """(first line, cells by column, "") of each row, or (line, None, reason). Raises UnreadableFile for the heading."""
    lines = (line.decode("utf-8", "surrogateescape") for line in physical_lines(file))
    heading = next(lines, "").removeprefix("\ufeff")
    delimiter = max(",;\t", key=heading.count)
    names = heading_names(heading, delimiter, columns, required)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 2
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            words = _("The row cannot be read up to line %(last)s (%(error)s). Is a quotation mark not closed?")
            yield line, None, words % {"last": reader.line_num + 1, "error": error}
            continue
        if any(cells) and len(cells) != len(names):
            words = _("The row has %(found)s cells; the heading has %(expected)s.")
            yield line, None, words % {"found": len(cells), "expected": len(names)}
        elif any(cells):
            yield line, {name: tidy(name, cell) for name, cell in zip(names, cells, strict=True)}, ""


def tidy(name: str, cell: str) -> str:
    """A cell without what spreadsheets put round it; a text stays as it is, a number becomes one that compares."""
    if name == "id":
        return one_line(cell)
    return cell if name == "body" else cell.strip()


def heading_names(heading: str, delimiter: str, columns: tuple[str, ...], required: tuple[str, ...]) -> list[str]:
    try:
        names = [name.strip() for name in next(csv.reader([heading], delimiter=delimiter, strict=True), [])]
    except csv.Error as error:
        raise UnreadableFile(_("The first line is no heading (%(error)s).") % {"error": error}) from error
    if missing := [name for name in required if name not in names]:
        raise UnreadableFile(_("The heading lacks the columns: %(names)s.") % {"names": ", ".join(missing)})
    if columns and (unknown := [name for name in names if name not in columns]):
        raise UnreadableFile(_("The heading has unknown columns: %(names)s.") % {"names": ", ".join(unknown)})
    if len(set(names)) != len(names):
        raise UnreadableFile(_("The heading names a column twice."))
    return names
