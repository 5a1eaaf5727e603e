"""Releases and their notes as the page shows them: month by month, each release with its first notes and its counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext

from releases.models import Release, ReleaseNote
from releases.models.note import IN_ORDER, ReleaseNoteQuerySet
from text import when

# What a row shows.
COLUMNS = ("release", "kind", "html", "public_id")


@dataclass
class Shown:
    """A release with the notes of it that are shown, and how many there are of each kind."""

    release: Release
    notes: list[ReleaseNote] = field(default_factory=list)
    enhancements: int = 0
    fixes: int = 0

    @property
    def count(self) -> int:
        return self.enhancements + self.fixes

    @property
    def rest(self) -> int:
        """How many are not shown here."""
        return self.count - len(self.notes)

    @property
    def counts(self) -> str:
        """“14 enhancements, 9 fixes”, without the kind of which there is none."""
        words = []
        if self.enhancements:
            words.append(
                ngettext("%(count)s enhancement", "%(count)s enhancements", self.enhancements)
                % {"count": self.enhancements}
            )
        if self.fixes:
            words.append(ngettext("%(count)s fix", "%(count)s fixes", self.fixes) % {"count": self.fixes})
        return ", ".join(words)

    @property
    def day(self) -> str:
        return when.date_words(self.release.day.date(), "DATE_FORMAT", get_language())


@dataclass(frozen=True)
class Month:
    """A month and what came out in it, newest first."""

    first: date
    releases: list[Shown]

    @property
    def name(self) -> str:
        return capfirst(when.date_words(self.first, "F Y", get_language()))


def of(releases: Iterable[Release], notes: ReleaseNoteQuerySet, *, most: int) -> list[Month]:
    """The releases, in the order in which they come, by months of the vendor; of each at most so many `notes`.

    In two queries, whatever there is.
    """
    shown = with_notes(list(releases), notes, most=most)
    return [Month(first, list(some)) for first, some in groupby(shown, key=month_of)]


def counted(releases: Sequence[Release], notes: ReleaseNoteQuerySet) -> dict[int, Shown]:
    """Each release by its id with how many of the `notes` it has, which are yet to come."""
    shown = {release.pk: Shown(release) for release in releases}
    of_these = notes.filter(release__in=shown).order_by().values_list("release", "kind")
    for release, kind, count in of_these.annotate(count=Count("pk")):
        if kind == ReleaseNote.Kind.FIX:
            shown[release].fixes = count
        else:
            shown[release].enhancements = count
    return shown


def month_of(shown: Shown) -> date:
    return shown.release.day.date().replace(day=1)


def with_notes(releases: Sequence[Release], notes: ReleaseNoteQuerySet, *, most: int) -> list[Shown]:
    shown = counted(releases, notes)
    of_these: QuerySet[Any] = notes.filter(release__in=shown).with_modules().only(*COLUMNS)
    if any(one.count > most for one in shown.values()):
        place = Window(RowNumber(), partition_by=[F("release")], order_by=[F(name).asc() for name in IN_ORDER])
        of_these = of_these.annotate(place=place).filter(place__lte=most)
    for note in of_these.order_by("release_id", *IN_ORDER):
        one = shown[note.release_id]
        note.release = one.release
        one.notes.append(note)
    return list(shown.values())
