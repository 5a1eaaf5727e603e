from celery import shared_task
from django.utils import timezone

from accounts.areas import only_where
from announcements.models import Telling


@shared_task
@only_where("announcements")
def tell_of_announcements() -> None:
    """Those who get general mail hear of the announcements whose time has come; once more changes nothing."""
    Telling.objects.tell_due(at=timezone.now())
