"""F01: each statement of a deed fails in turn, its commits too. Afterwards the deed was done wholly or not at all."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from django.db import InterfaceError, OperationalError
from django.db import connection as current
from django.db.models import QuerySet, Sum
from django.db.transaction import Atomic

from accounts.models import AuditEntry, Company
from faults.verdict import demand, demand_equal, demand_invariants
from files.models import StoredFile
from mail.models import OutgoingMail
from tickets.models import Attachment, Draft, Event, Follower, InternalNote, Message, ReadMark, Ticket

CHECKED = ("I1", "I2", "I3", "I8")
COUNTED = (Ticket, Message, Event, Follower, Attachment, StoredFile, OutgoingMail, InternalNote, ReadMark, AuditEntry)
GONE = (OperationalError, InterfaceError)

connection: Any = current

# How a step fails: the database refuses it; or does it, and the connection is lost before anybody knows. SQLite's is
# never lost.
REFUSED, LOST = "refused", "lost"


@dataclass(frozen=True)
class Deed:
    """What is tried. `begin` prepares it, undisturbed, and gives the attempt, which may be made again.

    `is_whole`: a failed attempt leaves nothing or everything; else only the invariants must hold in between.
    """

    name: str
    begin: Callable[[], Callable[[], Any]]
    is_whole: bool = True


@dataclass
class Trap:
    """Counts the steps of the connection, statements and commits; the one of this `number` fails. 0: none does."""

    number: int = 0
    kind: str = REFUSED
    steps: list[str] = field(default_factory=list)

    def statement(self, execute: Callable, sql: str, params: Any, many: bool, context: dict) -> Any:
        return self.step(sql.split(maxsplit=1)[0], lambda: execute(sql, params, many, context))

    def step(self, name: str, do: Callable[[], Any]) -> Any:
        self.steps.append(name)
        if len(self.steps) != self.number:
            return do()
        if self.kind == REFUSED:
            break_transaction()
        else:
            do()
            connection.connection.close()
        with connection.wrap_database_errors:
            raise connection.Database.OperationalError(f"step {self.number} ({name}) failed on purpose")

    @contextmanager
    def set(self) -> Iterator["Trap"]:
        commit = connection._commit
        connection._commit = lambda: self.step("COMMIT", commit)
        try:
            with connection.execute_wrapper(self.statement):
                yield self
        finally:
            del connection._commit


def break_transaction() -> None:
    """PostgreSQL takes nothing more of a transaction in which it refused a statement; SQLite goes on."""
    with suppress(connection.Database.Error):
        connection.connection.cursor().execute("SELECT 1 FROM a_table_that_is_not_there")


def sweep(deed: Deed) -> int:
    """Let each step fail in each way, and try again afterwards. Returns the number of failures. Raises Broken."""
    steps, whole = measured(deed)
    kinds = (REFUSED, LOST) if connection.vendor == "postgresql" else (REFUSED,)
    for kind in kinds:
        for number in range(1, steps + 1):
            one_failure(deed, Trap(number, kind), whole)
    return steps * len(kinds)


def measured(deed: Deed) -> tuple[int, Counter]:
    """How many steps it takes undisturbed, and what there is more of afterwards."""
    attempt, before = deed.begin(), world()
    with Trap().set() as trap:
        attempt()
    demand_invariants(*CHECKED)
    return len(trap.steps), difference(before, world())


def one_failure(deed: Deed, trap: Trap, whole: Counter) -> None:
    attempt, before = deed.begin(), world()
    with trap.set(), suppress(*GONE):
        attempt()
    if trap.kind == LOST:
        connection.close()
    what = f"{deed.name}, step {trap.number} ({trap.steps[-1]}) {trap.kind}"
    demand(len(trap.steps) >= trap.number, f"{what}: the step was never reached")
    done = difference(before, world())
    demand(
        not deed.is_whole or done in (Counter(), whole), f"{what}: {dict(done)} is neither nothing nor {dict(whole)}"
    )
    demand_invariants(*CHECKED)
    attempt()
    demand_equal(difference(before, world()), whole, f"{what}, tried again")
    demand_invariants(*CHECKED)


def world() -> Counter:
    """How much there is of everything that a deed may write."""
    there = Counter({model.__name__: model._base_manager.count() for model in COUNTED})
    there["drafts sent"] = Draft.objects.filter(sent_message__isnull=False).count()
    there |= Counter(f"mail {state}" for state in OutgoingMail.objects.values_list("state", flat=True))
    there |= Counter(f"ticket {status}" for status in Ticket.objects.values_list("status", flat=True))
    sums = Ticket.objects.aggregate(replies=Sum("reply_count"), files=Sum("file_count"))
    sums |= Company.objects.aggregate(numbers=Sum("ticket_counter"))
    return there | Counter({name: number or 0 for name, number in sums.items()})


def difference(before: Counter, after: Counter) -> Counter:
    changed = after.copy()
    changed.subtract(before)
    return Counter({name: number for name, number in changed.items() if number})


@contextmanager
def without_transactions() -> Iterator[None]:
    """The twin's world: each statement of a verb stands for itself."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(Atomic, "__enter__", lambda atomic: None))
        stack.enter_context(patch.object(Atomic, "__exit__", lambda atomic, *error: None))
        stack.enter_context(patch.object(QuerySet, "select_for_update", lambda rows, **options: rows.all()))
        yield
