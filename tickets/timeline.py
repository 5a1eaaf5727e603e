"""A ticket as both sides read it: messages, notes and events in the order in which they happened."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from text import when
from tickets.models import Attachment, Draft, Event, Message, Ticket
from tickets.status import Priority, Status

Files = dict[int | None, list[Attachment]]

ICONS = {
    Event.Kind.MOVED: "clock",
    Event.Kind.ASSIGNED: "user-circle",
    Event.Kind.UNASSIGNED: "user-circle",
    Event.Kind.PRIORITISED: "flag",
    Event.Kind.FOLLOWER_ADDED: "user-plus",
    Event.Kind.FOLLOWER_REMOVED: "user-minus",
    Event.Kind.IMPORTED: "arrow-down-tray",
}
MOVED_ICONS = {Status.CLOSED: "check-circle", Status.ENHANCEMENT: "sparkles", Status.SCHEDULED: "rocket-launch"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the conversation. `kind` is message, note or event; `row` the message, note or event itself;
    `number` counts the messages from 1; `files` are those of a message."""

    kind: str
    row: Any
    at: datetime
    moment: str
    absolute: str
    words: str = ""
    icon: str = ""
    number: int = 0
    files: Sequence[Attachment] = ()


def entries(
    messages: Iterable[Message], events: Iterable[Event], files: Files, notes: Iterable = (), *, now: datetime
) -> list[Entry]:
    """Everything in order; an event stands behind the message of the same instant."""
    lines = [
        entry("message", message, now, number=number, files=files.get(message.pk, ()))
        for number, message in enumerate(messages, start=1)
    ]
    lines += [entry("note", note, now) for note in notes]
    lines += [
        entry("event", event, now, words=words_of(event), icon=icon_of(event))
        for event in events
        if event.kind != Event.Kind.OPENED
    ]
    return sorted(lines, key=lambda line: (line.at, line.kind == "event", line.row.pk))


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
        return moved_words(event.data["old"], event.data["new"], actor)
    if event.kind == Event.Kind.PRIORITISED:
        return _("Priority: %(priority)s") % {"priority": Priority(int(name)).label}
    words = {
        Event.Kind.ASSIGNED: _("Assigned to %(name)s"),
        Event.Kind.UNASSIGNED: _("Nobody is assigned any more"),
        Event.Kind.FOLLOWER_ADDED: _("%(actor)s put %(name)s in copy"),
        Event.Kind.FOLLOWER_REMOVED: _("%(actor)s took %(name)s out of copy"),
        Event.Kind.IMPORTED: _("Brought from the former system"),
    }
    return words[Event.Kind(event.kind)] % {"actor": actor, "name": name}


def moved_words(old: str, new: str, actor: str) -> str:
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


def files_of(ticket: Ticket, *, draft: Draft | None = None) -> Files:
    """The files of each message and, under None, those that wait in the person's draft, in one query."""
    here = Q(ticket=ticket) | Q(draft=draft) if draft else Q(ticket=ticket)
    files: Files = defaultdict(list)
    for file in Attachment.objects.filter(here).select_related("stored"):
        files[file.message_id].append(file)
    return files


def of(ticket: Ticket, *, files: Files, now: datetime) -> list[Entry]:
    """The conversation as its customers see it, in two queries."""
    return entries(ticket.messages.select_related("author"), ticket.events.select_related("actor"), files, now=now)


def for_staff(ticket: Ticket, *, files: Files, now: datetime) -> list[Entry]:
    """The conversation as the desk sees it: with the internal notes."""
    notes = ticket.internal_notes.select_related("author")
    messages, events = ticket.messages.select_related("author"), ticket.events.select_related("actor")
    return entries(messages, events, files, notes, now=now)
