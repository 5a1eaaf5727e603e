from celery import shared_task
from django.utils import timezone

from accounts.areas import only_where
from releases.models import Telling


@shared_task
@only_where("releases", "downloads")
def tell_of_releases() -> None:
    """Those who get update mails hear of the releases whose time has come; once more changes nothing."""
    Telling.objects.tell_due(at=timezone.now())
