from dataclasses import dataclass


class BadCursor(ValueError):
    pass


@dataclass
class KeysetPage:
    rows: list
    next: str | None = None
    previous: str | None = None


def page(qs, *, order, cursor, size=25):
    if cursor:
        raise BadCursor
    return KeysetPage(list(qs.order_by(*order)[:size]))
