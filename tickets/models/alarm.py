"""Whether the red alarm of the menu is lit (S0-25, S0-26).

Every page asks, and Django needs ten times as long to put the query together as the database to answer it: so it stands
here as SQL. `TicketQuerySet.alarming` says what it means, and the tests of reading ask both (decision 54).
"""

from datetime import datetime

from django.db import connection
from django.utils import timezone

from accounts.models import User
from tickets.models.ticket import Ticket
from tickets.status import LIVE_STATUSES, RECENT, Status

STATUSES = ", ".join(["%s"] * len(LIVE_STATUSES))
LIT = f"""
    SELECT 1 FROM tickets_ticket AS ticket
    WHERE ticket.company_id = %s
    AND ticket.id IN (SELECT ticket_id FROM tickets_follower WHERE user_id = %s)
    AND ticket.answered_at > %s
    AND (ticket.status IN ({STATUSES})
        OR ticket.status = %s AND ticket.closed_at > %s AND ticket.closed_at = ticket.answered_at)
    AND NOT EXISTS (
        SELECT 1 FROM tickets_readmark AS reading
        WHERE reading.ticket_id = ticket.id AND reading.user_id = %s AND reading.read_to >= ticket.answered_at
    )
    LIMIT 1
"""  # noqa: S608


def is_lit(user: User, *, at: datetime | None = None) -> bool:
    """Whether one of the person's own tickets, or of those they follow, holds an answer that they have not read."""
    at = at or timezone.now()
    if not (user.can_use_tickets and user.company_id):
        return Ticket.objects.alarming(user, at=at).exists()
    moment = connection.ops.adapt_datetimefield_value
    closed = [Status.CLOSED, moment(at - RECENT)]
    asked = [user.company_id, user.pk, moment(user.unread_from), *LIVE_STATUSES, *closed, user.pk]
    with connection.cursor() as cursor:
        cursor.execute(LIT, asked)
        return cursor.fetchone() is not None
