"""What a monitor asks: does the web process answer, and does everything behind it work."""

import shutil
import time
from datetime import timedelta

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from files import scanning
from mail import outbox

log = structlog.get_logger(__name__)

HEARTBEAT = "portal.heartbeat"
OLDEST_HEARTBEAT = timedelta(seconds=90)
LONGEST_LAG = timedelta(minutes=5)
MEGABYTE = 1024 * 1024


def note_heartbeat() -> None:
    """Called by the worker, so that it proves queue, clock and worker at once."""
    cache.set(HEARTBEAT, time.time(), timeout=None)


def database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def worker_is_alive() -> bool:
    return time.time() - cache.get(HEARTBEAT, 0) < OLDEST_HEARTBEAT.total_seconds()


def mail_leaves() -> bool:
    return outbox.lag() < LONGEST_LAG


def disk_has_room() -> bool:
    """The largest message that anybody may send still fits."""
    largest = settings.FILES_PER_MESSAGE * settings.FILE_MEGABYTES * MEGABYTE
    return shutil.disk_usage(settings.VAR_DIR).free > largest


def scanner_answers() -> bool:
    return not scanning.is_silent()


PARTS = {
    "database": database_answers,
    "worker": worker_is_alive,
    "mail": mail_leaves,
    "disk": disk_has_room,
    "scanner": scanner_answers,
}
# Pages are not taken out of traffic for what they do without: a monitor reads it in the answer.
SPARED = {"scanner"}


def holds(part: str) -> bool:
    try:
        return PARTS[part]()
    except (DatabaseError, OSError):
        log.exception("health_part_failed", part=part)
        return False


@login_not_required
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """The web process answers; asks nothing of anybody else."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """The names of the parts that fail, without details, for anybody may ask; 503 unless the pages do without them."""
    degraded = [part for part in PARTS if not holds(part)]
    if not degraded:
        return JsonResponse({"status": "ok"})
    return JsonResponse({"status": "degraded", "parts": degraded}, status=503 if set(degraded) - SPARED else 200)
