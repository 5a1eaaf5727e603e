"""The wall table for people: docs/walls.md."""

from collections.abc import Iterable, Iterator, Sequence

from django.conf import settings

from tests.walls import desk, patterns
from tests.walls.roles import STAFF, Role
from tests.walls.table import LOG_IN, ROWS, Answer, Owner, Row

PATH = settings.BASE_DIR / "docs" / "walls.md"
COMMAND = 'python manage.py shell -c "from tests.walls import document; document.write()"'

INTRODUCTION = f"""# The walls

Who gets which answer from every address. The tables are written from `tests/walls/table.py` and
`tests/walls/desk.py`, which the suite holds against the portal: each address, each role, one's own things, a
colleague's, another company's and absent ones.

    {COMMAND}

## Pages of customers

→ is the log-in page. A method without a line answers 405, or as the gate of its page refuses. What a line does not
show, and whatever belongs to another company, answers exactly like what does not exist: as in the last column.

"""
DESK = """
## The desk

Visitors are sent to the log-in page; customers get 403 everywhere. Staff as an agent and as a superuser:

"""


def rendered() -> str:
    return INTRODUCTION + table(customers_lines()) + DESK + table(desk_lines())


def write() -> None:
    PATH.write_text(rendered())


def table(lines: Iterable[Sequence[str]]) -> str:
    head, *rest = lines
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *rest))


def customers_lines() -> Iterator[Sequence[str]]:
    shapes = {pattern.name: pattern.shape for pattern in patterns.CUSTOMERS}
    yield "Address", "Method", "Whose", *Role, "What does not exist"
    for row in ROWS:
        for method in ("GET", "POST"):
            if row.code(method) is not None:
                for owner, whose in shown_owners(row):
                    answers = [row.answer(role, method, owner) for role in Role]
                    absent = str(row.foreign) if row.of else ""
                    yield f"`{shapes[row.name]}`", method, whose, *map(cell, answers), absent


def shown_owners(row: Row) -> Iterator[tuple[Owner, str]]:
    """The owners for whom some role gets more than nothing, in words."""
    for owner in row.owners:
        if any(row.shows(role, owner) for role in Role):
            whose = "whoever holds it" if row.bearer else str(owner)
            yield owner, f"{row.of}, {whose}" if row.of else ""


def desk_lines() -> Iterator[Sequence[str]]:
    yield "Address", *(f"{method}, {role}" for method in ("GET", "POST") for role in STAFF)
    for pattern in patterns.DESK:
        answers = [desk.answer(pattern, role, method) for method in ("GET", "POST") for role in STAFF]
        yield f"`{pattern.shape}`", *map(cell, answers)


def cell(answer: Answer) -> str:
    return "→" if answer == LOG_IN else str(answer)
