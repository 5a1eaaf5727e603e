from celery import shared_task
from django.utils import timezone

from contracts import radar


@shared_task
def sweep_licences() -> None:
    """The licence radar: what is to be sent and told of, once each, however often this runs."""
    radar.sweep(at=timezone.now())
