"""Finding tickets by words: subject, number, messages, answers to what was asked and names of attachments (S0-29), and
those that are alike."""

import re
from typing import Any

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When

from accounts.models.people import name_of
from text.search import ids_matching, matching, resembling, tokens
from tickets.models.attachment import Attachment
from tickets.models.guest import is_code, read_code
from tickets.models.message import Message
from tickets.models.question import Answer
from tickets.models.ticket import Ticket
from tickets.models.tickets import TicketQuerySet

# Among how many tickets, the newest, those like another are looked for: what it costs does not grow with the others.
LOOKED_AT = 1000

FOUND_COLUMNS = ("number", "subject", "status", "created_at", *name_of("author"))

REFERENCE = re.compile(r"^(?:#|(?P<code>[A-Za-z][A-Za-z0-9]{1,7})-)?(?P<number>[0-9]{1,9})$")


def found(tickets: TicketQuerySet, words: str, *, company: int | None = None) -> TicketQuerySet:
    """Those whose subject, one message, one answer to what was asked or one file name holds all the words, or whose
    number, or guest's code, was typed.

    `company` is the one that `tickets` are narrowed to, if any: the search then reads its part of the index alone.
    """
    if not tokens(words):
        return tickets.none()
    condition = (
        Q(pk__in=ids_matching(Ticket, words, company=company))
        | Q(pk__in=ids_matching(Message, words, of="ticket", company=company))
        | Q(pk__in=ids_matching(Answer, words, of="ticket", company=company))
        | Q(pk__in=ids_matching(Attachment, words, of="ticket", company=company))
    )
    if reference := REFERENCE.match(words.strip()):
        of_company = {"company__code": reference["code"].upper()} if reference["code"] else {}
        condition |= Q(number=reference["number"], **of_company)
    if company is None and is_code(code := read_code(words)):
        condition |= Q(company=None, guest__code=code)
    return tickets.filter(condition)


def first_found(tickets: TicketQuerySet, words: str, *, most: int, company: int | None = None) -> list[Any]:
    """Of those that are `found` the newest ones, before them the one whose number was typed.

    With what a line of the results shows, and `passage`, the HTML of the newest message that holds all the words; None
    where none does.
    """
    order: list[Any] = ["-created_at", "-number"]
    if reference := REFERENCE.match(words.strip()):
        order.insert(0, Case(When(number=reference["number"], then=0), default=1))
    held = matching(Message.objects.filter(ticket=OuterRef("pk")), words, company=company)
    passage = Subquery(held.order_by("-created_at", "-pk").values("html")[:1])
    rows = found(tickets, words, company=company).annotate(passage=passage)
    return list(rows.order_by(*order).select_related("author").only(*FOUND_COLUMNS)[:most])


def similar(subject: str, *, user) -> QuerySet[Any]:
    """The tickets that the person may see and whose subject is like this one, the likest first, then the newest."""
    newest = Ticket.objects.visible_to(user).order_by("-created_at", "-number").values("pk")[:LOOKED_AT]
    shown = Ticket.objects.filter(pk__in=newest).with_following(user).select_related("author")
    return resembling(shown, subject, then=["-created_at", "-number"])
