"""Workbooks that people send are read like any other table; what is none says so."""

import io
import zipfile
from datetime import date, datetime

import pytest
from django.core.exceptions import ValidationError
from openpyxl import Workbook

from tables import workbook


def book(*rows) -> bytes:
    made = Workbook()
    for row in rows:
        made.active.append(row)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def test_the_first_sheet_becomes_a_table_row_by_row():
    content = book(
        ["Empresa", "Desde", None, "Nota"],
        ["IBA", date(2027, 1, 31), 3, 'dice "sí"; y\nno'],
        [None, None, None, None],
        ["NOR", datetime(2027, 2, 1, 10, 30), 2.0, 2.5],  # noqa: DTZ001  # as spreadsheets keep it
    )

    assert workbook.as_csv(content, most=10).decode().split("\r\n") == [
        "Empresa;Desde;;Nota", 'IBA;2027-01-31;3;"dice ""sí""; y no"', ";;;", "NOR;2027-02-01;2;2.5", "",
    ]  # fmt: skip


def test_of_a_long_sheet_no_more_is_read_than_shows_that_it_is_too_long():
    content = book(*(["x"] for _row in range(50)))

    assert workbook.as_csv(content, most=10).decode().count("x") == 12


def zipped(**files) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04", zipped(a="b"), book(["a"])[:-40], book(["a"]).replace(b"PK\x01\x02", b"PK\x01\x09")],
    ids=["nothing", "another zip", "cut off", "broken"],
)
def test_what_only_looks_like_a_workbook_is_refused_in_words(content):
    assert workbook.is_one(content)

    with pytest.raises(ValidationError, match="CSV"):
        workbook.as_csv(content, most=10)


def test_what_would_take_up_too_much_room_is_not_opened():
    with pytest.raises(ValidationError, match="CSV"):
        workbook.as_csv(zipped(**{"xl/workbook.xml": b" " * (workbook.MOST_EXPANDED + 1)}), most=10)


def test_a_text_is_no_workbook():
    assert not workbook.is_one(b"PK;Empresa\n")
