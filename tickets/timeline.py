"""A ticket as both sides read it: messages, notes and events in the order in which they happened."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import BigAutoField, DateTimeField, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.models.people import name_of
from tables.prepared import Prepared
from text import when
from text.when import EPOCH, microseconds
from tickets.models import Attachment, Draft, Event, Message, Ticket
from tickets.status import TRYING_OUT, Priority, Status

Files = dict[int | None, list[Attachment]]

# A thread with more messages than FOLDED_OVER shows the first and the last SHOWN_OF_FOLDED until it is asked for whole.
FOLDED_OVER = 40
SHOWN_OF_FOLDED = 20
# A message longer than an ordinary e-mail, in characters or in lines, is shown in part; the last ones are whole.
LONG_CHARACTERS, LONG_LINES = 3_000, 40
NEVER_CUT = 2

MESSAGE_COLUMNS = ["ticket", "author_name", "from_support", "body", "html", "created_at", *name_of("author")]
EVENT_COLUMNS = ["ticket", "kind", "data", "created_at", *name_of("actor")]
OF_UPDATE = ["incident_update__stage", "incident_update__html"]

LAST_INSTANT = microseconds(datetime.max.replace(tzinfo=UTC))

ICONS = {
    Event.Kind.MOVED: "clock",
    Event.Kind.ASSIGNED: "user-circle",
    Event.Kind.UNASSIGNED: "user-circle",
    Event.Kind.PRIORITISED: "flag",
    Event.Kind.FOLLOWER_ADDED: "user-plus",
    Event.Kind.FOLLOWER_REMOVED: "user-minus",
    Event.Kind.IMPORTED: "arrow-down-tray",
    Event.Kind.QUARANTINED: "shield-exclamation",
    Event.Kind.AVAILABLE: "rocket-launch",
    Event.Kind.APPROVED: "hand-thumb-up",
    Event.Kind.CHARGED: "banknotes",
    Event.Kind.NOT_CHARGED: "banknotes",
    Event.Kind.ADOPTED: "building-office-2",
    Event.Kind.LINKED: "link",
    Event.Kind.UNLINKED: "link",
    Event.Kind.INCIDENT_TOLD: "signal",
}
MOVED_ICONS = {Status.CLOSED: "check-circle", Status.ENHANCEMENT: "sparkles", Status.SCHEDULED: "rocket-launch"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the conversation. `kind` is message, note, event or fold; `row` the message, note or event itself;
    `number` counts the messages from 1, of a fold those that it hides; `files` are those of a message."""

    kind: str
    row: Any
    at: datetime
    moment: str = ""
    absolute: str = ""
    words: str = ""
    icon: str = ""
    number: int = 0
    files: Sequence[Attachment] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """What a page shows of a conversation; `waiting_files` are those of the draft that the reader left there."""

    entries: list[Entry]
    waiting_files: list[Attachment]


def entry(kind: str, row: Any, now: datetime, **more: Any) -> Entry:
    at = row.created_at
    return Entry(kind, row, at, when.moment(at, now=now), when.absolute(at), **more)


def icon_of(event: Event) -> str:
    if event.kind == Event.Kind.MOVED:
        return MOVED_ICONS.get(event.data["new"], ICONS[Event.Kind.MOVED])
    return ICONS[Event.Kind(event.kind)]


