from celery import shared_task
from django.utils import timezone

from accounts.areas import only_where
from downloads.models import Bundle, Delivery
from files import alone


@shared_task
@only_where("downloads")
def build_archives() -> None:
    """Build what somebody asked for; large ones keep one hand of the worker busy, not all of them."""
    with alone.on_this_machine("archives") as is_alone:
        if is_alone:
            Bundle.objects.build_due(at=timezone.now())


@shared_task
@only_where("downloads")
def tidy_archives() -> None:
    Bundle.objects.tidy(at=timezone.now())


@shared_task
@only_where("downloads")
def carry_files_over() -> None:
    """Updates that are not out yet have the files of the last one that is, but for those that were replaced."""
    now = timezone.now()
    for delivery in Delivery.objects.coming(at=now):
        delivery.carry_over(at=now)
