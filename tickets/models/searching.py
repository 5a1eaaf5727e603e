"""Finding tickets by words: subject, number, messages, answers to what was asked and names of attachments (S0-29), and
those that are alike."""

import re
from typing import Any

from django.db.models import Q, QuerySet

from text.search import matching, resembling, tokens
from tickets.models.attachment import Attachment
from tickets.models.message import Message
from tickets.models.question import Answer
from tickets.models.ticket import Ticket, TicketQuerySet

# Among how many tickets, the newest, those like another are looked for: what it costs does not grow with the others.
LOOKED_AT = 1000

REFERENCE = re.compile(r"^(?:#|(?P<code>[A-Za-z][A-Za-z0-9]{1,7})-)?(?P<number>[0-9]{1,9})$")


def found(tickets: TicketQuerySet, words: str, *, company: int | None = None) -> TicketQuerySet:
    """Those whose subject, one message, one answer to what was asked or one file name holds all the words, or whose
    number was typed.

    `company` is the one that `tickets` are narrowed to, if any: the search then reads its part of the index alone.
    """
    if not tokens(words):
        return tickets.none()
    condition = (
        Q(pk__in=matching(Ticket.objects.all(), words, company=company).values("pk"))
        | Q(pk__in=matching(Message.objects.all(), words, company=company).values("ticket"))
        | Q(pk__in=matching(Answer.objects.exclude(ticket=None), words, company=company).values("ticket"))
        | Q(pk__in=matching(Attachment.objects.exclude(ticket=None), words, company=company).values("ticket"))
    )
    if reference := REFERENCE.match(words.strip()):
        of_company = {"company__code": reference["code"].upper()} if reference["code"] else {}
        condition |= Q(number=reference["number"], **of_company)
    return tickets.filter(condition)


def similar(subject: str, *, user) -> QuerySet[Any]:
    """The tickets that the person may see and whose subject is like this one, the likest first, then the newest."""
    newest = Ticket.objects.visible_to(user).order_by("-created_at", "-number").values("pk")[:LOOKED_AT]
    shown = Ticket.objects.filter(pk__in=newest).with_following(user).select_related("author")
    return resembling(shown, subject, then=["-created_at", "-number"])
