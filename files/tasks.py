from celery import shared_task
from django.utils import timezone

from files import alone, bucket, display, janitor, moving, quarantine, scanning


@shared_task
def scan_waiting_files() -> None:
    """Wake the scanning up; a slow scanner keeps one hand of the worker busy, not all of them."""
    with alone.on_this_machine("scanning") as is_alone:
        if is_alone:
            scanning.scan_waiting(at=timezone.now())


@shared_task
def make_display_copies() -> None:
    display.make_display_copies(at=timezone.now())


@shared_task
def move_files_to_bucket() -> None:
    """Nothing without one."""
    with alone.on_this_machine("moving") as is_alone:
        if is_alone and bucket.is_configured():
            moving.move_waiting(at=timezone.now())


@shared_task
def remove_unnamed_files() -> None:
    janitor.remove_unnamed(at=timezone.now())


@shared_task
def tidy_quarantine() -> None:
    quarantine.tidy(at=timezone.now())
