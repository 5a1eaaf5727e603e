"""The company that takes the tickets: its people, clock, topics and modules, looked up once."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Company, User
from contracts.models import Product
from text.words import normalised
from tickets.importing.records import ImportedMessage, ImportedTicket, Refused, each
from tickets.importing.values import NAME_LIMIT
from tickets.models import Topic
from tickets.models.past import PastMessage, PastThread
from tickets.status import Status

MODULE_LIMIT = 80


class Destination:
    """Finds the rows of this company for what a file says. Two are chosen for all: `author` owns the tickets whose
    author is nobody here, `topic` takes those whose topic the portal does not know."""

    def __init__(self, company: Company, *, author: User, topic: Topic, create_modules: bool = False) -> None:
        self.company, self.author, self.topic, self.create_modules = company, author, topic, create_modules
        self.now = timezone.now()
        self.zone = ZoneInfo(company.time_zone)
        self.people = by_email(User.objects.filter(company=company))
        self.staff = by_email(User.objects.filter(is_staff=True))
        topics = Topic.objects.filter(children=None).select_related("parent")
        self.topics = {normalised(words): each_topic for each_topic in topics for words in names_of(each_topic)}
        self.products = {normalised(product.name): product for product in Product.objects.all()}

    def thread(self, ticket: ImportedTicket) -> PastThread:
        """The conversation with its people, topic and dates, without its files. Its module may be one that is not
        saved yet. Raises Refused."""
        opening, *replies = each(ticket.messages, self.message, first=0)
        for part, reply in enumerate(replies, start=1):
            if reply.created_at < opening.created_at:
                raise Refused(_("Its date lies before the ticket's own."), part=part)
        resolved_at = self.moment(ticket.closed_at) if ticket.closed_at else None
        if resolved_at and resolved_at < opening.created_at:
            raise Refused(_("“%(name)s” lies before the ticket's own date.") % {"name": "closed_at"})
        topic, product = self.topics.get(normalised(ticket.topic)), self.product(ticket.module)
        unplaced = [(_("Topic"), "" if topic else ticket.topic), (_("Module"), "" if product else ticket.module)]
        is_answered = opening.from_support or any(reply.from_support for reply in replies)
        return PastThread(
            external_id=ticket.external_id,
            author=self.author if opening.from_support else opening.author or self.author,
            topic=topic or self.topic,
            product=product,
            subject=ticket.subject,
            status=Status.OPEN if ticket.status == Status.NEW and is_answered else ticket.status,
            priority=ticket.priority,
            resolved_at=resolved_at,
            messages=[replace(opening, body=with_remarks(opening.body, [*unplaced, *ticket.remarks])), *replies],
        )

    def message(self, message: ImportedMessage) -> PastMessage:
        body = message.body if message.body.strip() or message.attachments else _("(No text)")
        author, name = self.writer(message)
        return PastMessage(
            body=body,
            created_at=self.moment(message.created_at),
            from_support=message.from_support,
            author=author,
            author_name=name,
        )

    def writer(self, message: ImportedMessage) -> tuple[User | None, str]:
        """The person here with this address, on the side that the message says; else the name as given."""
        people = self.staff if message.from_support else self.people
        if person := people.get(normalised(message.author_email)):
            return person, ""
        side = settings.BRAND["name"] if message.from_support else self.company.name
        return None, (message.author_name or message.author_email or side)[:NAME_LIMIT]

    def moment(self, at: datetime) -> datetime:
        """The instant; without a zone the company's clock counts."""
        at = at if at.tzinfo else at.replace(tzinfo=self.zone)
        if at.year > self.now.year + 1 or at > self.now:
            raise Refused(_("The date %(date)s lies in the future.") % {"date": f"{at:%Y-%m-%d %H:%M}"})
        return at

    def product(self, name: str) -> Product | None:
        """The module of this name; where modules may be created, one that is no longer offered."""
        if not name or normalised(name) in self.products:
            return self.products.get(normalised(name))
        if not self.create_modules or len(name) > MODULE_LIMIT:
            return None
        return self.products.setdefault(normalised(name), Product(kind=Product.Kind.MODULE, name=name, is_active=False))


def by_email(people: Iterable[User]) -> dict[str, User]:
    """People by address. Of several with one address the one with access counts, then an active one, then the first."""
    order = sorted(people, key=lambda person: (person.has_portal_access, person.is_active, -person.pk))
    return {person.email: person for person in order if person.email}


def names_of(topic: Topic) -> Sequence[str]:
    return topic.name, str(topic)


def with_remarks(body: str, remarks: Iterable[tuple[str, str]]) -> str:
    """The text, and below it what the former system knew and this one has no place for."""
    lines = [f"- {label}: {value}" for label, value in remarks if value]
    return "\n".join([body, "", _("In the former system:"), "", *lines]) if lines else body
