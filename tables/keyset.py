"""Pages of a list by the key of their last row: each costs the same, and rows that arrive meanwhile shift nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import F, Model, Q, QuerySet
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan

CURSOR_LIMIT = 4_000  # characters
AFTER, BEFORE = "after", "before"

Row = TypeVar("Row", bound=Model)


class BadCursor(ValueError):
    """The cursor is not one that this list gave out for this order."""


@dataclass(frozen=True)
class KeysetPage(Generic[Row]):
    """Rows in the list's order, with the cursors of the pages before and after, None where there is none."""

    rows: list[Row]
    previous: str | None
    next: str | None


def page(
    queryset: QuerySet[Row],
    *,
    order: Sequence[str],
    cursor: str | None = None,
    size: int = 25,
    shown: Callable[[QuerySet], QuerySet] | None = None,
) -> KeysetPage[Row]:
    """The page at `cursor`, or the first one, in one query.

    `order` names columns of the model without NULL, `-` for descending, and ends with one that tells all rows of the
    list apart. Its values can be read from the cursor: on customers' pages that is a number they may see, never the pk.
    `shown` adds what a row shows, to the rows of the page alone: joined before they are chosen, it would be looked up
    for the whole list. Where a cursor's rows are gone the first page is given. Raises BadCursor.
    """
    if not cursor:
        rows = _chosen(queryset, order, size + 1, shown)
        return _page(rows[:size], order, before=False, after=len(rows) > size)
    direction, key = _opened(cursor, queryset.model, order)
    walked = order if direction == AFTER else [_reversed(name) for name in order]
    rows = _chosen(queryset.filter(_beyond(walked, key)), walked, size + 1, shown)
    if not rows:
        return page(queryset, order=order, size=size, shown=shown)
    has_more = len(rows) > size
    if direction == AFTER:
        return _page(rows[:size], order, before=True, after=has_more)
    return _page(rows[:size][::-1], order, before=has_more, after=True)


def _chosen(
    queryset: QuerySet[Row], order: Sequence[str], size: int, shown: Callable[[QuerySet], QuerySet] | None
) -> list[Row]:
    """The first rows in this order."""
    first = queryset.order_by(*order)[:size]
    if shown is None:
        return list(first)
    chosen = queryset.model._default_manager.filter(pk__in=first.values("pk"))
    return list(shown(chosen).order_by(*order))


def _page(rows: list[Row], order: Sequence[str], *, before: bool, after: bool) -> KeysetPage[Row]:
    return KeysetPage(
        rows,
        previous=_cursor(BEFORE, rows[0], order) if before else None,
        next=_cursor(AFTER, rows[-1], order) if after else None,
    )


def _beyond(order: Sequence[str], key: Sequence[Any]) -> Q:
    """The rows that come after `key` when walking in `order`; its first part is what an index can seek."""
    columns = [name.lstrip("-") for name in order]
    comparisons = ["lt" if name.startswith("-") else "gt" for name in order]
    at_or_beyond = Q(**{f"{columns[0]}__{comparisons[0]}e": key[0]})
    if len(set(comparisons)) == 1 and len(order) > 1:
        lookup = TupleLessThan if comparisons[0] == "lt" else TupleGreaterThan
        return at_or_beyond & Q(lookup(tuple(F(column) for column in columns), tuple(key)))
    beyond = Q()
    for column, comparison, value in reversed(list(zip(columns, comparisons, key, strict=True))):
        beyond = Q(**{f"{column}__{comparison}": value}) | (Q(**{column: value}) & beyond if beyond else Q())
    return at_or_beyond & beyond


def _reversed(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _cursor(direction: str, row: Model, order: Sequence[str]) -> str:
    values = [field.value_to_string(row) for field in _fields(type(row), order)]
    return signing.dumps([direction, *values], salt=_salt(type(row), order))


def _opened(cursor: str, model: type[Model], order: Sequence[str]) -> tuple[str, list[Any]]:
    """What `_cursor` put into a cursor of the same model and order."""
    if len(cursor) > CURSOR_LIMIT:
        raise BadCursor("too long")
    try:
        direction, *values = signing.loads(cursor, salt=_salt(model, order))
    except signing.BadSignature as error:
        raise BadCursor(str(error)) from error
    return direction, [field.to_python(value) for field, value in zip(_fields(model, order), values, strict=True)]


def _salt(model: type[Model], order: Sequence[str]) -> str:
    return f"tables.keyset:{model._meta.label}:{','.join(order)}"


def _fields(model: type[Model], order: Sequence[str]) -> list[Any]:
    names = (name.lstrip("-") for name in order)
    return [model._meta.pk if name == "pk" else model._meta.get_field(name) for name in names]
