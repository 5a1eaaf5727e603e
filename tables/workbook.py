"""Workbooks of spreadsheets (.xlsx): their first sheet as the table that `tables.reading` reads."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

# What a workbook may hold once it is opened: a table of some thousand rows takes a tenth of it.
MOST_EXPANDED = 64 * 1024 * 1024
MOST_COLUMNS = 100
# What openpyxl raises over a file that only begins like a workbook.
BROKEN = (InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError, IndexError, OSError)


def is_one(content: bytes) -> bool:
    """Whether it begins as a workbook does, and no text does."""
    return content.startswith(b"PK\x03\x04")


def as_csv(content: bytes, *, most: int) -> bytes:
    """The first sheet, row by row, so that a row keeps its number. Days are written 2026-12-31.

    `most` rows and the heading are read and a few more, which whoever reads the table counts. Raises ValidationError.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            expanded = sum(member.file_size for member in archive.infolist())
        if expanded > MOST_EXPANDED:
            raise ValidationError(_("The workbook is too large. Save its first sheet as CSV."))
        for row in rows_of(content, most=most):
            writer.writerow(row)
    except BROKEN as error:
        raise ValidationError(_("The workbook cannot be read. Save its first sheet as CSV.")) from error
    return text.getvalue().encode()


def rows_of(content: bytes, *, most: int) -> Iterator[list[str]]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the sheet says of its size may be wrong
        width = 0
        for row in sheet.iter_rows(max_row=most + 2, max_col=MOST_COLUMNS, values_only=True):
            cells = without_end([cell_of(value) for value in row])
            width = width or len(cells)
            yield cells + [""] * (width - len(cells))
    finally:
        book.close()


def without_end(cells: list[str]) -> list[str]:
    """Without the empty cells behind the last one that holds something: the heading's end is that of the table."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def cell_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())
