"""Tables for spreadsheets: nothing in them is calculated, nothing is lost, and they are written while they are sent."""

import csv as stdlib_csv
import io
import zoneinfo
from datetime import UTC, datetime

import pytest
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from tables import csv

# What programs calculate, some of them alone, and what shakes the format itself.
HOSTILE = [
    "=1+1", "=HYPERLINK(\"https://acme.example\";\"x\")", "+34 943", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1",
    "＝1", "'=1", "''=1", "=cmd|' /C calc'!A0", ";", "a;b", "a\"b\"c", "\"", "una\ndos", "una\r\ndos", "'", "'hola'",
    "", " ", " =1", "ñ€🙂", "\u202egpj.exe",
]  # fmt: skip


def asked(method="GET"):
    request = HttpRequest()
    request.method = method
    return request


def lines(rows):
    yield from rows


def body(rows, headings=("A",)):
    return b"".join(csv.download(asked(), headings, lines(rows), name="a.csv").streaming_content)


def read(content: bytes) -> list[list[str]]:
    """As a program reads the file: the mark dropped, one apostrophe taken from what it keeps from being calculated."""
    cells = stdlib_csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
    return [[cell[1:] if cell.startswith("'") and csv.FORMULA.match(cell) else cell for cell in line] for line in cells]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_spreadsheet_takes_a_cell_for_a_formula(text):
    assert csv.neutralised(text)[:1] not in set("=+-@\t\r\n＝＋－＠")


def test_what_is_read_back_is_what_was_written():
    rows = [[text, "en medio", text] for text in HOSTILE]

    assert read(body(rows)) == [["A"], *rows]


def test_the_file_opens_in_excel_in_spanish():
    assert body([["ñ", "b;c"]], headings=["Número", "Tema"]) == '\ufeffNúmero;Tema\r\nñ;"b;c"\r\n'.encode()


def test_numbers_are_plain_and_what_is_missing_is_empty():
    assert body([[-5, 1000000, None, True]]) == b"\xef\xbb\xbfA\r\n-5;1000000;;True\r\n"


def test_words_and_dates_are_those_of_whoever_asked_also_when_the_answer_is_sent_later():
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    with translation.override("es"), timezone.override(zoneinfo.ZoneInfo("Atlantic/Canary")):
        answer = csv.download(asked(), [gettext_lazy("Subject")], lines([[at]] * 3_000), name="a.csv")

    with translation.override("en"), timezone.override(UTC):
        rows = read(b"".join(answer.streaming_content))

    assert rows == [["Asunto"]] + [["2026-07-01 23:30:00"]] * 3_000


def test_rows_are_read_while_they_are_sent():
    read_so_far = []

    def rows():
        for number in range(10_000):
            read_so_far.append(number)
            yield [number]

    chunks = iter(csv.download(asked(), ["A"], rows(), name="a.csv").streaming_content)
    next(chunks)

    assert len(read_so_far) <= 2 * csv.ROWS_AT_A_TIME


@pytest.mark.django_db
def test_whoever_stops_listening_stops_the_reading():
    ended = []

    def rows():
        try:
            for number in range(10_000):
                yield [number]
        finally:
            ended.append("closed")

    answer = csv.download(asked(), ["A"], rows(), name="a.csv")
    next(iter(answer.streaming_content))
    answer.close()

    assert ended == ["closed"]


def failing(after):
    for number in range(after):
        yield [number]
    raise ConnectionError


def test_what_fails_in_the_first_rows_fails_before_the_answer():
    with pytest.raises(ConnectionError):
        csv.download(asked(), ["A"], failing(after=10), name="a.csv")


def test_what_fails_later_cuts_the_file_off():
    answer = csv.download(asked(), ["A"], failing(after=5_000), name="a.csv")

    with pytest.raises(ConnectionError):
        list(answer.streaming_content)


def test_who_asks_for_the_headers_alone_has_no_row_read():
    answer = csv.download(asked("HEAD"), ["A"], failing(after=0), name="a.csv")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["Content-Disposition"] == 'attachment; filename="a.csv"'
