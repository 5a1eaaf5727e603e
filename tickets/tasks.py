from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from accounts.areas import only_where
from accounts.models import User
from tickets.models import Draft, Guest, Message, Ticket

# Tickets that one run tells of their incident.
TOLD_AT_ONCE = 1_000


@shared_task
def remove_old_drafts() -> int:
    """Drafts that nobody touched for 90 days, with their files; of those that were sent only the key goes."""
    return Draft.objects.remove_old()


@shared_task
def tidy_guests() -> int:
    """What guests wrote whose address nobody verified within a week, with its files."""
    return Guest.objects.tidy(at=timezone.now())


@shared_task
def settle_reading() -> None:
    """What people have read, by one date for each person instead of a mark for each ticket."""
    now = timezone.now()
    for person in User.objects.with_access().filter(Q(can_use_tickets=True) | Q(can_use_requests=True)).iterator():
        Ticket.objects.settle_reading(person, at=now)


@shared_task
@only_where("tickets", "requests")
def tell_of_releases() -> None:
    """Tickets whose release has come out: their people are told, each ticket once."""
    now = timezone.now()
    for ticket in Ticket.objects.solved_by_published(at=now).order_by("pk").iterator(100):
        ticket.make_available(at=now)


@shared_task
@only_where("tickets", "requests")
def tell_of_incidents() -> None:
    """Tickets whose incident was told on: their people hear of it, of each update once. What is left, the next time."""
    for ticket in Ticket.objects.with_news_of_incident().order_by("pk")[:TOLD_AT_ONCE]:
        ticket.hear_of_incident()


@shared_task
@only_where("tickets", "requests")
def close_without_verdict() -> None:
    """Tickets of which nobody said for 15 days whether what should have solved them did."""
    now = timezone.now()
    for ticket in Ticket.objects.without_verdict(at=now).order_by("pk").iterator(100):
        ticket.close_without_verdict(at=now)


@shared_task
@only_where("tickets", "requests")
def tell_of_infected_files() -> None:
    """What the antivirus found in files that were sent becomes known in their tickets."""
    untold = Message.objects.with_untold_infections().select_related("ticket", "author__company")
    for message in untold.order_by("pk")[:100]:
        message.quarantine_files()
