"""Releases and their notes as the page shows them: month by month, each release with its first notes and its counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext

from releases.models import Release, ReleaseNote
from releases.models.note import IN_ORDER, ReleaseNoteQuerySet
from text import when


@dataclass
class Shown:
    """A release with the notes of it that are shown, and how many there are of each kind."""

    release: Release
    notes: list[ReleaseNote] = field(default_factory=list)
    enhancements: int = 0
    fixes: int = 0

    @property
    def rest(self) -> int:
        """How many are not shown here."""
        return self.enhancements + self.fixes - len(self.notes)

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

    In one query, whatever there is.
    """
    shown = with_notes(list(releases), notes, most=most)
    return [Month(first, list(some)) for first, some in groupby(shown, key=month_of)]


def counted(release: Release, notes: ReleaseNoteQuerySet) -> Shown:
    """A release of which the notes are shown page by page."""
    kinds = dict(notes.order_by().values_list("kind").annotate(count=Count("pk")))
    return Shown(release, [], kinds.get(ReleaseNote.Kind.ENHANCEMENT, 0), kinds.get(ReleaseNote.Kind.FIX, 0))


def month_of(shown: Shown) -> date:
    return shown.release.day.date().replace(day=1)


def with_notes(releases: Sequence[Release], notes: ReleaseNoteQuerySet, *, most: int) -> list[Shown]:
    shown = {release.pk: Shown(release) for release in releases}
    for note in first_notes(notes.filter(release__in=shown), most=most):
        one = shown[note.release_id]
        note.release = one.release
        one.notes.append(note)
        one.fixes, one.enhancements = note.fixes, note.all_kinds - note.fixes
    return list(shown.values())


def first_notes(notes: ReleaseNoteQuerySet, *, most: int) -> QuerySet[Any]:
    """The first notes of each release, each with the counts of all those of its release."""
    release = [F("release")]
    counted: QuerySet[Any] = notes.with_modules().annotate(
        rank=Window(RowNumber(), partition_by=release, order_by=[F(name).asc() for name in IN_ORDER]),
        all_kinds=Window(Count("pk"), partition_by=release),
        fixes=Window(Count("pk", filter=Q(kind=ReleaseNote.Kind.FIX)), partition_by=release),
    )
    shown = ("release", "kind", "html", "public_id")
    return counted.filter(rank__lte=most).only(*shown).order_by("release_id", "rank")
