"""Tables that people send: whatever their spreadsheet made of them, every row is read or said to be broken."""

from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from tables import csv
from tables.reading import Line, read

COLUMNS = {"correo": "email", "nombre": "name"}


def table(content, most=10):
    content = content.encode() if isinstance(content, str) else content
    required = {"email": "Correo"}
    return read(content, column_of=lambda heading: COLUMNS.get(heading.casefold()), required=required, most=most)


def rows(content):
    return [(line.number, line.cells) for line in table(content).lines]


TEXT = "Correo;Nombre\r\na@b.example;Iñigo\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
def test_letters_are_read_in_every_encoding_that_spreadsheets_write(encoding):
    assert rows(TEXT.encode(encoding)) == [(2, {"email": "a@b.example", "name": "Iñigo"})]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_every_delimiter_and_line_end(delimiter, end):
    content = end.join([f"Correo{delimiter}Nombre", f"a@b.example{delimiter}Ana"])

    assert rows(content) == [(2, {"email": "a@b.example", "name": "Ana"})]


def test_the_line_that_excel_writes_for_itself_is_no_row():
    assert rows("sep=;\r\n" + TEXT) == [(3, {"email": "a@b.example", "name": "Iñigo"})]


def test_empty_rows_are_none_and_the_numbers_are_those_of_the_file():
    assert rows("Correo;Nombre\n\n;\n  ;  \na@b.example;\n") == [(5, {"email": "a@b.example", "name": ""})]


def test_a_cell_of_several_lines_moves_the_numbers_of_those_below():
    assert rows('Correo;Nombre\na;"uno\ndos"\nb;tres\n') == [
        (2, {"email": "a", "name": "uno\ndos"}),
        (4, {"email": "b", "name": "tres"}),
    ]


def test_a_broken_row_is_told_and_those_around_it_are_read():
    found = table('Correo;Nombre\na;uno\nb\nc;"x"y\nd;cuatro;más\ne;cinco\n').lines

    assert [(line.number, line.cells, bool(line.fault)) for line in found] == [
        (2, {"email": "a", "name": "uno"}, False),
        (3, {}, True),
        (4, {}, True),
        (5, {}, True),
        (6, {"email": "e", "name": "cinco"}, False),
    ]


def test_a_quotation_mark_that_is_not_closed_is_told_with_its_line():
    found = table('Correo;Nombre\na;uno\nb;"dos\nc;tres\n').lines

    assert found[0] == Line(2, {"email": "a", "name": "uno"})
    assert (found[1].number, found[1].cells) == (3, {})
    assert "4" in found[1].fault


def test_a_heading_that_nobody_knows_is_left_out_and_named():
    found = table("Correo;Puesto;Nombre\na;Jefa;Ana\n")

    assert (found.unknown, found.columns) == (["Puesto"], ["email", "name"])
    assert found.lines == [Line(2, {"email": "a", "name": "Ana"})]


@pytest.mark.parametrize("content", ["", "\n", "Nombre\nAna\n", "Correo;Correo\na;b\n", "\x00\x01", '"Correo;Nombre\n'])
def test_what_is_no_table_is_refused_in_words(content):
    with pytest.raises(ValidationError):
        table(content)


def test_too_many_rows_are_refused_before_the_rest_is_read():
    with pytest.raises(ValidationError, match="10"):
        table("Correo\n" + "a\n" * 11)


@given(st.binary(max_size=300))
def test_no_bytes_break_it(content):
    with suppress(ValidationError):
        table(b"Correo;Nombre\n" + content)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_what_was_exported_is_read_back(text):
    content = f'Correo;Nombre\na;"{csv.neutralised(text).replace(chr(34), chr(34) * 2)}"\n'

    assert rows(content) == [(2, {"email": "a", "name": text.strip()})]
