"""Threads and subjects of ERP support projects: role `cliente` or `agente`, dates of a day, files by name alone."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from tickets.importing import values
from tickets.importing.records import ImportedMessage, ImportedTicket, Refused, each
from tickets.status import Priority, Status

STATUSES = {"abierto": Status.OPEN, "cerrado": Status.CLOSED}
TOPICS = {"incidencia": "Incidencia", "mejora": "Ampliación", "consulta": "Consulta"}


def thread(data: Any) -> ImportedTicket:
    """A line of `hilos_soporte_erp.jsonl`. Raises Refused."""
    fields = values.object_of(data)
    subject, in_full = values.subject(fields, "subject")
    kind = values.line(fields, "type", limit=80)
    return ImportedTicket(
        external_id=values.identity(fields, "id"),
        subject=subject,
        status=values.choice(fields, "status", STATUSES),
        priority=values.choice(fields, "priority", values.PRIORITIES, default=Priority.MEDIUM),
        topic=TOPICS.get(kind, kind),
        module=values.line(fields, "module", limit=200),
        messages=(message(fields), *each(values.items(fields, "comments"), comment)),
        remarks=(
            *in_full,
            (_("Labels"), ", ".join(values.texts(fields, "labels"))),
            (_("Address"), values.line(fields, "url", limit=2000)),
        ),
    )


def comment(data: Any) -> ImportedMessage:
    return message(values.object_of(data))


def message(fields: Mapping[str, Any]) -> ImportedMessage:
    """The files are names; those that the text does not mention are noted below it."""
    body = values.body(fields, "body", is_html=False)
    unmentioned = [name for name in values.texts(fields, "attachments") if name not in body]
    notes = [_("[attachment: %(name)s]") % {"name": name} for name in unmentioned]
    return ImportedMessage(
        body="\n\n".join(part for part in (body, "\n".join(notes)) if part),
        created_at=values.moment(fields, "created_at"),
        from_support=values.choice(fields, "author_role", values.ROLES, default=False),
        author_name=values.line(fields, "author", limit=values.NAME_LIMIT),
    )


def subject_of_release(data: Any) -> ImportedTicket:
    """A row of `asuntos_erpya.csv`: a solved ticket of which only the subject is known. Raises Refused."""
    fields = values.object_of(data)
    number = values.line(fields, "number", limit=40)
    if not number:
        raise Refused(_("The row links no ticket: “number” is empty."))
    tracker = values.line(fields, "tracker", limit=50)
    subject, in_full = values.subject(fields, "subject")
    return ImportedTicket(
        external_id=f"{tracker}#{number}",
        subject=subject,
        status=Status.CLOSED,
        messages=(ImportedMessage(body="", created_at=values.moment(fields, "fixed_on")),),
        remarks=(
            *in_full,
            (_("Solved in"), values.line(fields, "fixed_in", limit=80)),
            (_("Address"), values.line(fields, "url", limit=2000)),
        ),
    )
