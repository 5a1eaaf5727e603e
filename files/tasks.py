from celery import shared_task
from django.utils import timezone

from files import display, janitor


@shared_task
def make_display_copies() -> None:
    display.make_display_copies(at=timezone.now())


@shared_task
def remove_unnamed_files() -> None:
    janitor.remove_unnamed(at=timezone.now())
