"""How an imported release is called: as in the file, unless that name has several days or belongs to another one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.text import slugify

from releases.importing.rows import VERSION_LIMIT, Key, Row
from releases.models import Release

NOON = time(12)  # the same day, and so the same month, in every time zone of a company


class Names:
    """The names of the releases of one file."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.keys: dict[str, set[Key]] = defaultdict(set)
        self.modules: dict[Key, set[str]] = defaultdict(set)
        for row in rows:
            self.keys[row.release.version].add(row.release)
            self.modules[row.release].add(slugify(row.module))

    def candidates(self, key: Key) -> Iterator[str]:
        """The names that a release may have, the best first."""
        if key.month:
            yield f"{key.version}-{key.month:%Y.%m}" if key.version else f"{key.month:%Y.%m}"
            return
        if len(self.keys[key.version]) == 1 or key.day is None:
            yield key.version
        if len(self.modules[key]) == 1 and (module := min(self.modules[key])):
            yield f"{module}-{key.version}"
        if key.day:
            yield f"{key.version}-{key.day:%Y.%m.%d}"

    def find(self, key: Key, *, at: datetime | None) -> tuple[Release | None, str]:
        """The release of this key, or the name of the one that has yet to be made; "" when all names are taken."""
        imported = Release.objects.filter(external_id=key.external_id).first()
        if imported is not None:
            return imported, imported.version
        for name in self.candidates(key):
            if len(name) > VERSION_LIMIT:
                continue
            release = Release.objects.filter(version=name).first()
            if release is None or is_same(release, at):
                return release, name
        return None, ""


def is_same(release: Release, at: datetime | None) -> bool:
    """Whether a release of that name is the one that is meant: staff wrote it, or it came out that day."""
    return not release.external_id or (release.day and release.day.date()) == (at and at.date())


def published_at(key: Key, rows: Iterable[Row]) -> datetime | None:
    """When it came out: on its day, with the last of its notes, or not at all."""
    day = max(row.done for row in rows if row.done) if key.month else key.day
    return noon(day) if day else None


def noon(day: date) -> datetime:
    return datetime.combine(day, NOON, ZoneInfo(settings.TIME_ZONE))
