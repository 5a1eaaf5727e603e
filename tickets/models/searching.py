"""Finding tickets by words: subject, number, messages, answers to what was asked and names of attachments (S0-29), and
those that are alike."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import Any, ClassVar

from django.db.models import BigAutoField, BooleanField, Case, Model, Q, QuerySet, TextField, When
from django.db.models.expressions import RawSQL

from accounts.models import User
from accounts.models.people import name_of
from tables.prepared import Prepared, Several
from text.search import ids_holding, parts_of, resembling, row_holds
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

NEWEST_FIRST = ("-created_at", "-number")
FOUND_COLUMNS = ("number", "subject", "status", "created_at", *name_of("author"))

REFERENCE = re.compile(r"^(?:#|(?P<code>[A-Za-z][A-Za-z0-9]{1,7})-)?(?P<number>[0-9]{1,9})$")


@dataclass(frozen=True)
class Viewer:
    """As much of a person as `visible_to` looks at: what they may, and who they are, which may be yet to come."""

    pk: Any
    company_id: Any
    can_use_tickets: bool
    can_see_company_tickets: bool
    can_use_requests: bool
    is_authenticated: ClassVar[bool] = True


def found(tickets: TicketQuerySet, words: str, *, company: int | None = None) -> TicketQuerySet:
    """Those whose subject, one message, one answer to what was asked or one file name holds all the words, or whose
    number, or guest's code, was typed.

    `company` is the one that `tickets` are narrowed to, if any: the search then reads its part of the index alone.
    """
    parts = parts_of(words, company=company)
    if not parts:
        return tickets.none()
    held = reduce(or_, (Q(pk__in=ids) for ids in held_by_index(parts, company)))
    return tickets.filter(held | referred_to(words, company))


def first_found(person: User, words: str, *, most: int) -> list[Any]:
    """Of the tickets that the person may know about and that are `found` the newest ones, before them the one whose
    number was typed. There must be something to search for.

    With what a line of the results shows, and `passage`, the HTML of the newest message that holds all the words; None
    where none does.
    """
    company = person.company_id
    parts = parts_of(words, company=company)
    if reference := REFERENCE.match(words.strip()):
        rows = Ticket.objects.visible_to(person)
        rows = rows.filter(Q(held_newest_first(parts, company)) | referred_to(words, company))
        its_number = Case(When(number=reference["number"], then=0), default=1)
        return list(in_results(rows, parts, company).order_by(its_number, *NEWEST_FIRST)[:most])
    may = person.can_use_tickets, person.can_see_company_tickets, person.can_use_requests
    return newest_holding(most, *may).rows(person=person.pk, company=company, parts=parts)


@cache
def newest_holding(most: int, *may: bool) -> Prepared:
    """For whoever may the same, put together once (decision 78)."""

    def build(person: Any, company: Any, parts: Sequence[Any]) -> TicketQuerySet:
        rows = Ticket.objects.visible_to(Viewer(person, company, *may)).filter(held_newest_first(parts, company))
        return in_results(rows, parts, company)[:most]

    return Prepared(build, person=BigAutoField(), company=BigAutoField(), parts=Several(TextField()))


def in_results(tickets: TicketQuerySet, parts: Sequence[Any], company: Any) -> TicketQuerySet:
    rows = tickets.annotate(passage=newest_message(parts, company)).order_by(*NEWEST_FIRST)
    return rows.select_related("author").only(*FOUND_COLUMNS)


def referred_to(words: str, company: int | None) -> Q:
    """The ticket whose number, or guest's code, was typed."""
    named = Q()
    if reference := REFERENCE.match(words.strip()):
        of_company = {"company__code": reference["code"].upper()} if reference["code"] else {}
        named |= Q(number=reference["number"], **of_company)
    if company is None and is_code(code := read_code(words)):
        named |= Q(company=None, guest__code=code)
    return named


def held_by_index(parts: Sequence[Any], company: Any) -> list[RawSQL]:
    """The ids of the tickets that hold all the words, read from the index of each table."""
    of_parts = [ids_holding(part, parts, of="ticket", company=company) for part in PARTS]
    return [ids_holding(Ticket, parts, company=company), *of_parts]


def held_newest_first(parts: Sequence[Any], company: Any) -> RawSQL:
    """The same for who wants the newest ones: of the company's last tickets each is looked at by itself, and the
    indexes are read only where those were not enough. A common word stands in thousands of messages (decision 80)."""
    itself = [row_holds(Ticket, parts, company=company), *(some_part_holds(part, parts, company) for part in PARTS)]
    by_index = held_by_index(parts, company)
    statement = f"""CASE WHEN tickets_ticket.created_at >= (
            SELECT created_at FROM tickets_ticket AS newest WHERE newest.company_id = %s
            ORDER BY created_at DESC LIMIT 1 OFFSET {NEWEST - 1}
        )
        THEN {" OR ".join(each.sql for each in itself)}
        ELSE {" OR ".join(f"tickets_ticket.id IN ({ids.sql})" for ids in by_index)} END"""  # noqa: S608
    values = [company, *(value for each in (*itself, *by_index) for value in each.params)]
    return RawSQL(statement, values, output_field=BooleanField())  # noqa: S611


def some_part_holds(part: type[Model], parts: Sequence[Any], company: Any) -> RawSQL:
    """That some message, answer or file of the row's ticket holds all the words."""
    holds = row_holds(part, parts, company=company)
    of_ticket = f"SELECT true FROM {part._meta.db_table} WHERE ticket_id = tickets_ticket.id"  # noqa: S608
    return RawSQL(f"({of_ticket} AND {holds.sql} LIMIT 1)", holds.params)  # noqa: S611


def newest_message(parts: Sequence[Any], company: Any) -> RawSQL:
    """The HTML of the newest message of the row's ticket that holds all the words."""
    holds = row_holds(Message, parts, company=company)
    statement = f"""SELECT html FROM tickets_message WHERE ticket_id = tickets_ticket.id AND {holds.sql}
        ORDER BY created_at DESC, id DESC LIMIT 1"""  # noqa: S608
    return RawSQL(statement, holds.params, output_field=TextField())  # noqa: S611


def similar(subject: str, *, user) -> QuerySet[Any]:
    """The tickets that the person may see and whose subject is like this one, the likest first, then the newest."""
    newest = Ticket.objects.visible_to(user).order_by(*NEWEST_FIRST).values("pk")[:LOOKED_AT]
    shown = Ticket.objects.filter(pk__in=newest).with_following(user).select_related("author")
    return resembling(shown, subject, then=NEWEST_FIRST)
