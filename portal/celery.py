"""Celery only wakes the work up: each row knows what is due, and a missed wake-up costs nothing."""

import logging.config
import os

from celery import Celery
from celery.schedules import crontab
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


def nightly(task: str, *, hour: int, minute: int = 0) -> dict:
    """A wake-up at this hour of the installation's clock; after a night without a worker, the next one will do."""
    return {"task": task, "schedule": crontab(hour=hour, minute=minute), "options": {"expires": 3600}}


app.conf.beat_schedule = {
    # Mail leaves at most five seconds after its commit.
    "deliver-mail": every(5, "mail.tasks.deliver"),
    # What waits for the antivirus; nothing without one.
    "scan-waiting-files": every(5, "files.tasks.scan_waiting_files"),
    # Tells of the files in which it found something.
    "tell-of-infected-files": every(10, "tickets.tasks.tell_of_infected_files"),
    # Tells of the tickets that a release has solved.
    "tell-tickets-of-releases": every(60, "tickets.tasks.tell_of_releases"),
    # Tells of the incidents on which tickets depend.
    "tell-tickets-of-incidents": every(30, "tickets.tasks.tell_of_incidents"),
    # Closes those of which nobody said whether it did.
    "close-without-verdict": every(3600, "tickets.tasks.close_without_verdict"),
    # Display copies of the pictures that people attach.
    "make-display-copies": every(5, "files.tasks.make_display_copies"),
    # Files that are done with go to the bucket, where one is configured.
    "move-files-to-bucket": every(30, "files.tasks.move_files_to_bucket"),
    # Archives of an update's files that somebody asked for and got streamed.
    "build-archives": every(10, "downloads.tasks.build_archives"),
    # Updates that are being prepared follow the last one that is out.
    "carry-files-over": every(60, "downloads.tasks.carry_files_over"),
    # Archives that nobody took for a month.
    "tidy-archives": nightly("downloads.tasks.tidy_archives", hour=2, minute=30),
    # Files on disk that no row has named for 24 hours.
    "remove-unnamed-files": every(24 * 3600, "files.tasks.remove_unnamed_files"),
    # Word of the releases that are out, to those who get update mails; also of those whose time has come.
    "tell-of-releases": every(30, "releases.tasks.tell_of_releases"),
    # Word of the announcements that are out, to those who get general mail.
    "tell-of-announcements": every(30, "announcements.tasks.tell_of_announcements"),
    # Word of the webinars that were announced, to those who get general mail.
    "tell-of-webinars": every(30, "webinars.tasks.tell_of_webinars"),
    # Changes of webinars and the reminders before they begin, to those registered.
    "tell-those-registered": every(60, "webinars.tasks.tell_those_registered"),
    # Managers in place of lost ones, when the hours for objections are over.
    "appoint-managers": every(5 * 60, "accounts.tasks.appoint_managers"),
    # Infected files, 90 days after they were found.
    "tidy-quarantine": every(24 * 3600, "files.tasks.tidy_quarantine"),
    # The access of people whose last day has passed; days begin at another hour in each time zone.
    "withdraw-overdue-access": every(300, "accounts.tasks.withdraw_overdue_access"),
    # Drafts that nobody sent, with their files.
    "remove-old-drafts": every(24 * 3600, "tickets.tasks.remove_old_drafts"),
    # What guests began whose address was never verified.
    "tidy-guests": every(24 * 3600, "tickets.tasks.tidy_guests"),
    # What people have read, so that it need not be looked up ticket by ticket.
    "settle-reading": nightly("tickets.tasks.settle_reading", hour=3),
    # The days of the logbook that are over, before it is looked whether they are as they were.
    "seal-logbook": nightly("accounts.tasks.seal_logbook", hour=3, minute=30),
    # Requests for access whose address nobody verified, or that nobody answered.
    "tidy-access-requests": every(24 * 3600, "accounts.tasks.tidy_access_requests"),
    # Licence files whose time has come, and licences that nobody has extended.
    "sweep-licences": every(3600, "contracts.tasks.sweep_licences"),
    # The public holidays of this year and the next, which staff then correct.
    "fill-holidays": every(3600, "worktime.tasks.fill_holidays"),
    # Trainings that begin within a day or an hour.
    "remind-of-trainings": every(60, "training.tasks.remind"),
    # The slots of the next weeks.
    "offer-trainings-ahead": nightly("training.tasks.offer_ahead", hour=1),
    # Sessions that ended.
    "clear-sessions": every(24 * 3600, "portal.tasks.clear_sessions"),
    # Secrets of second factors that a former secret key encrypted.
    "renew-encryption": nightly("portal.tasks.renew_encryption", hour=2),
    # Whether what must always hold does hold.
    "check-invariants": nightly("portal.tasks.check_invariants", hour=4),
    # Tells /salud/listo/ that a worker is alive.
    "heartbeat": every(20, "portal.tasks.heartbeat"),
}
