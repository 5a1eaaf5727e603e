"""The antivirus' sweep. The rows know what is to be scanned; a scanner that does not answer spends no attempt."""

import logging
import time
from collections import Counter
from datetime import datetime

from django.conf import settings
from django.core.cache import cache

from files import quarantine, scanner
from files.models import StoredFile

logger = logging.getLogger(__name__)

ROUND_SECONDS = 20
REST_SECONDS = 30
SILENCE_SECONDS = 5 * 60
RESTING, SILENT = "files.scanner.resting", "files.scanner.silent"


def scan_waiting(*, at: datetime, limit: int = 50) -> int:
    """Scan at most `limit` files in a round of about 20 seconds; returns how many were tried."""
    if settings.CLAMAV_SOCKET is None:
        StoredFile.objects.release_unscanned()
        return 0
    StoredFile.objects.give_up_scan(at)
    waiting = StoredFile.objects.awaiting_scan(at)[:limit]
    if not waiting or cache.get(RESTING):
        return 0
    tried, ends = 0, time.monotonic() + ROUND_SECONDS
    try:
        for stored in waiting:
            scanner.ping()
            if stored.claim_scan(at):
                examine(stored, at=at)
                tried += 1
            if time.monotonic() > ends:
                break
    except scanner.Unavailable as silence:
        let_rest(silence)
    else:
        cache.delete(SILENT)
    return tried


def scan_unscanned(*, at: datetime) -> Counter[str]:
    """Scan the files without a verdict, which stay open meanwhile: how many are in each state then. Raises
    scanner.Unavailable."""
    tally: Counter[str] = Counter()
    for stored in StoredFile.objects.filter(scan_state=StoredFile.ScanState.NOT_SCANNED).order_by("-id").iterator():
        scanner.ping()
        examine(stored, at=at)
        tally[stored.scan_state] += 1
    return tally


def examine(stored: StoredFile, *, at: datetime) -> None:
    """Ask the scanner about one file and do what follows."""
    try:
        finding = scanner.scan(stored.path)
    except scanner.NoVerdict as reason:
        logger.warning("No verdict on stored file %s: %s", stored.pk, reason)
        stored.scan_failed(at=at, for_good=isinstance(reason, scanner.TooLarge))
    else:
        if finding:
            logger.warning("Stored file %s is infected: %s", stored.pk, finding)
            stored.found_infected(finding, at=at)
            quarantine.lock_away(stored)
        else:
            stored.found_clean(at=at)


def let_rest(silence: scanner.Unavailable) -> None:
    """Leave a scanner that does not answer alone for a while. Its silence is an error once, then only noted."""
    cache.set(RESTING, True, REST_SECONDS)
    if cache.add(SILENT, True, SILENCE_SECONDS):
        logger.error("The antivirus does not answer: %s. Files wait until it does.", silence)
    else:
        cache.touch(SILENT, SILENCE_SECONDS)
        logger.info("The antivirus still does not answer: %s", silence)


def is_silent() -> bool:
    """Whether files wait for a scanner that did not answer the last time."""
    return settings.CLAMAV_SOCKET is not None and cache.get(SILENT) is not None
