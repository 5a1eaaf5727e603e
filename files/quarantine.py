"""Infected files: out of the web server's reach at once, kept for a while for whoever must look into it, then gone."""

import logging
from datetime import datetime, timedelta

from files import disk
from files.models import StoredFile

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=90)


def lock_away(stored: StoredFile) -> None:
    """Take an infected file and its display copy from among those that are served; done again it changes nothing."""
    try:
        stored.display_path.unlink(missing_ok=True)
        disk.lock_away(stored.key)
    except FileNotFoundError:  # done before
        pass
    except OSError as error:  # it is withheld all the same
        logger.error("Stored file %s not moved to the quarantine: %s", stored.pk, error.strerror)


def is_over(stored: StoredFile, *, at: datetime) -> bool:
    """Whether an infected file has lain in quarantine for as long as it is kept."""
    return stored.scanned_at is not None and stored.is_infected and stored.scanned_at < at - KEPT_FOR


def tidy(*, at: datetime) -> None:
    """Lock away what a crash left among the served files, and remove what has lain in quarantine for 90 days."""
    for stored in StoredFile.objects.infected().order_by("id").iterator():
        lock_away(stored)
        if is_over(stored, at=at):
            stored.quarantine_path.unlink(missing_ok=True)
