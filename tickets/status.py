"""Statuses, turns and priorities: the one table from which filters, badges, counters and words derive; and what is said
where a state does not allow a step."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

RECENT = timedelta(days=15)  # S0-21
REOPENING = timedelta(days=30)
# So long a customer has to say whether a release solved what it should.
TRYING_OUT = timedelta(days=15)


class IllegalStep(ValidationError):
    """What was asked cannot happen to a ticket in its present state."""

    words = _("This is no longer possible: the ticket has changed meanwhile.")

    def __init__(self) -> None:
        super().__init__(self.words, code="illegal_step")


class Status(models.TextChoices):
    NEW = "new", _("Not processed")
    OPEN = "open", _("Open")
    WAITING = "waiting", _("Awaiting action")
    ENHANCEMENT = "enhancement", _("Enhancement")
    SCHEDULED = "scheduled", _("Next version")
    CLOSED = "closed", _("Resolved")


class Turn(models.IntegerChoices):
    """Who has the next word. Stored in the order of the staff's queue."""

    SUPPORT = 1, _("support")
    COMPANY = 2, _("the company")
    NOBODY = 3, _("nobody")


class Priority(models.IntegerChoices):
    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")
    URGENT = 4, _("Urgent")


CUSTOMER_PRIORITIES = (Priority.LOW, Priority.MEDIUM, Priority.HIGH)

OPEN_STATUSES = (Status.OPEN, Status.WAITING, Status.ENHANCEMENT, Status.SCHEDULED)  # S0-19
LIVE_STATUSES = (Status.NEW, *OPEN_STATUSES)

# Whose turn a status means when support puts a ticket into it.
TURN_OF = {
    Status.NEW: Turn.SUPPORT,
    Status.OPEN: Turn.SUPPORT,
    Status.WAITING: Turn.COMPANY,
    Status.ENHANCEMENT: Turn.SUPPORT,
    Status.SCHEDULED: Turn.NOBODY,
    Status.CLOSED: Turn.NOBODY,
}
# What a customer's message makes of a status (enhancement and next version stay).
AFTER_CUSTOMER = {Status.WAITING: Status.OPEN, Status.CLOSED: Status.OPEN}
# What may follow an answer by support.
AFTER_SUPPORT = (Status.WAITING, Status.OPEN, Status.CLOSED)
# Statuses that an answer by support leaves alone unless the agent says otherwise.
STICKY = (Status.ENHANCEMENT, Status.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the list: its key in the URL, its words, and whether it carries a count (past states do not)."""

    key: str
    label: str | Promise
    statuses: tuple[Status, ...]
    recent: bool = False
    counted: bool = True

    @property
    def counts(self) -> tuple[Status, ...]:
        """The statuses of its tickets among the current ones, where whatever is closed is so recently."""
        return (*self.statuses, Status.CLOSED) if self.recent else self.statuses


CURRENT = Tab("actuales", _("Current"), LIVE_STATUSES, recent=True)
NEW = Tab("sin-procesar", _("Not processed"), (Status.NEW,))
OPEN = Tab("abiertos", pgettext_lazy("several tickets", "Open"), OPEN_STATUSES)
WAITING = Tab("esperando", _("Awaiting action"), (Status.WAITING,))
RECENTLY_CLOSED = Tab("recientes", _("Recent"), (), recent=True)
TABS = (
    CURRENT,
    NEW,
    OPEN,
    WAITING,
    Tab("ampliaciones", _("Enhancements"), (Status.ENHANCEMENT,)),
    Tab("proxima-version", _("Next version"), (Status.SCHEDULED,)),
    RECENTLY_CLOSED,
    Tab("resueltos", pgettext_lazy("several tickets", "Resolved"), (Status.CLOSED,), counted=False),
    Tab("todos", _("All"), tuple(Status), counted=False),
)
TAB_BY_KEY = {tab.key: tab for tab in TABS}
