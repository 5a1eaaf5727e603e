from celery import shared_task
from django.utils import timezone

from accounts.areas import only_where
from training.models import Availability, Booking


@shared_task
@only_where("training")
def remind() -> None:
    """Sessions that begin within a day or an hour: each is reminded of once."""
    Booking.objects.remind_due(at=timezone.now())


@shared_task
@only_where("training")
def offer_ahead() -> None:
    """The slots of the next weeks, from what trainers offer every week."""
    Availability.objects.offer_ahead(at=timezone.now())
