from celery import shared_task
from django.core.management import call_command

from portal import health


@shared_task
def heartbeat() -> None:
    health.note_heartbeat()


@shared_task
def clear_sessions() -> None:
    """Forget the sessions whose time is over."""
    call_command("clearsessions")
