"""What the search over everything finds here: tickets, and the files that were sent in them."""

from datetime import datetime
from typing import Any

from accounts.models import User
from text.extracts import extract, highlighted
from text.hits import MOST, Hit
from text.rendering import words_of
from text.search import matching
from tickets.models import Attachment
from tickets.models.searching import first_found


def tickets(words: str, *, person: User, at: datetime) -> list[Hit]:
    """The newest of those that the person may know about, each with the newest message that holds the words."""
    found = first_found(person, words, most=MOST + 1)
    return [
        Hit(
            url=ticket.get_absolute_url(),
            title=highlighted(ticket.subject, words),
            passage=extract(words_of(ticket.passage or ""), words),
            facts=[f"#{ticket.number}", ticket.author.get_full_name()],
            status=ticket.status,
            at=ticket.created_at,
        )
        for ticket in found
    ]


def files(words: str, *, person: User, at: datetime) -> list[Hit]:
    """The newest files of those tickets, by their names."""
    rows: Any = matching(Attachment.objects.in_tickets_of(person), words, company=person.company_id)
    return [
        Hit(
            url=file.ticket.get_absolute_url(),
            title=highlighted(file.name, words),
            facts=[f"#{file.ticket.number}", file.ticket.subject],
            at=file.message.created_at,
        )
        for file in rows.in_lists().order_by("-pk")[: MOST + 1]
    ]
