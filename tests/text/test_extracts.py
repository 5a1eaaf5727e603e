"""The passage of a text in which sought words stand, marked and harmless."""

import pytest

from text.extracts import extract, highlighted


def test_the_passage_is_where_the_words_stand_closest():
    text = "Nada que ver. " * 40 + "Al final se exporta la fácturas de todos. " + "Y más. " * 40

    assert "se <mark>exporta</mark> la <mark>fácturas</mark> de todos" in extract(text, "exportar FACTURA")
    assert extract(text, "exportar").startswith("… ") and extract(text, "exportar").endswith(" …")


def test_where_no_word_stands_the_text_begins():
    assert extract("Uno dos tres", "cuatro") == "Uno dos tres"
    assert extract("", "cuatro") == "" and extract("Uno", "") == "Uno"


def test_a_passage_ends_between_words():
    assert len(extract("palabra " * 100, "nada")) < 250 and extract("palabra " * 100, "nada").endswith("palabra …")
    assert len(extract("x" * 10_000, "nada")) < 250


@pytest.mark.parametrize("sought", ["script", "<script>", "alert", '"', "\x00", "b" * 10_000])
def test_what_is_marked_is_text(sought):
    shown = extract("<script>alert(1)</script> <b>", sought)

    assert "<script>" not in shown and "<b>" not in shown


def test_short_words_are_marked_whole():
    assert highlighted("EPI y EPIs, epidemia", "epi") == "<mark>EPI</mark> y <mark>EPIs</mark>, <mark>epidemia</mark>"
    assert highlighted("a b ab", "a") == "<mark>a</mark> b ab"


def test_a_text_full_of_the_word_takes_no_longer():
    assert "<mark>informe</mark>" in extract("informe " * 20_000, "informe")
