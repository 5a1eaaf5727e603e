"""Dates are written as the language writes them."""

from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from text import when

NOW = datetime(2026, 12, 5, 12, tzinfo=UTC)
NOVEMBER, BEFORE = datetime(2026, 11, 27, 9, 12, tzinfo=UTC), datetime(2024, 5, 3, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", ["27 nov", "3 may 2024", "27 nov, 10:12", "28 nov 2026"]),
        ("en", ["Nov 27", "May 3, 2024", "Nov 27, 10:12", "Nov 28, 2026"]),
    ],
)
def test_short_dates_follow_the_language(language, words):
    with translation.override(language):
        assert [
            when.near(NOVEMBER, now=NOW),
            when.day(BEFORE, now=NOW),
            when.moment(NOVEMBER, now=NOW),
            when.short(date(2026, 11, 28)),
        ] == words
