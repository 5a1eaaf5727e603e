import structlog
from celery import shared_task
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import AccessRequest, Company, LogbookSeal, ManagerReplacement, User
from accounts.models.company import zones_by_day

log = structlog.get_logger(__name__)


@shared_task
def withdraw_overdue_access() -> None:
    """The access of those whose last day has passed where their company is; once more changes nothing."""
    now = timezone.now()
    overdue = User.objects.active().filter(
        company=OuterRef("pk"), has_portal_access=True, access_until__lt=max(zones_by_day(now))
    )
    for company in Company.objects.filter(Exists(overdue)):
        User.objects.withdraw_overdue(company, at=now)


@shared_task
def seal_logbook() -> None:
    """Seal the days of the logbook that are over. The digests go to the log too, out of the database's reach."""
    for seal in LogbookSeal.objects.seal(at=timezone.now()):
        log.info("logbook_sealed", day=seal.day.isoformat(), lines=seal.count, digest=seal.digest)


@shared_task
def tidy_access_requests() -> None:
    """Requests for access whose address nobody verified go; those that nobody answered end."""
    AccessRequest.objects.tidy(at=timezone.now())


@shared_task
def appoint_managers() -> int:
    """Appoint in place of lost managers whoever was confirmed long enough ago without an objection."""
    return ManagerReplacement.objects.appoint_due(at=timezone.now())
