"""What a conversation of a former system is made of, ready to be written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Company, User
from contracts.models import Product
from files.receiving import Upload
from tickets.models.catalogue import Topic
from tickets.status import TURN_OF, Priority, Status, Turn

COLUMNS = (
    "external_id",
    "author",
    "topic",
    "product",
    "subject",
    "status",
    "priority",
    "turn",
    "turn_since",
    "created_at",
    "last_message_at",
    "first_answer_at",
    "closed_at",
    "reply_count",
    "file_count",
)


class AlreadyImported(Exception):
    """The company has a ticket with this number of the former system."""


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A message with the date that it had. Where its writer has no account here `author` is None and the name tells."""

    body: str
    created_at: datetime
    from_support: bool = False
    author: User | None = None
    author_name: str = ""
    files: Sequence[Upload] = ()

    def is_of(self, company: Company) -> bool:
        """Whether its writer, if known, stands on the side that the message says."""
        if self.author is None:
            return True
        return self.author.is_staff if self.from_support else self.author.company_id == company.pk


@dataclass(frozen=True, slots=True)
class PastThread:
    """A conversation. `messages`: at least one, oldest first; `author` is who owns the ticket here."""

    external_id: str
    author: User
    topic: Topic
    subject: str
    status: Status
    messages: Sequence[PastMessage]
    product: Product | None = None
    priority: int = Priority.MEDIUM
    resolved_at: datetime | None = None

    def is_of(self, company: Company) -> bool:
        """Whether everybody who is known in it belongs to the company or to support."""
        return self.author.company_id == company.pk and all(message.is_of(company) for message in self.messages)

    @property
    def created_at(self) -> datetime:
        return self.messages[0].created_at

    @property
    def last_message_at(self) -> datetime:
        return self.messages[-1].created_at

    @property
    def first_answer_at(self) -> datetime | None:
        return next((message.created_at for message in self.messages[1:] if message.from_support), None)

    @property
    def closed_at(self) -> datetime | None:
        """When it was resolved; its last message where nobody noted that."""
        return (self.resolved_at or self.last_message_at) if self.status == Status.CLOSED else None

    @property
    def turn(self) -> Turn:
        return TURN_OF[self.status]

    @property
    def turn_since(self) -> datetime:
        return self.closed_at or self.last_message_at

    @property
    def reply_count(self) -> int:
        return len(self.messages) - 1

    @property
    def file_count(self) -> int:
        return sum(len(message.files) for message in self.messages)

    def columns(self) -> dict[str, Any]:
        """What its ticket keeps of it."""
        return {name: getattr(self, name) for name in COLUMNS}
