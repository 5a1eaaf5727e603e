"""Whose turn it is and since when, as a sentence for the person who reads it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from text import when
from tickets.models import Guest, Ticket
from tickets.status import REOPENING, Turn


@dataclass(frozen=True, slots=True)
class Words:
    """`whose` is support, company or nobody; `absolute` the whole date since when."""

    whose: str
    icon: str
    sentence: str
    absolute: str


def words(ticket: Ticket, *, reader: User | Guest, now: datetime) -> Words:
    """For a customer who reads the ticket."""
    lasts = when.lasting(ticket.turn_since, now=now)
    absolute = when.absolute(ticket.turn_since)
    if ticket.closed_at:
        return Words("nobody", "check-circle", closed_sentence(ticket, ticket.closed_at, now=now), absolute)
    if ticket.turn == Turn.SUPPORT:
        sentence = _("It is support's turn: they have had your ticket for %(lasts)s.")
        return Words("support", "clock", sentence % {"lasts": lasts}, absolute)
    if ticket.turn == Turn.NOBODY:
        sentence = _("Nobody has to do anything: the solution comes with the next version.")
        return Words("nobody", "rocket-launch", sentence, absolute)
    if ticket.asks_whether_solved and ticket.was_mended_last:
        sentence = _("It is your turn: the incident is resolved. Tell us whether everything works.")
        return Words("company", "signal", sentence, absolute)
    if ticket.asks_whether_solved:
        sentence = _("It is your turn: the version with the solution is out. Tell us whether it works.")
        return Words("company", "rocket-launch", sentence, absolute)
    if ticket.is_of_guest or ticket.author_id == reader.pk:
        sentence = _("It is your turn: support has been waiting for your answer for %(lasts)s.")
    else:
        sentence = _("It is your company's turn: support has been waiting for an answer for %(lasts)s.")
    return Words("company", "exclamation-circle", sentence % {"lasts": lasts}, absolute)


def closed_sentence(ticket: Ticket, closed_at: datetime, *, now: datetime) -> str:
    closed = when.day(closed_at, now=now)
    if not ticket.can_still_reopen(at=now):
        return _("Resolved on %(day)s.") % {"day": closed}
    last = when.day(closed_at + REOPENING, now=now)
    return _("Resolved on %(day)s. If you answer before %(last)s, it opens again.") % {"day": closed, "last": last}
