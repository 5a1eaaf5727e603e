from celery import shared_task
from django.utils import timezone

from training.models import Availability, Booking


@shared_task
def remind() -> None:
    """Sessions that begin within a day or an hour: each is reminded of once."""
    Booking.objects.remind_due(at=timezone.now())


@shared_task
def offer_ahead() -> None:
    """The slots of the next weeks, from what trainers offer every week."""
    Availability.objects.offer_ahead(at=timezone.now())
