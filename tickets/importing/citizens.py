"""Citizens' requests with discussion threads: HTML or plain text, answers to answers, dates of a day or exact."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from tickets.importing import values
from tickets.importing.records import ImportedMessage, ImportedTicket, each
from tickets.status import Status

STATUSES = {
    "abierta": Status.OPEN,
    "open": Status.OPEN,
    "retirada": Status.CLOSED,
    "withdrawn": Status.CLOSED,
    "archived": Status.CLOSED,
    "accepted": Status.CLOSED,
    "rejected": Status.CLOSED,
}
FORMATS = {"text": False, "html": True}
BEGINS_AS_HTML = re.compile(r"\s*<(?:p|div|ul|ol|blockquote)[\s>]", re.IGNORECASE)


def request(data: Any) -> ImportedTicket:
    """A line of any of the three files. Raises Refused."""
    fields = values.object_of(data)
    subject, in_full = values.subject(fields, "subject")
    comments = list(each(values.items(fields, "comments"), values.object_of))
    by_id = {str(comment.get("id")): comment for comment in comments}
    return ImportedTicket(
        external_id=values.identity(fields, "id"),
        subject=subject,
        status=values.choice(fields, "status", STATUSES),
        module=values.line(fields, "category", limit=200),
        messages=(opening(fields), *each(comments, lambda comment: answer(comment, by_id))),
        remarks=(*in_full, *remarks(fields)),
    )


def opening(fields: Mapping[str, Any]) -> ImportedMessage:
    """The summary stands above the text, unless the text begins with it."""
    summary = values.body(fields, "summary", is_html=False)
    body = values.body(fields, "body", is_html=values.choice(fields, "body_format", FORMATS, default=False))
    return ImportedMessage(
        body=body if body.startswith(summary) else f"{summary}\n\n{body}".rstrip(),
        created_at=values.moment(fields, "created_at"),
        author_name=values.line(fields, "author", limit=values.NAME_LIMIT),
    )


def answer(fields: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> ImportedMessage:
    """A comment; one that answers another of the thread says whom."""
    body = values.body(fields, "body", is_html=bool(BEGINS_AS_HTML.match(values.text(fields, "body"))))
    parent_id = fields.get("parent_id")
    if parent_id is not None and (parent := by_id.get(str(parent_id))):
        name = values.line(parent, "author", limit=values.NAME_LIMIT)
        at = values.moment(parent, "created_at")
        head = _("In reply to %(name)s (%(date)s):") % {"name": name, "date": f"{at:%d/%m/%Y %H:%M}"}
        body = f"{head}\n\n{body}" if body else head
    return ImportedMessage(
        body=body,
        created_at=values.moment(fields, "created_at"),
        author_name=values.line(fields, "author", limit=values.NAME_LIMIT),
    )


def remarks(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    votes = fields.get("votes")
    return [
        (_("Code"), values.line(fields, "code", limit=200)),
        (_("State"), values.line(fields, "status", limit=200)),
        (_("Subcategory"), values.line(fields, "subcategory", limit=200)),
        (_("District"), values.line(fields, "district", limit=200)),
        (_("Origin"), values.line(fields, "origin", limit=200)),
        (_("Votes"), str(votes) if isinstance(votes, int) and not isinstance(votes, bool) else ""),
    ]
