"""Who there is: companies, their people, support, and whose each ticket is. Everything follows from the size."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench import words
from tickets.status import Status

PASSWORD = "Medida-2026"  # noqa: S105 - of people who exist for the length of a measurement
# The session of our manager on the floor, where nobody logs in.
FLOOR_SESSION = "session-of-our-manager-on-the-floor"

COMPANIES = 200
PEOPLE = 10  # of each company
AGENTS = 20
TICKETS_A_DAY = 110  # growth is time: twenty times the tickets are twenty times the months

# Of the newest tickets of a company, so many are current whatever the size; what grows is the past.
CURRENT = (
    *(Status.NEW, Status.OPEN, Status.WAITING, Status.CLOSED, Status.OPEN, Status.WAITING, Status.ENHANCEMENT),
    *(Status.CLOSED, Status.OPEN, Status.SCHEDULED),
)
CURRENT_TICKETS = 40

# No ticket has more rows of a kind: each row's number follows from the ticket's position, without asking what there is.
ROOM = 8

# Companies by their part in the measurement.
LARGEST, OURS, WRITERS = 0, 1, 2
LARGEST_SHARE = 40  # one of so many tickets is the largest company's

# People of each company by theirs: one sees the company's tickets, one writes most of them and sees only theirs, one
# updates the product, reads what is new in it and books trainings.
MANAGER, WRITER, UPDATER = 0, 1, 2

# The token of a file of the last release, and how large it is.
LARGE_FILE, LARGE_FILE_MEGABYTES = "large-file-of-an-update", 500

# Of our company, counted from its newest ticket: what the measurement looks for.
CONVERSATION, UNREAD = 5, 12
RARE_IN_SUBJECT, RARE_IN_MESSAGE, RARE_IN_FILE = 7, 13, 17
COMMON_ELSEWHERE_HERE = (8, 14)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one ticket stands: `position` among all, oldest first from 0; `rank` in its company, newest first."""

    position: int
    company: int
    number: int
    rank: int
    created_at: datetime

    @property
    def is_current(self) -> bool:
        return self.rank < CURRENT_TICKETS * (5 if self.company == LARGEST else 1)

    @property
    def status(self) -> Status:
        return CURRENT[self.rank % len(CURRENT)] if self.is_current else Status.CLOSED


def ticket_id(position: int) -> int:
    return position + 1


def company_id(company: int) -> int:
    return company + 1


def agent_id(agent: int) -> int:
    return agent % AGENTS + 1


def person_id(company: int, person: int) -> int:
    return AGENTS + company * PEOPLE + person + 1


def login_of_agent(agent: int) -> str:
    return f"agente{agent}"


def login_of(company: int, person: int) -> str:
    return f"persona{company}.{person}"


def company_code(company: int) -> str:
    return f"E{company + 1:03d}"


def company_name(company: int) -> str:
    trade = words.TRADES[company % len(words.TRADES)]
    return f"{trade} {words.LAST_NAMES[company % len(words.LAST_NAMES)]} {company + 1}, S.L."


def begins_at(size: int, now: datetime) -> datetime:
    """When the first of so many tickets was opened."""
    return now - timedelta(days=size / TICKETS_A_DAY)


def slots_begin_at(now: datetime) -> datetime:
    """From the first day of the next month on trainers offer slots."""
    return (now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=6, minute=0, second=0, microsecond=0)


def companies_in_turn(size: int) -> list[int]:
    """The company of each ticket, oldest first: the largest has its share, the others take turns in changing order."""
    chance = random.Random("companies")  # noqa: S311 - the same order each time is the point
    others = [company for company in range(COMPANIES) if company != LARGEST]
    turn: list[int] = []
    while len(turn) < size:
        chance.shuffle(others)
        turn += others
        turn += [LARGEST] * round(len(others) / (LARGEST_SHARE - 1))
    return turn[:size]


def places(size: int, *, now: datetime) -> Iterator[Place]:
    """Every ticket's, oldest first."""
    turn = companies_in_turn(size)
    totals, given = Counter(turn), Counter[int]()
    begin = begins_at(size, now)
    for position, company in enumerate(turn):
        given[company] += 1
        created_at = begin + (now - begin) * ((position + 1) / (size + 1))
        yield Place(position, company, given[company], totals[company] - given[company], created_at)


def row_number(position: int, step: int) -> int:
    """The primary key of a ticket's row of a kind, `step` counted from 0. Raises OverflowError."""
    if step >= ROOM:
        raise OverflowError(f"A ticket has more than {ROOM} rows of a kind")
    return position * ROOM + step + 1


def file_token(position: int, step: int) -> str:
    return f"file{row_number(position, step):012d}"
