"""Finding tickets by words: subject, number, messages, answers to what was asked and names of attachments (S0-29), and
those that are alike."""

import re
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BooleanField, Case, Model, Q, QuerySet, TextField, When
from django.db.models.expressions import RawSQL

from accounts.models.people import name_of
from text.search import ids_matching, resembling, row_holds, tokens
from tickets.models.attachment import Attachment
from tickets.models.guest import is_code, read_code
from tickets.models.message import Message
from tickets.models.question import Answer
from tickets.models.ticket import Ticket
from tickets.models.tickets import TicketQuerySet

# Among how many tickets, the newest, those like another are looked for: what it costs does not grow with the others.
LOOKED_AT = 1000
# So many of the company's last tickets are looked at one by one before the indexes are read.
NEWEST = 50
# What is searched of a ticket besides its subject.
PARTS: tuple[type[Model], ...] = (Message, Answer, Attachment)

FOUND_COLUMNS = ("number", "subject", "status", "created_at", *name_of("author"))

REFERENCE = re.compile(r"^(?:#|(?P<code>[A-Za-z][A-Za-z0-9]{1,7})-)?(?P<number>[0-9]{1,9})$")


def found(tickets: TicketQuerySet, words: str, *, company: int | None = None) -> TicketQuerySet:
    """Those whose subject, one message, one answer to what was asked or one file name holds all the words, or whose
    number, or guest's code, was typed.

    `company` is the one that `tickets` are narrowed to, if any: the search then reads its part of the index alone.
    """
    if not tokens(words):
        return tickets.none()
    held = reduce(or_, (Q(pk__in=ids) for ids in held_by_index(words, company)))
    return tickets.filter(held | referred_to(words, company))


def first_found(tickets: TicketQuerySet, words: str, *, most: int, company: int | None) -> list[Any]:
    """Of those that are `found` the newest ones, before them the one whose number was typed. `tickets` are narrowed to
    the company; there must be something to search for.

    With what a line of the results shows, and `passage`, the HTML of the newest message that holds all the words; None
    where none does.
    """
    order: list[Any] = ["-created_at", "-number"]
    if reference := REFERENCE.match(words.strip()):
        order.insert(0, Case(When(number=reference["number"], then=0), default=1))
    held = Q(held_newest_first(words, company)) | referred_to(words, company)
    rows = tickets.filter(held).annotate(passage=newest_message(words, company)).order_by(*order)
    return list(rows.select_related("author").only(*FOUND_COLUMNS)[:most])


def referred_to(words: str, company: int | None) -> Q:
    """The ticket whose number, or guest's code, was typed."""
    named = Q()
    if reference := REFERENCE.match(words.strip()):
        of_company = {"company__code": reference["code"].upper()} if reference["code"] else {}
        named |= Q(number=reference["number"], **of_company)
    if company is None and is_code(code := read_code(words)):
        named |= Q(company=None, guest__code=code)
    return named


def held_by_index(words: str, company: int | None) -> list[RawSQL]:
    """The ids of the tickets that hold all the words, read from the index of each table."""
    parts = [ids_matching(part, words, of="ticket", company=company) for part in PARTS]
    return [ids_matching(Ticket, words, company=company), *parts]


def held_newest_first(words: str, company: int | None) -> RawSQL:
    """The same for who wants the newest ones: of the company's last tickets each is looked at by itself, and the
    indexes are read only where those were not enough. A common word stands in thousands of messages (decision 80)."""
    itself = [row_holds(Ticket, words, company=company), *(some_part_holds(part, words, company) for part in PARTS)]
    by_index = held_by_index(words, company)
    statement = f"""CASE WHEN tickets_ticket.created_at >= (
            SELECT created_at FROM tickets_ticket AS newest WHERE newest.company_id = %s
            ORDER BY created_at DESC LIMIT 1 OFFSET {NEWEST - 1}
        )
        THEN {" OR ".join(each.sql for each in itself)}
        ELSE {" OR ".join(f"tickets_ticket.id IN ({ids.sql})" for ids in by_index)} END"""  # noqa: S608
    values = [company, *(value for each in (*itself, *by_index) for value in each.params)]
    return RawSQL(statement, values, output_field=BooleanField())  # noqa: S611


def some_part_holds(part: type[Model], words: str, company: int | None) -> RawSQL:
    """That some message, answer or file of the row's ticket holds all the words."""
    holds = row_holds(part, words, company=company)
    of_ticket = f"SELECT true FROM {part._meta.db_table} WHERE ticket_id = tickets_ticket.id"  # noqa: S608
    return RawSQL(f"({of_ticket} AND {holds.sql} LIMIT 1)", holds.params)  # noqa: S611


def newest_message(words: str, company: int | None) -> RawSQL:
    """The HTML of the newest message of the row's ticket that holds all the words."""
    holds = row_holds(Message, words, company=company)
    statement = f"""SELECT html FROM tickets_message WHERE ticket_id = tickets_ticket.id AND {holds.sql}
        ORDER BY created_at DESC, id DESC LIMIT 1"""  # noqa: S608
    return RawSQL(statement, holds.params, output_field=TextField())  # noqa: S611


def similar(subject: str, *, user) -> QuerySet[Any]:
    """The tickets that the person may see and whose subject is like this one, the likest first, then the newest."""
    newest = Ticket.objects.visible_to(user).order_by("-created_at", "-number").values("pk")[:LOOKED_AT]
    shown = Ticket.objects.filter(pk__in=newest).with_following(user).select_related("author")
    return resembling(shown, subject, then=["-created_at", "-number"])
