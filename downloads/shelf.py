"""The files of an update as a person finds them: what is new, what the company lacks, and what changes for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q
from django.utils.translation import pgettext_lazy

from accounts.models import User
from contracts.models import Subscription
from downloads.models import Delivery, Installation, ReleaseFile
from downloads.models.delivery import beyond, place
from releases.models import ReleaseNote

NOTES_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of the files go into one archive; `key` is its word in addresses and names."""

    key: str
    takes: Callable[[ReleaseFile], bool]


SELECTIONS = {
    "nuevos": Selection("nuevos", lambda file: file.is_new),
    "necesarios": Selection("necesarios", lambda file: file.is_needed),
    "todos": Selection("todos", lambda file: True),
}


@dataclass(frozen=True)
class Choice:
    """Some of the files, to be taken as one archive."""

    files: list[ReleaseFile]

    @property
    def count(self) -> int:
        return len(self.files)

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(file.stored.size for file in self.files)

    @property
    def is_withheld(self) -> bool:
        """Whether one of them may not be opened (yet): an archive without it would be half an update."""
        return any(file.stored.is_withheld for file in self.files)


@dataclass(frozen=True)
class Shelf:
    """An update for one person. `installed` is what the company says it runs."""

    delivery: Delivery
    person: User
    files: list[ReleaseFile]
    installed: list[Installation]
    at: datetime

    @classmethod
    def of(cls, delivery: Delivery, person: User, *, at: datetime) -> "Shelf":
        return cls.beside(delivery.previous(at=at), delivery, person, at=at)

    @classmethod
    def last(cls, person: User, *, at: datetime) -> "Shelf | None":
        """That of the last update of which the person may take something. It is nearly always the last one that is
        out, so that one is looked at before any is searched for."""
        last, before = [*Delivery.objects.out(at=at).newest_first()[:2], None, None][:2]
        shelf = last and cls.beside(before, last, person, at=at)
        if last is None or (shelf and shelf.files):
            return shelf
        theirs = Delivery.objects.visible_to(person, at=at).newest_first().first()
        return theirs and cls.of(theirs, person, at=at)

    @classmethod
    def beside(cls, before: Delivery | None, delivery: Delivery, person: User, *, at: datetime) -> "Shelf":
        """That of an update whose predecessor is known."""
        installed = list(Installation.objects.visible_to(person).select_related("release").order_by())
        files = ReleaseFile.objects.visible_to(person, at=at).of(delivery).in_cards()
        return cls(delivery, person, files.compared(before=before, installed=installed), installed, at)

    def choose(self, selection: Selection) -> Choice:
        return Choice([file for file in self.files if selection.takes(file)])

    @cached_property
    def new(self) -> Choice:
        return self.choose(SELECTIONS["nuevos"])

    @cached_property
    def needed(self) -> Choice:
        return self.choose(SELECTIONS["necesarios"])

    @cached_property
    def everything(self) -> Choice:
        return self.choose(SELECTIONS["todos"])

    # --- what the company runs ---

    @cached_property
    def versions(self) -> list[Delivery]:
        """What the company runs, the newest first; more than one is more than the product can bear (S0-81)."""
        releases = {row.release.pk: row.release for row in self.installed if row.release}
        return sorted(releases.values(), key=place, reverse=True)

    @property
    def version_names(self) -> str:
        return ", ".join(release.version for release in self.versions)

    @property
    def offers_needed(self) -> bool:
        """Whether what the company lacks is known, and something else than what is new."""
        return bool(self.versions and self.needed.files and self.needed != self.new)

    @property
    def css_of_new(self) -> str:
        """The button that most people want stands out: what one lacks, else what is new."""
        return "btn-outline-secondary" if self.offers_needed else "btn-primary"

    @property
    def is_mixed(self) -> bool:
        return len(self.versions) > 1

    @property
    def tells_changes(self) -> bool:
        """Whether the company is behind this update, and the person may read what it brings."""
        return self.person.can_use_releases and bool(self.versions) and self.versions[-1].pk != self.delivery.pk

    @cached_property
    def notes(self) -> list[ReleaseNote]:
        """What changes for the company from the oldest that it runs to this update, in the modules that it has."""
        if not self.tells_changes:
            return []
        first, company = self.versions[-1], self.person.company
        theirs = Subscription.objects.visible_to(self.person).in_force(on=company.today(self.at))
        passed = Delivery.objects.published(at=self.at).after(first)
        passed = passed.filter(beyond(place(self.delivery), "lt") | Q(pk=self.delivery.pk))
        notes = ReleaseNote.objects.public().filter(
            product__in=theirs.values("product"), release__in=passed.values("pk")
        )
        notes = notes.with_modules().only("kind", "text")
        order = ("-release__published_at", "-release__version_key", "-release__version", "kind", "position", "pk")
        return list(notes.order_by(*order)[:NOTES_SHOWN])


# What an archive is called: the version, and which of its files.
NAMES = {
    "nuevos": pgettext_lazy("name of an archive", "update-%(version)s-new.zip"),
    "necesarios": pgettext_lazy("name of an archive", "update-%(version)s-needed.zip"),
    "todos": pgettext_lazy("name of an archive", "update-%(version)s.zip"),
}