def words_of(event: Event) -> str:
    """The event as a sentence, from what it recorded."""
    actor = event.actor.get_full_name() if event.actor_id else ""
    name = event.data.get("name", "")
    if event.kind == Event.Kind.MOVED:
        return moved_words(event.data["old"], event.data["new"], actor or name)
    if event.kind == Event.Kind.PRIORITISED:
        return _("Priority: %(priority)s") % {"priority": Priority(int(name)).label}
    if name == actor and event.kind in (Event.Kind.FOLLOWER_ADDED, Event.Kind.FOLLOWER_REMOVED):
        follows = event.kind == Event.Kind.FOLLOWER_ADDED
        own_words = _("%(name)s follows the ticket") if follows else _("%(name)s no longer follows the ticket")
        return own_words % {"name": name}
    words = {
        Event.Kind.ASSIGNED: _("Assigned to %(name)s"),
        Event.Kind.UNASSIGNED: _("Nobody is assigned any more"),
        Event.Kind.FOLLOWER_ADDED: _("%(actor)s put %(name)s in copy"),
        Event.Kind.FOLLOWER_REMOVED: _("%(actor)s took %(name)s out of copy"),
        Event.Kind.IMPORTED: _("Brought from the former system"),
        Event.Kind.AVAILABLE: _("Version %(name)s is out and brings the solution"),
        Event.Kind.QUARANTINED: _("“%(name)s” is in quarantine: the antivirus found %(finding)s in it"),
        Event.Kind.APPROVED: _("Approved by %(actor)s"),
        Event.Kind.CHARGED: _("The surcharge is charged: %(reason)s"),
        Event.Kind.ADOPTED: _("%(actor)s, who opened it as a guest (%(name)s), took it into the company"),
        Event.Kind.NOT_CHARGED: _("The surcharge is not charged: %(reason)s"),
        Event.Kind.LINKED: _("It depends on the incident “%(incident)s” · %(stage)s"),
        Event.Kind.UNLINKED: _("It no longer depends on the incident “%(incident)s”"),
        Event.Kind.INCIDENT_TOLD: _("Incident “%(incident)s” · %(stage)s"),
    }
    details = {key: event.data.get(key, "") for key in ("finding", "reason", "incident")}
    details["stage"] = event.incident_update.get_stage_display() if event.incident_update else ""
    return words[Event.Kind(event.kind)] % {"actor": actor, "name": name, **details}


def moved_words(old: str, new: str, actor: str) -> str:
    if not actor:
        return _("Resolved: nobody said for %(days)s days that it was not") % {"days": TRYING_OUT.days}
    if old == Status.CLOSED:
        return _("Reopened by %(actor)s") % {"actor": actor}
    words = {
        Status.OPEN: _("In progress at support"),
        Status.WAITING: _("Awaiting an answer from the company"),
        Status.ENHANCEMENT: _("Request for an enhancement: support will assess it"),
        Status.SCHEDULED: _("Included in the next version"),
        Status.CLOSED: _("Marked as resolved by %(actor)s") % {"actor": actor},
    }
    return words[Status(new)]


def of(ticket: Ticket, *, now: datetime, whole: bool = False, draft: Draft | None = None) -> Thread:
    """The conversation as its customers see it, in three queries; a very long one is folded unless wanted `whole`."""
    return thread(ticket, None, now=now, whole=whole, draft=draft)


def for_staff(ticket: Ticket, *, now: datetime, whole: bool = False, draft: Draft | None = None) -> Thread:
    """The conversation as the desk sees it: with the internal notes."""
    return thread(ticket, ticket.internal_notes.select_related("author"), now=now, whole=whole, draft=draft)


def since(ticket: Ticket, version: int, *, now: datetime) -> list[Entry]:
    """What a customer sees that came after this `version` of the ticket."""
    return entries_since(ticket, version, (), now=now)


def since_for_staff(ticket: Ticket, version: int, noted: int, *, now: datetime) -> list[Entry]:
    """The same for the desk: with the internal notes after `noted`, as `noted_to` says it."""
    notes = ticket.internal_notes.select_related("author").filter(created_at__gt=instant(noted))
    return entries_since(ticket, version, notes, now=now)


def noted_to(ticket: Ticket, entries: Iterable[Entry]) -> int:
    """Up to which internal note a page of the desk is complete, in microseconds since 1970."""
    notes = [microseconds(entry.at) for entry in entries if entry.kind == "note"]
    return max([ticket.version, *notes])


def is_noted_after(ticket: Ticket, noted: int) -> bool:
    return ticket.internal_notes.filter(created_at__gt=instant(noted)).exists()


def arrived(entries: Iterable[Entry], *, reader: User) -> Entry | None:
    """The newest message that somebody else wrote."""
    theirs = [entry for entry in entries if entry.kind == "message" and entry.row.author_id != reader.pk]
    return theirs[-1] if theirs else None


def quotable(entries: Iterable[Entry], number: str | None) -> Message | None:
    """The message of a shown conversation that is to be quoted (`?citar=3`)."""
    return next((entry.row for entry in entries if entry.kind == "message" and str(entry.number) == number), None)


