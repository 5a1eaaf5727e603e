from celery import shared_task
from django.utils import timezone

from accounts.areas import only_where
from webinars.models import Registration, Telling


@shared_task
@only_where("webinars")
def tell_of_webinars() -> None:
    """Those who get general mail hear of the webinars that were announced; once more changes nothing."""
    Telling.objects.tell_due(at=timezone.now())


@shared_task
@only_where("webinars")
def tell_those_registered() -> None:
    """Changes of what they registered for, and the reminders of the day and the hour before; each once."""
    Registration.objects.tell_due(at=timezone.now())
