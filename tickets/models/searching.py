"""Text search over tickets: subject, number, messages and names of attachments (S0-29)."""

import re

from django.db.models import Exists, OuterRef, Q

from text.search import matching, tokens
from tickets.models.attachment import Attachment
from tickets.models.message import Message
from tickets.models.ticket import Ticket, TicketQuerySet

REFERENCE = re.compile(r"^(?:#|[A-Za-z][A-Za-z0-9]{1,7}-)?(\d{1,9})$")


def found(tickets: TicketQuerySet, words: str) -> TicketQuerySet:
    """Those whose subject, one message or one file name holds all the words, or whose number was typed."""
    if not tokens(words):
        return tickets.none()
    here = {"ticket": OuterRef("pk"), "company": OuterRef("company")}
    condition = (
        Q(pk__in=matching(Ticket.objects.all(), words).values("pk"))
        | Exists(matching(Message.objects.filter(**here), words))
        | Exists(matching(Attachment.objects.filter(**here), words))
    )
    if reference := REFERENCE.match(words.strip()):
        condition |= Q(number=reference[1])
    return tickets.filter(condition)
