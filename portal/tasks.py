import structlog
from celery import shared_task
from celery.signals import worker_ready
from django.core.management import call_command
from django.utils import timezone

from accounts import second_factor, sessions
from portal import health, invariants
from portal.invariants import emails

log = structlog.get_logger(__name__)

# So long the nightly look reads files; the rest of them have their turn another night.
READING_SECONDS = 60


@worker_ready.connect
def note_the_first_heartbeat(**_signal) -> None:
    """A worker that has just begun need not wait for the clock to be known."""
    health.note_heartbeat()


@shared_task
def heartbeat() -> None:
    health.note_heartbeat()


@shared_task
def clear_sessions() -> None:
    """Forget the sessions whose time is over, and where they were opened."""
    call_command("clearsessions")
    sessions.forget_ended()


@shared_task
def renew_encryption() -> None:
    """Whatever a former secret key encrypted is written under the present one, so that the former may be dropped."""
    if renewed := second_factor.renew_encryption():
        log.info("encryption_renewed", count=renewed)


@shared_task(time_limit=30 * 60)
def check_invariants() -> None:
    """Look whether what must hold does; what does not is an error in the log and one mail to the administrators."""
    look = invariants.Look(at=timezone.now(), reading_seconds=READING_SECONDS)
    broken = [result for result in invariants.check(look) if result.count]
    for result in broken:
        log.error("invariant_broken", invariant=result.invariant.id, count=result.count, findings=result.told)
    if broken:
        emails.invariants_broken(broken)
