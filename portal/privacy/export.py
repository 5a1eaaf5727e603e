"""Everything that the portal holds of a person, as a ZIP that is made while it is sent.

What others wrote is theirs: support's answers and colleagues' messages are read, and printed, in their tickets.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from zipstream import ZIP_DEFLATED, ZIP_STORED, ZipStream

from accounts import sessions
from accounts.models import AuditEntry, ErasureRequest, User
from accounts.permissions import PERMISSIONS
from announcements.models import Acceptance, Reading
from downloads.models import DownloadLog
from files import disk
from mail.models import OutgoingMail
from portal.privacy import declarations, elsewhere
from portal.privacy.erasure import traces_of
from text.personal import declared, rows
from tickets.models import Attachment, Draft, Event, Follower, InternalNote, Message, ReadMark, Request, Ticket
from tickets.models.draft import UNSENT
from webinars.models import Registration, Sighting

log = structlog.get_logger(__name__)

Row = dict[str, Any]
ROWS_AT_A_TIME = 500
# What names the ticket of a row.
NAMED = ("ticket__company", "ticket__guest")
# The models of which `PARTS` shows a part; of the others that people have rows in, all that is personal is shown.
SHOWN_IN_PARTS = {Draft, Follower, OutgoingMail}


def archive(person: User) -> ZipStream:
    """The whole of it, read while it is sent. The names in it are the same in every language: programs read it too."""
    zipped = ZipStream(compress_type=ZIP_DEFLATED)
    zipped.add(introduction(person), "leame.txt")
    for name, found in parts():
        zipped.add(as_json(found(person)), f"{name}.json")
    for attachment in files_of(person):
        if not attachment.stored.is_withheld:
            zipped.add(content_of(attachment), path_of(attachment), compress_type=ZIP_STORED)
    return zipped


def introduction(person: User) -> str:
    return "\n".join([
        str(person),
        "",
        _("These are your data in the portal. Each .json file is a list of one kind, as the portal holds it."),
        _("The files that you sent, or have in a draft, lie in a folder; those in quarantine are missing."),
        _("What others wrote to you is not here: you read and print it in your tickets."),
        "",
    ])  # fmt: skip


# --- the parts ---


def parts() -> Iterator[tuple[str, Callable[[User], Iterable[Row]]]]:
    """File name → what stands in it."""
    yield from {
        "persona": account,
        "tickets": tickets,
        "mensajes": messages,
        "solicitudes": requests,
        "notas": notes,
        "borradores": drafts,
        "pasos": steps,
        "en-copia": followed,
        "leido": read,
        "correos": mails,
        "registro": logbook,
        "descargas": downloads,
        "webinars": webinars,
        "webinars-vistos": seen_webinars,
        "avisos-leidos": read_announcements,
        "normas-aceptadas": accepted_rules,
        "sesiones": logged_in,
        "borrado": erasures,
    }.items()
    for table in elsewhere.tables():
        yield table.label.lower(), partial(rows_elsewhere, table)
    for model in declarations.of_people():
        if model not in SHOWN_IN_PARTS:
            yield model._meta.label_lower, partial(rows_of_model, model)


def rows_elsewhere(table: elsewhere.Table, person: User) -> Iterator[Row]:
    return columns(table.rows(person), *table.shown)


def rows_of_model(model: type[Model], person: User) -> Iterator[Row]:
    return columns(rows(model, traces_of(person)), *sorted(declared(model, "PERSONAL")))


def account(person: User) -> Iterator[Row]:
    own = ("login", "email", "first_name", "last_name", "phone", "language", "theme", "is_active", "is_staff")
    dates = ("created_at", "last_login", "access_until", "unread_from")
    row = {name: getattr(person, name) for name in (*own, *dates, "declines_general_mail", *PERMISSIONS)}
    yield row | {"company": person.company and person.company.name, "groups": [str(one) for one in person.groups.all()]}


def tickets(person: User) -> Iterator[Row]:
    shown = ("number", "subject", "status", "priority", "topic__name", "product__name", "created_at", "closed_at")
    return columns(Ticket.objects.filter(author=person), *shown)


def messages(person: User) -> Iterator[Row]:
    """What the person wrote, with the files that lie in the archive."""
    written = Message.objects.filter(author=person).select_related(*NAMED)
    for message in written.prefetch_related("attachments__stored").iterator(ROWS_AT_A_TIME):
        yield {
            "ticket": name_of(message.ticket, person),
            "created_at": message.created_at,
            "body": message.body,
            "files": [path_of(attachment) for attachment in message.attachments.all()],
        }


def requests(person: User) -> Iterator[Row]:
    """What the person asked for that a manager had to approve."""
    for asked in Request.objects.filter(author=person).select_related("type__topic", "ticket").iterator(ROWS_AT_A_TIME):
        yield {
            "asked_at": asked.asked_at,
            "kind": str(asked.type),
            "state": asked.state,
            "ticket": asked.ticket and asked.ticket.number,
            "subject": asked.subject,
            "body": asked.body,
            "answers": [str(answer) for answer in asked.all_answers()],
        }


def notes(person: User) -> Iterator[Row]:
    """Staff have written some."""
    for note in InternalNote.objects.filter(author=person).select_related(*NAMED).iterator(ROWS_AT_A_TIME):
        yield {"ticket": name_of(note.ticket, person), "created_at": note.created_at, "body": note.body}


def drafts(person: User) -> Iterator[Row]:
    waiting = Draft.objects.filter(UNSENT, person=person).select_related(*NAMED)
    for draft in waiting.prefetch_related("attachments"):
        yield {
            "ticket": draft.ticket and name_of(draft.ticket, person),
            "updated_at": draft.updated_at,
            "fields": draft.fields,
            "files": [path_of(attachment) for attachment in draft.attachments.all()],
        }


def steps(person: User) -> Iterator[Row]:
    """What the person did to tickets; whom it concerned is somebody else's."""
    for event in Event.objects.filter(actor=person).select_related(*NAMED).iterator(ROWS_AT_A_TIME):
        yield {"ticket": name_of(event.ticket, person), "kind": event.kind, "created_at": event.created_at}