def thread(ticket: Ticket, notes: QuerySet | None, *, now: datetime, whole: bool, draft: Draft | None) -> Thread:
    total = ticket.reply_count + 1
    is_folded = total > FOLDED_OVER and not whole
    messages, events = ends(ticket) if is_folded else everything(ticket)
    numbers = list(range(1, len(messages) + 1))
    if is_folded:
        notes = notes.filter(created_at__gte=messages[1].created_at) if notes is not None else None
        numbers = [1, *range(total - len(messages) + 2, total + 1)]
    files = files_of(messages, draft=draft)
    lines = entries(messages, numbers, events, files, notes if notes is not None else (), now=now)
    if is_folded:
        lines.insert(1, Entry("fold", None, lines[0].at, number=total - len(messages)))
    return Thread(lines, files[None])


def instant(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=min(microseconds, LAST_INSTANT))


def written(messages: QuerySet[Message]) -> QuerySet[Message]:
    """With what is shown of a message."""
    return messages.select_related("author").only(*MESSAGE_COLUMNS)


def happened(events: QuerySet[Event]) -> QuerySet[Event]:
    """With what is shown of an event."""
    return events.select_related("actor", "incident_update").only(*EVENT_COLUMNS, *OF_UPDATE)


# Of a ticket as it was when it was read: what comes meanwhile is new to this page.
MESSAGES = Prepared(
    lambda ticket, known: written(Message.objects.filter(ticket=ticket, created_at__lte=known)),
    ticket=BigAutoField(),
    known=DateTimeField(),
)
EVENTS = Prepared(
    lambda ticket, known: happened(Event.objects.filter(ticket=ticket, created_at__lte=known)),
    ticket=BigAutoField(),
    known=DateTimeField(),
)


def everything(ticket: Ticket) -> tuple[list[Message], list[Event]]:
    """All messages and events."""
    which = {"ticket": ticket.pk, "known": ticket.changed_at}
    return MESSAGES.rows(**which), EVENTS.rows(**which)


def ends(ticket: Ticket) -> tuple[list[Message], QuerySet[Event]]:
    """The first message and the last ones, in one query, and the events since these."""
    messages = ticket.messages.filter(created_at__lte=ticket.changed_at)
    first, last = messages.values("pk")[:1], messages.reverse().values("pk")[:SHOWN_OF_FOLDED]
    shown = list(written(messages.filter(Q(pk__in=first) | Q(pk__in=last))))
    events = ticket.events.filter(created_at__lte=ticket.changed_at, created_at__gte=shown[1].created_at)
    return shown, happened(events)


def entries_since(ticket: Ticket, version: int, notes: Iterable, *, now: datetime) -> list[Entry]:
    fresh = Q(created_at__gt=instant(version), created_at__lte=ticket.changed_at)
    messages, events = list(written(ticket.messages.filter(fresh))), happened(ticket.events.filter(fresh))
    last = ticket.reply_count + 1
    numbers = range(last - len(messages) + 1, last + 1)
    return entries(messages, numbers, events, files_of(messages), notes, now=now)


def files_of(messages: Sequence[Message], *, draft: Draft | None = None) -> Files:
    """The files of each message and, under None, those that wait in the person's draft, in one query."""
    here = Q(message__in=[message.pk for message in messages])
    if draft:
        here |= Q(draft=draft)
    files: Files = defaultdict(list)
    for file in Attachment.objects.filter(here).select_related("stored"):
        files[file.message_id].append(file)
    return files


def entries(
    messages: Sequence[Message],
    numbers: Iterable[int],
    events: Iterable[Event],
    files: Files,
    notes: Iterable,
    *,
    now: datetime,
) -> list[Entry]:
    """Everything in order; an event stands behind the message of the same instant."""
    whole = {message.pk for message in messages[-NEVER_CUT:]}
    lines = [
        entry(
            "message",
            message,
            now,
            number=number,
            files=files.get(message.pk, ()),
            is_cut=is_long(message.body) and message.pk not in whole,
        )
        for number, message in zip(numbers, messages, strict=True)
    ]
    lines += [entry("note", note, now) for note in notes]
    lines += [
        entry("event", event, now, words=words_of(event), icon=icon_of(event))
        for event in events
        if event.kind != Event.Kind.OPENED
    ]
    return sorted(lines, key=lambda line: (line.at, line.kind == "event", line.row.pk))


def is_long(body: str) -> bool:
    return len(body) > LONG_CHARACTERS or body.count("\n") > LONG_LINES
