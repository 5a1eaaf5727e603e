"""Tables that people send: CSV as spreadsheets write it, read row by row, with the reason of each that cannot be read.

Semicolons, commas or tabs; UTF-8 with or without its mark, UTF-16, or the Latin letters of Windows.
"""

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from tables.csv import FORMULA

DELIMITERS = ";,\t"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Line:
    """One row: the number of its first line in the file, and its cells by column or why it cannot be read."""

    number: int
    cells: dict[str, str] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True)
class Table:
    """The rows that hold something, in the order of the file; `unknown` are the headings that nobody understood."""

    columns: list[str]
    unknown: list[str]
    lines: list[Line]


def read(content: bytes, *, column_of: Callable[[str], str | None], required: Mapping[str, Any], most: int) -> Table:
    """The table of a file. `column_of` says which column a heading means; `required`: column → how people call it.

    Raises ValidationError when it is no table, lacks a required column, names one twice or has more than `most` rows.
    """
    lines = io.StringIO(_decoded(content), newline="")
    heading, before = next(lines, ""), 1
    if heading.casefold().startswith("sep="):  # what Excel writes for itself
        heading, before = next(lines, ""), 2
    delimiter = max(DELIMITERS, key=heading.count)
    headings = _headings(heading, delimiter)
    columns = [column_of(name) for name in headings]
    _check(columns, required)
    found = []
    for line in _lines(lines, delimiter, columns, before=before):
        found.append(line)
        if len(found) > most:
            raise ValidationError(_("The file has more than %(most)s rows. Split it.") % {"most": most})
    known = [column for column in columns if column]
    unknown = [name for name, column in zip(headings, columns, strict=True) if name and not column]
    return Table(known, unknown, found)


def _decoded(content: bytes) -> str:
    if content.startswith(UTF_16):
        return content.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _headings(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter, strict=True), [])]
    except csv.Error as error:
        raise ValidationError(_("The first line is no heading (%(error)s).") % {"error": error}) from error


def _check(columns: list[str | None], required: Mapping[str, Any]) -> None:
    known = [column for column in columns if column]
    if missing := [str(label) for column, label in required.items() if column not in known]:
        raise ValidationError(_("The heading lacks the columns: %(names)s.") % {"names": ", ".join(missing)})
    if len(set(known)) != len(known):
        raise ValidationError(_("The heading names a column twice."))


def _lines(lines: io.StringIO, delimiter: str, columns: list[str | None], *, before: int) -> Iterator[Line]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + before + 1
        try:
            cells = [_cell(cell) for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            words = _("The row cannot be read up to line %(last)s. Is a quotation mark not closed?")
            yield Line(number, fault=words % {"last": reader.line_num + before})
            continue
        if not any(cells):
            continue
        if len(cells) != len(columns):
            words = _("The row has %(found)s cells; the heading has %(expected)s.")
            yield Line(number, fault=words % {"found": len(cells), "expected": len(columns)})
        else:
            yield Line(number, {name: cell for name, cell in zip(columns, cells, strict=True) if name})


def _cell(cell: str) -> str:
    """The cell without the apostrophe that `tables.csv` puts before what a spreadsheet would calculate."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell
