"""How the past is written: now, by the verbs; and then moved back to when it is said to have happened."""

from bisect import bisect_right
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

BATCH = 200


class Past:
    """Remembers when each deed began to be written, so that every instant found in a row leads back to its deed."""

    def __init__(self) -> None:
        self.began: list[datetime] = []
        self.moments: list[datetime] = []

    def begin(self, moment: datetime) -> None:
        """What is written from now on happened at `moment`."""
        self.began.append(timezone.now())
        self.moments.append(moment)

    def moment_of(self, written: datetime) -> datetime:
        """When that which was written at an instant is said to have happened; what is older stays as it is."""
        deed = bisect_right(self.began, written) - 1
        return written if deed < 0 else self.moments[deed]

    def move(self, rows: QuerySet, *columns: str) -> None:
        """Move these columns of the rows from the instant of writing to the moment of the deed."""
        moved = list(rows)
        for row in moved:
            for column in columns:
                if written := getattr(row, column):
                    setattr(row, column, self.moment_of(written))
        rows.model._default_manager.bulk_update(moved, columns, batch_size=BATCH)
