"""Seals: what a form carries so that its text is kept after its session has ended (decision 13)."""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.urls import reverse

from accounts.models import User
from text.words import printable
from tickets.models.request import RequestType
from tickets.models.ticket import Ticket

# Shorter than drafts are kept: nothing can be begun anew under the key of a draft that was sent and forgotten.
VALID_FOR = timedelta(days=30)
# How a seal names an entry of Solicitudes; no reference of a ticket holds a slash.
REQUEST = "request/"


class BrokenSeal(Exception):
    """Not ours, too old, from before a change of password, or of somebody who may not write there any more."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The right to put text into one draft of the person whom the form was shown to. It shows and sends nothing."""

    key: str
    person: User
    ticket: Ticket | None
    request_type: RequestType | None = None

    def __str__(self) -> str:
        about = self.ticket.reference if self.ticket else ""
        about = f"{REQUEST}{self.request_type.slug}" if self.request_type else about
        return f"{self.person.public_id}.{signing.dumps([self.key, about], salt=salt_of(self.person))}"

    @classmethod
    def read(cls, text: str) -> "Seal":
        """The seal that a form brought. Raises BrokenSeal."""
        public_id, _dot, signed = printable(text).partition(".")
        person = User.objects.select_related("company").filter(public_id=public_id).first()
        if person is None or not person.may_log_in():
            raise BrokenSeal
        try:
            key, about = signing.loads(signed, salt=salt_of(person), max_age=VALID_FOR)
        except signing.BadSignature as broken:
            raise BrokenSeal from broken
        if about.startswith(REQUEST):
            return cls(key, person, None, request_type_called(about.removeprefix(REQUEST), person=person))
        return cls(key, person, ticket_called(about, person=person))

    @property
    def page(self) -> str:
        return page_of_draft(self.person, self.ticket, self.request_type)


def salt_of(person: User) -> str:
    """Seals of an older password are no good any more."""
    return f"draft {person.get_session_auth_hash()}"


def ticket_called(reference: str, *, person: User) -> Ticket | None:
    """The ticket that the person answers, None for a new one. Raises BrokenSeal when they may not write there."""
    if not reference and person.can_use_tickets:
        return None
    tickets = Ticket.objects.for_staff(person) if person.is_staff else Ticket.objects.visible_to(person)
    ticket = tickets.select_related("company", "guest").called(reference).first()
    if ticket is None:
        raise BrokenSeal
    return ticket


def request_type_called(slug: str, *, person: User) -> RequestType:
    """What the person asks for. Raises BrokenSeal when they may not, or it is offered no longer."""
    kind = RequestType.objects.offered().filter(slug=slug).first() if person.can_use_requests else None
    if kind is None:
        raise BrokenSeal
    return kind


def page_of_draft(person: User, ticket: Ticket | None, request_type: RequestType | None = None) -> str:
    """Where a person writes: the new ticket or request, the ticket's page, or its conversation on the desk."""
    if request_type is not None:
        return request_type.get_absolute_url()
    if ticket is None:
        return reverse("tickets:new" if person.can_use_tickets else "home")
    return reverse("admin:tickets_ticket_change", args=[ticket.pk]) if person.is_staff else ticket.get_absolute_url()
