"""Search in short columns, such as names and addresses, by any part of them: accents and capitals make no difference.

It reads each row of the queryset, so that must be a company's and not a table's. One pattern serves both databases.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import TypeVar

from django.db import models
from django.db.models import Q, QuerySet

from text.search import TYPED_LIMIT, WORDS_LIMIT, bare
from text.words import printable

Row = TypeVar("Row", bound=models.Model)

# Where Unicode keeps the Latin letters with accents.
ACCENTED = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))


def holding(queryset: QuerySet[Row], typed: str, *, columns: Sequence[str]) -> QuerySet[Row]:
    """The rows of which each typed word stands somewhere in one of the columns; all of them when nothing was typed."""
    for word in bare(printable(typed[:TYPED_LIMIT])).split()[:WORDS_LIMIT]:
        pattern = "".join(map(_either, word))
        anywhere = Q()
        for column in columns:
            anywhere |= Q(**{f"{column}__iregex": pattern})
        queryset = queryset.filter(anywhere)
    return queryset


def _either(letter: str) -> str:
    """The letter with and without accents, as a pattern."""
    others = _variants().get(letter)
    return f"[{letter}{others}]" if others else re.escape(letter)


@cache
def _variants() -> dict[str, str]:
    """Letter → the same one with every accent."""
    variants: defaultdict[str, str] = defaultdict(str)
    for letter in map(chr, ACCENTED):
        plain = bare(letter)
        if len(plain) == 1 and plain.isascii() and plain.isalpha():
            variants[plain] += letter
    return dict(variants)
