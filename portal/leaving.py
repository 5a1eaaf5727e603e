"""Somebody leaves the company, or no longer enters the portal: who inherits what, in one step."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.permissions import BY_NAME, MAIL_MARKS, PROFILE_MARKS, Permission
from tickets.models import Request, Ticket
from training.models import Booking

TICKETS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a person leaves behind: how many open tickets, the first of them, how many that nobody else could read, the
    trainings to come of which they are the contact, what they asked for that nobody has approved, and the marks for
    mail and profile. `is_needed`: nobody would manage the company without them."""

    ticket_count: int
    tickets: list[Ticket]
    unread_by_all: int
    sessions: list[Booking]
    requests: list[Request]
    marks: list[Permission]
    is_needed: bool

    @classmethod
    def of(cls, person: User, *, reader: User, at: datetime) -> "Belongings":
        """Subjects are only for whoever may see the company's tickets."""
        tickets = Ticket.objects.left_by(person)
        count = tickets.count()
        return cls(
            ticket_count=count,
            tickets=list(tickets.in_rows().order_by("-created_at", "-number")[:TICKETS_SHOWN])
            if reader.can_see_company_tickets
            else [],
            unread_by_all=count - tickets.readable_without(person).count(),
            sessions=list(Booking.objects.left_by(person, at=at).in_rows()),
            requests=list(Request.objects.visible_to(reader).left_by(person).in_rows()),
            marks=[BY_NAME[name] for name in (*MAIL_MARKS, *PROFILE_MARKS) if getattr(person, name)],
            is_needed=not User.objects.visible_to(reader).keeps_a_manager(
                person.company, appointed=(), dismissed=[person]
            ),
        )

    @property
    def more_tickets(self) -> int:
        """How many there are besides those that are shown."""
        return self.ticket_count - len(self.tickets) if self.tickets else 0


@transaction.atomic
def let_go(
    person: User,
    *,
    by: User,
    deactivates: bool,
    tickets_to: User | None,
    sessions_to: User | None,
    marks_to: User | None,
) -> int:
    """All of it or nothing; says how many tickets have an heir. Raises LastManager, and IllegalStep or Stranger when an
    heir could not read the tickets or see the trainings.

    Marks that nobody inherits stay with the person: a contact without access goes on getting mail, and somebody who is
    deactivated gets none and has them again when they come back.
    """
    changes: dict[int, dict[str, bool]] = {person.pk: {} if deactivates else {"has_portal_access": False}}
    if marks_to is not None:
        marks = [name for name in (*MAIL_MARKS, *PROFILE_MARKS) if getattr(person, name)]
        changes[person.pk] |= dict.fromkeys(marks, False)
        changes[marks_to.pk] = dict.fromkeys(marks, True)
    if sessions_to is not None:
        Booking.objects.hand_over(by=by, person=person, heir=sessions_to)
    User.objects.set_permissions(by=by, company=person.company, changes=changes)
    if deactivates:
        person.deactivate(by=by)
    else:
        person.end_sessions()
    return Ticket.objects.hand_over(by=by, person=person, heir=tickets_to) if tickets_to else 0
