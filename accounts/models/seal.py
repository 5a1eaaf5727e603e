"""The seals of the logbook: a digest over each day, and over the digest of the day before."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.db.models.fields.tuple_lookups import TupleGreaterThan
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.logbook import AuditEntry

# What of a line is sealed: all of it, in this order. A column that is added later needs a form of seal of its own.
SEALED = (
    "id", "at", "kind", "company_id", "actor_id", "target", "target_id", "changes", "address", "reason", "batch",
)  # fmt: skip
# A line is dated when it is written and seen when its transaction commits: a day is complete so long after it ended.
# No request and no task holds a transaction longer than a few minutes.
REST = timedelta(hours=1)
LINES_AT_A_TIME = 5_000


@dataclass(frozen=True)
class Figures:
    """What the lines of a day come to. Numbers are None where there are no lines."""

    first_id: int | None
    last_id: int | None
    count: int
    digest: str


def figures_of(day: date, *, after: str) -> Figures:
    """The figures of a day in UTC, after the digest of the day before; read a few thousand lines at a time."""
    digest = sha256(f"{after} {day.isoformat()}\n".encode())
    first_id = last_id = None
    count = 0
    for line in lines_of(day):
        digest.update(canonical(line))
        number = line[0]
        first_id = number if first_id is None else min(first_id, number)
        last_id = number if last_id is None else max(last_id, number)
        count += 1
    return Figures(first_id, last_id, count, digest.hexdigest())


def lines_of(day: date) -> Iterator[tuple[Any, ...]]:
    """The lines of a day in the order of their dates, each slice by a statement of its own."""
    begin = beginning_of(day)
    rows = AuditEntry.objects.filter(at__gte=begin, at__lt=begin + timedelta(days=1)).order_by("at", "id")
    slice_ = list(rows.values_list(*SEALED)[:LINES_AT_A_TIME])
    while slice_:
        yield from slice_
        number, at, *_rest = slice_[-1]
        later = rows.filter(TupleGreaterThan((F("at"), F("id")), (at, number)), at__gte=at)
        slice_ = list(later.values_list(*SEALED)[:LINES_AT_A_TIME])


def canonical(line: tuple[Any, ...]) -> bytes:
    """A line in the one form whose bytes both databases give again."""
    number, at, *rest = line
    values = [number, at.astimezone(UTC).isoformat(timespec="microseconds"), *rest]
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def beginning_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def day_of(at: datetime) -> date:
    return at.astimezone(UTC).date()


class LogbookSealQuerySet(models.QuerySet["LogbookSeal"]):
    def seal(self, *, at: datetime) -> Iterator["LogbookSeal"]:
        """Seal, one after the other, the days that were complete at this moment. Safe to run twice, also at once."""
        last = self.order_by("-day").first()
        day, digest = (last.day + timedelta(days=1), last.digest) if last else (first_day(), "")
        while day is not None and day < day_of(at - REST):
            try:
                with transaction.atomic():
                    seal = self.create(day=day, **asdict(figures_of(day, after=digest)))
            except IntegrityError:  # another worker is at it
                return
            yield seal
            day, digest = day + timedelta(days=1), seal.digest


def first_day() -> date | None:
    """The day of the oldest line; None while there is none."""
    oldest = AuditEntry.objects.order_by("at", "id").values_list("at", flat=True).first()
    return day_of(oldest) if oldest else None


class LogbookSeal(models.Model):
    """One day of the logbook, in UTC, as it was when it was over. Days without lines are sealed too."""

    day = models.DateField(_("day"), unique=True)
    first_id = models.BigIntegerField(_("first line"), null=True)
    last_id = models.BigIntegerField(_("last line"), null=True)
    count = models.PositiveIntegerField(_("lines"))
    digest = models.CharField(_("digest"), max_length=64)
    sealed_at = models.DateTimeField(_("sealed"), default=timezone.now, editable=False)

    objects = LogbookSealQuerySet.as_manager()

    IMPERSONAL = {"digest"}

    class Meta:
        ordering = ["day"]
        verbose_name = _("seal of the logbook")
        verbose_name_plural = _("seals of the logbook")

    def __str__(self) -> str:
        return self.day.isoformat()

    def figures(self) -> Figures:
        return Figures(self.first_id, self.last_id, self.count, self.digest)
