"""A ticket on paper, for customers and for the desk: the whole conversation, with dates that hold for years."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from text import when
from tickets import timeline
from tickets.models import Ticket

# What a sheet names besides the thread, to be read with the ticket.
NAMED = ("company", "guest", "author", "assignee", "topic__parent", "product", "follows_up__company", "surcharge")


def sheet(ticket: Ticket, *, reader: User, now: datetime, with_notes: bool = False) -> dict:
    """What the template needs, in four queries. `with_notes`: with what support writes for itself, for staff alone."""
    conversation = timeline.for_staff if with_notes else timeline.of
    printed = _("Printed on %(date)s by %(name)s") % {"date": when.absolute(now), "name": reader.get_full_name()}
    return {
        "ticket": ticket,
        "entries": conversation(ticket, now=now, whole=True).entries,
        "followers": ticket.followers.select_related("user"),
        "answers": ticket.all_answers(),
        "dates": {name: when.absolute(at) for name, at in dates_of(ticket).items() if at},
        "printed": printed,
        "with_notes": with_notes,
    }


def dates_of(ticket: Ticket) -> dict[str, datetime | None]:
    return {"opened": ticket.created_at, "answered": ticket.first_answer_at, "resolved": ticket.closed_at}
