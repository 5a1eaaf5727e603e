"""Tickets as rows of a table: what a manager wants to count, sort and show."""

from collections import defaultdict
from collections.abc import Generator, Iterator
from functools import lru_cache
from itertools import islice

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from contracts.models import Product
from tables import csv
from tickets.models import Answer, Topic
from tickets.models.question import in_one_line
from tickets.models.tickets import TicketQuerySet
from tickets.status import Priority, Status, Turn

HEADINGS = (
    _("Number"),
    _("Subject"),
    _("State"),
    _("Whose turn it is"),
    _("Priority"),
    _("Topic"),
    _("Module"),
    _("Author"),
    _("Assigned to"),
    pgettext_lazy("date of a ticket", "Opened"),
    _("Last message"),
    _("First answer"),
    pgettext_lazy("date of a ticket", "Resolved"),
    _("Replies"),
    _("Files"),
    _("Answers to what was asked"),
)
# Whoever exports more tickets than these shows again who they are (A34).
STEP_UP_OVER = 1_000

PERSON = ("first_name", "last_name", "login", "email")
OF_TICKET = ("number", "subject", "status", "turn", "priority", "topic", "product")
OF_AUTHOR = tuple(f"author__{name}" for name in PERSON)
OF_ASSIGNEE = tuple(f"assignee__{name}" for name in PERSON)
DATES_AND_NUMBERS = ("created_at", "last_message_at", "first_answer_at", "closed_at", "reply_count", "file_count")


def rows_of(tickets: TicketQuerySet) -> Generator[tuple[csv.Cell, ...], None, None]:
    """One row for each ticket, in one query besides the names of topics and modules, a chunk of it in memory at a time.

    PostgreSQL keeps the rows that were there when it was asked: a slow download holds no transaction open. Columns
    are read instead of tickets, and words looked up once: 100,000 rows then take 3 seconds instead of 12.
    """
    states, turns, priorities = (dict(labels(choices)) for choices in (Status, Turn, Priority))
    topics = {topic.pk: str(topic) for topic in Topic.objects.select_related("parent")}
    products = {product.pk: str(product) for product in Product.objects.all()}
    full_name = lru_cache(maxsize=10_000)(name_of)
    columns = tickets.values_list(*OF_TICKET, *OF_AUTHOR, *OF_ASSIGNEE, *DATES_AND_NUMBERS, "pk", "answer_count")
    for (number, subject, status, turn, priority, topic, product, *rest), answers in with_answers(columns):
        yield (
            number,
            subject,
            states[status],
            turns[turn],
            priorities[priority],
            topics.get(topic),
            products.get(product),
            full_name(*rest[:4]),
            full_name(*rest[4:8]),
            *rest[8:-2],
            answers,
        )


def with_answers(columns: models.QuerySet) -> Iterator[tuple[tuple, str]]:
    """Each row with what was answered in its ticket, read for a chunk of rows that have any at a time."""
    rows = columns.iterator(csv.ROWS_AT_A_TIME)
    while chunk := list(islice(rows, csv.ROWS_AT_A_TIME)):
        answered = [pk for *_rest, pk, count in chunk if count]
        found: dict[int, list[Answer]] = defaultdict(list)
        for answer in Answer.objects.filter(ticket__in=answered).in_words() if answered else ():
            found[answer.ticket_id].append(answer)
        yield from ((row, in_one_line(found.get(row[-2], ()))) for row in chunk)


def is_large(tickets: TicketQuerySet) -> bool:
    """More than STEP_UP_OVER of them, without counting the others."""
    return len(tickets.values_list("pk")[: STEP_UP_OVER + 1]) > STEP_UP_OVER


def labels(choices: type[models.Choices]) -> Iterator[tuple[str | int, str]]:
    return ((value, str(label)) for value, label in choices.choices)


def name_of(*columns: str | None) -> str:
    """How a person is called, from the columns of PERSON; nobody has none."""
    return User(**dict(zip(PERSON, columns, strict=True))).get_full_name() if any(columns) else ""
