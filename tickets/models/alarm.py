"""Whether the red alarm of the menu is lit (S0-25, S0-26).

Every page asks, and Django needs ten times as long to put the query together as the database to answer it: so it stands
here as SQL. `TicketQuerySet.alarming` says what it means, and the tests of reading ask both (decision 54).
"""

from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL

from accounts.models import User
from tickets.status import LIVE_STATUSES, RECENT, Status

STATUSES = ", ".join(["%s"] * len(LIVE_STATUSES))
LIT = f"""
    SELECT 1 FROM tickets_follower AS follower JOIN tickets_ticket AS ticket ON ticket.id = follower.ticket_id
    WHERE follower.user_id = %s
    AND ticket.company_id = %s
    AND ticket.answered_at > %s
    AND (ticket.status IN ({STATUSES})
        OR ticket.status = %s AND ticket.closed_at > %s AND ticket.closed_at = ticket.answered_at)
    AND NOT EXISTS (
        SELECT 1 FROM tickets_readmark AS reading
        WHERE reading.ticket_id = ticket.id AND reading.user_id = %s AND reading.read_to >= ticket.answered_at
    )
"""  # noqa: S608


def lit(user: User, *, at: datetime) -> RawSQL:
    """Whether one of the person's own tickets, or of those they follow, holds an answer that they have not read. The
    person uses tickets, of a company."""
    return RawSQL(f"EXISTS ({LIT})", values(user, at=at), output_field=models.BooleanField())  # noqa: S611


def is_lit(user: User, *, at: datetime) -> bool:
    """The same, asked by itself."""
    question = lit(user, at=at)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {question.sql}", question.params)
        return bool(cursor.fetchone()[0])


def lit_elsewhere(user: User, *, at: datetime) -> RawSQL:
    """For the rows of a query of tickets: whether another one than the row's does."""
    statement = f"EXISTS ({LIT} AND ticket.id <> tickets_ticket.id)"
    return RawSQL(statement, values(user, at=at), output_field=models.BooleanField())  # noqa: S611


def values(user: User, *, at: datetime) -> list[Any]:
    moment = connection.ops.adapt_datetimefield_value
    closed = [Status.CLOSED, moment(at - RECENT)]
    return [user.pk, user.company_id, moment(user.unread_from), *LIVE_STATUSES, *closed, user.pk]
