"""Celery only wakes the work up: each row knows what is due, and a missed wake-up costs nothing."""

import logging.config
import os

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")


@setup_logging.connect
def log_as_the_portal_does(**_signal) -> None:
    """The worker and the clock write the same structured lines as the web."""
    logging.config.dictConfig(settings.LOGGING)


app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def every(seconds: float, task: str) -> dict:
    """A wake-up each so many seconds; one that was missed expires instead of queueing behind the next."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


app.conf.beat_schedule = {
    # Mail leaves at most five seconds after its commit.
    "deliver-mail": every(5, "mail.tasks.deliver"),
    # Display copies of the pictures that people attach.
    "make-display-copies": every(5, "files.tasks.make_display_copies"),
    # Files on disk that no row has named for 24 hours.
    "remove-unnamed-files": every(24 * 3600, "files.tasks.remove_unnamed_files"),
    # Drafts that nobody sent, with their files.
    "remove-old-drafts": every(24 * 3600, "tickets.tasks.remove_old_drafts"),
    # Sessions that ended.
    "clear-sessions": every(24 * 3600, "portal.tasks.clear_sessions"),
    # Tells /salud/listo/ that a worker is alive.
    "heartbeat": every(20, "portal.tasks.heartbeat"),
}
