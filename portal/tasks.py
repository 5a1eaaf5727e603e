from celery import shared_task
from celery.signals import worker_ready
from django.core.management import call_command

from portal import health


@worker_ready.connect
def note_the_first_heartbeat(**_signal) -> None:
    """A worker that has just begun need not wait for the clock to be known."""
    health.note_heartbeat()


@shared_task
def heartbeat() -> None:
    health.note_heartbeat()


@shared_task
def clear_sessions() -> None:
    """Forget the sessions whose time is over."""
    call_command("clearsessions")
