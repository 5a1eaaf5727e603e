"""From the disk, which takes files in, to the bucket, where one is configured."""

import logging
import os
from datetime import datetime

from files import bucket
from files.models import StoredFile

logger = logging.getLogger(__name__)


def move_waiting(*, at: datetime, limit: int = 50) -> int:
    """Copy at most `limit` files to the bucket, which serves them from then on; returns how many. The janitor clears
    the disk a day later. While the bucket is away they stay where they are and nothing is lost."""
    moved = 0
    for stored in StoredFile.objects.ready_to_move()[:limit]:
        try:
            copy(stored)
        except FileNotFoundError:
            logger.error("Stored file %s is not on the disk and did not go to the bucket", stored.pk)
        except bucket.Unreachable as error:
            logger.error("The bucket took no files: %s", error)
            break
        else:
            moved += stored.lies_in_bucket(since=at)
    return moved


def copy(stored: StoredFile) -> None:
    """The file, and its display copy. The janitor's 24 hours begin now."""
    for path in [stored.path, stored.display_path] if stored.has_preview else [stored.path]:
        bucket.put(path)
        os.utime(path)
