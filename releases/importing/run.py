"""One file: every line is imported, unchanged, changed or refused, release by release, each in one transaction."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.models import Product
from releases.importing.naming import Names, published_at
from releases.importing.rows import Key, Refused, Row, column_of, row_of
from releases.models import Release, ReleaseNote
from tables import reading
from text.words import normalised

MOST_ROWS = 200_000


class Outcome(StrEnum):
    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    REFUSED = "refused"


# Line, id, what became of it, and the release or the reason.
Tell = Callable[[int, str, Outcome, str], None]


@dataclass
class Tally:
    """What became of the lines, and what was made or assumed on the way."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    releases: int = 0
    modules: list[str] = field(default_factory=list)
    drafts: Counter[str] = field(default_factory=Counter)  # release that is not out → its lines
    monthly: int = 0  # lines of versions without a day of their own
    of_product: int = 0  # lines that name no module
    unknown: list[str] = field(default_factory=list)  # headings

    @property
    def read(self) -> int:
        return sum(self.outcomes.values())


class Import:
    """The lines of one file. Nobody is told of anything, see `Release.objects.import_release`."""

    def __init__(self, path: Path, *, tell: Tell) -> None:
        self.path, self.tell = path, tell
        self.tally = Tally()
        self.products = {normalised(product.name): product for product in Product.objects.all()}

    def run(self) -> None:
        """Raises ValidationError when the file is no table, and OSError when it cannot be read."""
        table = reading.read(
            self.path.read_bytes(), column_of=column_of, required={"version": "version"}, most=MOST_ROWS
        )
        self.tally.unknown = table.unknown
        rows = self.understood(table.lines)
        names, groups = Names(rows), grouped(rows)
        for key in sorted(groups, key=oldest_first):
            self.take(key, groups[key], names)

    def understood(self, lines: Iterable[reading.Line]) -> list[Row]:
        """The lines that can be imported. An id that comes again with something else is another note: “12#2”."""
        rows: list[Row] = []
        seen: dict[str, list[str]] = defaultdict(list)
        for line in lines:
            try:
                row = row_of(line)
            except Refused as refusal:
                self.note(line.number, line.cells.get("id", ""), Outcome.REFUSED, str(refusal))
                continue
            if row.text and row.digest in seen[row.external_id]:
                self.note(row.line, row.external_id, Outcome.REFUSED, _("It repeats an earlier line."))
                continue
            seen[row.external_id].append(row.digest)
            again = len(seen[row.external_id])
            rows.append(row if again == 1 or not row.text else replace(row, external_id=f"{row.external_id}#{again}"))
        return rows

    def take(self, key: Key, rows: Sequence[Row], names: Names) -> None:
        """The lines of one release: what is slow first, and then all of it or nothing."""
        at = published_at(key, rows)
        release, name = names.find(key, at=at)
        if not name:
            for row in rows:
                self.note(row.line, row.external_id, Outcome.REFUSED, _("Its version is taken by another release."))
            return
        outcomes, notes = self.plan(release, rows)
        with transaction.atomic():
            if release is None:
                release = self.make(name, key, rows, at)
            ReleaseNote.objects.import_notes(release, notes)
        for row, outcome in outcomes:
            self.note(row.line, row.external_id, outcome, release.version)
        self.count(release, key, rows)

    def plan(self, release: Release | None, rows: Sequence[Row]) -> tuple[list[tuple[Row, Outcome]], list[ReleaseNote]]:
        """What becomes of each line, and the notes that are new or have changed."""
        there = ReleaseNote.objects.imported_as([row.external_id for row in rows if row.text])
        outcomes, notes = [], []
        for row in rows:
            note = there.get(row.external_id)
            if not row.text:
                outcome = Outcome.UNCHANGED if release else Outcome.IMPORTED
            elif note and note.imported == row.digest:
                outcome = Outcome.UNCHANGED
            else:
                outcome = Outcome.CHANGED if note else Outcome.IMPORTED
                notes.append(self.filled(note or ReleaseNote(external_id=row.external_id), row))
            outcomes.append((row, outcome))
        return outcomes, notes

    def filled(self, note: ReleaseNote, row: Row) -> ReleaseNote:
        note.product, note.kind, note.is_public = self.product(row.module), row.kind, row.is_public
        note.text, note.imported = row.text, row.digest
        note.render()
        return note

    def product(self, name: str) -> Product:
        """The module of this name, whatever its capitals; a new one where there is none."""
        key = normalised(name)
        if key not in self.products:
            self.products[key] = Product.objects.get_or_create(name=name)[0]
            self.tally.modules.append(name)
        return self.products[key]

    def make(self, name: str, key: Key, rows: Sequence[Row], at: datetime | None) -> Release:
        title = next((row.title for row in rows if row.title), "")
        self.tally.releases += 1
        return Release.objects.import_release(version=name, title=title, at=at, external_id=key.external_id)

    # --- the report ---

    def note(self, line: int, external_id: str, outcome: Outcome, words: str) -> None:
        self.tally.outcomes[outcome] += 1
        self.tell(line, external_id, outcome, words)

    def count(self, release: Release, key: Key, rows: Sequence[Row]) -> None:
        """What was assumed, which staff may want to know."""
        self.tally.of_product += sum(row.is_of_product for row in rows)
        if key.month:
            self.tally.monthly += len(rows)
        if release.state == Release.State.DRAFT:
            self.tally.drafts[release.version] += len(rows)


def grouped(rows: Iterable[Row]) -> Mapping[Key, list[Row]]:
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.release].append(row)
    return groups


def oldest_first(key: Key) -> tuple[date, str]:
    return key.day or key.month or date.max, key.version
