"""A ticket as a file tells it, whatever the file's format. Nothing is looked up in the database yet."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.utils.translation import gettext as _

from tickets.status import Priority, Status

Given = TypeVar("Given")
Made = TypeVar("Made")


class Refused(Exception):
    """The ticket cannot be imported. `reason` in words; `part` is the message at fault, 0 the opening one."""

    def __init__(self, reason: str, *, part: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.part = reason, part

    def __str__(self) -> str:
        if not self.part:
            return self.reason
        return _("Reply %(number)s: %(reason)s") % {"number": self.part, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class ImportedMessage:
    """`body` in the light markup of messages; `created_at` without a zone is the company's local time;
    `attachments` are paths as given."""

    body: str
    created_at: datetime
    from_support: bool = False
    author_name: str = ""
    author_email: str = ""
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportedTicket:
    """`messages` begin with the opening one. `topic` and `module` are words; `remarks` are labels and values of the
    former system that have no column here."""

    external_id: str
    subject: str
    status: Status
    messages: tuple[ImportedMessage, ...]
    priority: Priority = Priority.MEDIUM
    topic: str = ""
    module: str = ""
    closed_at: datetime | None = None
    remarks: tuple[tuple[str, str], ...] = ()


def each(items: Iterable[Given], make: Callable[[Given], Made], *, first: int = 1) -> Iterator[Made]:
    """`make` of each message; a refusal says which one was at fault. `first` is the number of the first."""
    for part, item in enumerate(items, start=first):
        try:
            yield make(item)
        except Refused as refusal:
            raise Refused(refusal.reason, part=part) from refusal
