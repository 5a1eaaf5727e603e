"""The portal's own format: the fields of a JSONL line, which are also the columns of a CSV file."""

from collections.abc import Mapping
from typing import Any

from tickets.importing import values
from tickets.importing.records import ImportedMessage, ImportedTicket, each
from tickets.importing.rows import MESSAGE_COLUMNS, TICKET_COLUMNS
from tickets.status import Priority, Status

TICKET_FIELDS = {*TICKET_COLUMNS, *MESSAGE_COLUMNS, "replies"}
FORMATS = {"text": False, "html": True}


def ticket(data: Any) -> ImportedTicket:
    """Raises Refused."""
    fields = values.known(data, TICKET_FIELDS)
    external_id = values.identity(fields, "id")
    return ImportedTicket(
        external_id=external_id,
        subject=values.line(fields, "subject", limit=values.SUBJECT_LIMIT, required=True),
        status=values.choice(fields, "status", values.STATUSES, default=Status.CLOSED),
        priority=values.choice(fields, "priority", values.PRIORITIES, default=Priority.MEDIUM),
        topic=values.line(fields, "topic", limit=200),
        module=values.line(fields, "module", limit=200),
        closed_at=values.moment(fields, "closed_at") if fields.get("closed_at") else None,
        messages=(message(fields), *each(values.items(fields, "replies"), reply)),
    )


def reply(data: Any) -> ImportedMessage:
    return message(values.known(data, MESSAGE_COLUMNS))


def message(fields: Mapping[str, Any]) -> ImportedMessage:
    return ImportedMessage(
        body=values.body(fields, "body", is_html=values.choice(fields, "body_format", FORMATS, default=False)),
        created_at=values.moment(fields, "created_at"),
        from_support=values.choice(fields, "role", values.ROLES, default=False),
        author_name=values.line(fields, "author_name", limit=values.NAME_LIMIT),
        author_email=values.line(fields, "author_email", limit=values.EMAIL_LIMIT),
        attachments=values.texts(fields, "attachments"),
    )
