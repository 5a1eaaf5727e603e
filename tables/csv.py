"""Tables for spreadsheets: UTF-8 with its mark, semicolons and CRLF, so that Excel in Spanish opens them by a click."""

import codecs
import csv
import io
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import chain, islice

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.http import content_disposition_header

Cell = str | Promise | int | datetime | None

ROWS_AT_A_TIME = 1_000
# What a spreadsheet may take for a formula, in the wide signs of Asian keyboards too; with the apostrophes before it.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def download(
    request: HttpRequest, headings: Sequence[Cell], rows: Generator[Sequence[Cell], None, None], *, name: str
) -> HttpResponseBase:
    """The rows as a file to keep, written while it is sent, in the language and the time zone of now.

    The first rows are read at once: what fails by then fails as on any page. What fails later cuts the file off, so
    that the browser calls the download incomplete.
    """
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse()
    else:
        chunks = _chunks(headings, rows)
        next(chunks)
        response = StreamingHttpResponse(chunks)
    response["Content-Type"] = "text/csv; charset=utf-8"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def _chunks(headings: Sequence[Cell], rows: Generator[Sequence[Cell], None, None]) -> Generator[bytes, None, None]:
    """The file piece by piece; the first piece is empty and says that the second one is ready."""
    language, zone = translation.get_language(), timezone.get_current_timezone()
    mark = codecs.BOM_UTF8
    with closing(rows):
        lines = chain([headings], rows)
        ready = b""
        while True:
            with translation.override(language), timezone.override(zone):
                text = _text(islice(lines, ROWS_AT_A_TIME))
            yield ready
            if not text:
                return
            ready, mark = mark + text.encode(), b""


def _text(lines: Iterable[Sequence[Cell]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";", lineterminator="\r\n").writerows(map(_cells, lines))
    return file.getvalue()


def _cells(line: Sequence[Cell]) -> Iterator[str]:
    return (written(cell) for cell in line)


def written(cell: Cell) -> str:
    """The cell as it stands in the file. Dates in the reader's time zone, as every Excel reads them."""
    match cell:
        case None:
            return ""
        case int():
            return str(cell)
        case datetime():
            return timezone.make_naive(cell).isoformat(" ", "seconds")
    return neutralised(str(cell))


def neutralised(text: str) -> str:
    """A text that no spreadsheet calculates: with an apostrophe in front where one would.

    Whoever reads the file back takes one apostrophe away wherever FORMULA matches a cell that begins with one.
    """
    return f"'{text}" if FORMULA.match(text) else text
