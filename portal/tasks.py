from celery import shared_task

from portal import health


@shared_task
def heartbeat() -> None:
    health.note_heartbeat()
