"""How invariants are looked at: one statement for each rule and slice of a table.

So each question sees one state of the database, whatever is written meanwhile, and takes no longer where there is more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, IntegerField, Max, Min, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.functional import Promise

# Rows of one statement: with 200,000 tickets each takes half a second at most, and the worker's may take five.
SLICE = 50_000


@dataclass(frozen=True)
class Look:
    """When one looks, and for how many seconds files are read to compare their content; None: until all are."""

    at: datetime
    reading_seconds: float | None = None


class Rule(NamedTuple):
    """What no row may be: `rows` are those that are, and `words` tells one of them by its `%(row)s`."""

    words: Promise
    rows: QuerySet


def broken(*rules: Rule) -> Iterator[str]:
    """A sentence for each row that breaks one of the rules."""
    for rule in rules:
        for rows in slices(rule.rows):
            yield from (str(rule.words) % {"row": getattr(row, "reference", row.pk)} for row in rows)


def slices(rows: QuerySet) -> Iterator[QuerySet]:
    """The rows in pieces, by their number."""
    ends = rows.model._base_manager.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is not None:
        for start in range(ends["first"], ends["last"] + 1, SLICE):
            yield rows.filter(pk__gte=start, pk__lt=start + SLICE).order_by("pk")


def how_many(children: QuerySet, parent: str) -> Coalesce:
    """How many of the children each row has; `parent` is their column that names it."""
    numbers = children.filter(**{parent: OuterRef("pk")}).order_by().values(parent).annotate(number=Count("pk"))
    return Coalesce(Subquery(numbers.values("number"), output_field=IntegerField()), Value(0))