def followed(person: User) -> Iterator[Row]:
    mine = Q(user=person) | Q(user=None, email__in=traces_of(person).emails)
    return columns(Follower.objects.filter(mine), "ticket__company__code", "ticket__number", "created_at")


def read(person: User) -> Iterator[Row]:
    return columns(ReadMark.objects.filter(user=person), "ticket__company__code", "ticket__number", "read_to")


def downloads(person: User) -> Iterator[Row]:
    """Which files of updates the person took."""
    taken = DownloadLog.objects.filter(person=person)
    return columns(taken, "file__release__version", "file__component__name", "file__name", "at")


def webinars(person: User) -> Iterator[Row]:
    """Which ones the person registered for."""
    return columns(Registration.objects.filter(person=person), "webinar__title", "webinar__slug", "at", "cancelled_at")


def seen_webinars(person: User) -> Iterator[Row]:
    return columns(Sighting.objects.filter(person=person), "webinar__title", "webinar__slug", "at")


def read_announcements(person: User) -> Iterator[Row]:
    return columns(Reading.objects.filter(person=person), "announcement__title", "announcement__slug", "at")


def accepted_rules(person: User) -> Iterator[Row]:
    return columns(Acceptance.objects.filter(person=person), "rules__version", "at")


def mails(person: User) -> Iterator[Row]:
    """What was mailed, when and where to; what stood in it is in the tickets."""
    mine = rows(OutgoingMail, traces_of(person))
    return columns(mine, "kind", "address", "name", "language", "state", "created_at", "sent_at")


def logbook(person: User) -> Iterator[Row]:
    """What the person did, and what others did to their account: from where, only of their own deeds."""
    theirs = AuditEntry.objects.filter(Q(actor_id=person.pk) | Q(target="user", target_id=person.pk))
    if person.company_id:
        theirs = theirs.filter(company=person.company_id)
    for entry in theirs.order_by("id").iterator(ROWS_AT_A_TIME):
        by_person, on_person = entry.actor_id == person.pk, (entry.target, entry.target_id) == ("user", person.pk)
        yield {
            "at": entry.at,
            "kind": entry.kind,
            "by_you": by_person,
            "on_you": on_person,
            "changes": entry.changes if on_person else {},
            "reason": entry.reason if on_person else "",
            "address": entry.address if by_person else None,
        }


def logged_in(person: User) -> Iterator[Row]:
    for session, held in sessions.of(person):
        yield {"seen": held.get(sessions.SEEN), "ends_at": session.expire_date}


def erasures(person: User) -> Iterator[Row]:
    return columns(ErasureRequest.objects.filter(person=person), "asked_at", "state", "settled_at", "reason")


# --- how they are written ---


def columns(found: QuerySet, *names: str) -> Iterator[Row]:
    return found.order_by("pk").values(*names).iterator(ROWS_AT_A_TIME)


def name_of(ticket: Ticket, person: User) -> int | str:
    """How the person calls a ticket: customers by its number, staff by its reference."""
    return ticket.reference if person.is_staff or ticket.number is None else ticket.number


def as_json(found: Iterable[Row]) -> Iterator[bytes]:
    """A list, row by row."""
    before = "[\n"
    for row in found:
        yield (before + json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)).encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def files_of(person: User) -> Iterable[Attachment]:
    mine = Q(message__author=person) | Q(draft__person=person)
    return Attachment.objects.filter(mine).select_related("stored").order_by("pk").iterator(ROWS_AT_A_TIME)


def path_of(attachment: Attachment) -> str:
    return f"archivos/{attachment.token}/{attachment.name}"


def content_of(attachment: Attachment) -> Iterator[bytes]:
    """The file as it lies there; one that has gone meanwhile is empty, and the log says so."""
    try:
        with attachment.stored.open() as file:
            while chunk := file.read(disk.CHUNK):
                yield chunk
    except FileNotFoundError:
        log.error("file_missing_in_export", stored=attachment.stored_id)
