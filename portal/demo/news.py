"""A year of versions, told by `releases.toml`: one on the second Tuesday of each month, and the next in preparation."""

import calendar
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.utils import timezone

from contracts.models import Product
from releases.models import Release, ReleaseNote
from tickets.models import Ticket

FILE = Path(__file__).parent / "releases.toml"
HOUR = time(9)
PREPARATION = timedelta(days=60)
SECOND_TUESDAY = range(8, 15)
# List of the file → kind, and whether customers see it.
LISTS = {
    "enhancements": (ReleaseNote.Kind.ENHANCEMENT, True),
    "fixes": (ReleaseNote.Kind.FIX, True),
    "internal": (ReleaseNote.Kind.ENHANCEMENT, False),
}


@dataclass(frozen=True)
class Told:
    """A release as it is told: what it brings, and when it came out, or will."""

    version: str
    title: str
    notes: tuple[tuple[ReleaseNote.Kind, bool, str, str], ...]
    at: datetime

    @property
    def prepared_at(self) -> datetime:
        return self.at - PREPARATION

    def prepare(self) -> None:
        """Write it; tickets may say already that it will solve them."""
        release = Release.objects.draft(version=self.version, title=self.title)
        for kind, is_public, module, text in self.notes:
            product = Product.objects.get(name=module)
            ReleaseNote.objects.write(release, kind=kind, is_public=is_public, product=product, text=text)

    def come_out(self) -> None:
        """Publish it without a mail about it; whose tickets it solves are told."""
        now = timezone.now()
        Release.objects.get(version=self.version).publish(at=now, tell=False)
        for ticket in Ticket.objects.solved_by_published(at=now):
            ticket.make_available(at=now)


def read(*, now: datetime) -> Iterator[Told]:
    """The newest first; that of a month is out from its second Tuesday on."""
    written = tomllib.loads(FILE.read_text(encoding="utf-8"))["release"]
    day = after(last_before(timezone.localdate(now)))
    for row in written:
        at = timezone.make_aware(datetime.combine(day, HOUR))
        notes = tuple(
            (kind, is_public, *line.split(": ", 1))
            for name, (kind, is_public) in LISTS.items()
            for line in row.get(name, ())
        )
        yield Told(f"{day.year}.{day.month}", row.get("title", ""), notes, at)
        day = before(day)


def last_before(today: date) -> date:
    """The last second Tuesday before today."""
    this = second_tuesday(today.year, today.month)
    return this if this < today else before(this)


def second_tuesday(year: int, month: int) -> date:
    days = (date(year, month, day) for day in SECOND_TUESDAY)
    return next(day for day in days if day.weekday() == calendar.TUESDAY)


def before(day: date) -> date:
    return second_tuesday(day.year - (day.month == 1), (day.month - 2) % 12 + 1)


def after(day: date) -> date:
    return second_tuesday(day.year + (day.month == 12), day.month % 12 + 1)
