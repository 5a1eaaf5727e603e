"""A folder of files becomes those of an update: matched, looked at, and then all of them at once."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from fnmatch import fnmatchcase
from pathlib import Path

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from downloads.models import Component, Delivery, ReleaseFile
from files import names, receiving
from files.receiving import Terms

# What may follow a short name in the name of a file.
SEPARATORS = "-_. "


class Fate(Enum):
    """What becomes of a file."""

    NEW = _("new")
    SAME = _("as it is")
    OF_NOBODY = _("belongs to no component")
    TWICE = _("the component has another file in the folder")
    TOO_LARGE = _("too large")
    EMPTY = _("empty")
    UNREADABLE = _("cannot be read")

    @property
    def label(self) -> str | Promise:
        return self.value

    @property
    def is_refused(self) -> bool:
        return self in (Fate.TWICE, Fate.TOO_LARGE, Fate.EMPTY, Fate.UNREADABLE)


@dataclass(frozen=True)
class Line:
    """One file of the folder."""

    path: Path
    fate: Fate
    component: Component | None = None
    sha256: str = ""


def terms_of_updates() -> Terms:
    """Files of updates come from the vendor: large, and programs."""
    return Terms(settings.RELEASE_FILE_MEGABYTES, allow_executables=True, allow_bombs=True)


def plan(folder: Path, delivery: Delivery, *, at: datetime) -> list[Line]:
    """What each file of the folder would become; writes nothing. Raises OSError when the folder cannot be read."""
    components = list(Component.objects.delivered())
    paths = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    owners = {path: owner_of(path.name, components) for path in paths}
    present = {file.component_id: file.stored.sha256 for file in files_of(delivery, at=at)}
    return [looked_at(path, owners, present) for path in paths]


def files_of(delivery: Delivery, *, at: datetime) -> Iterable[ReleaseFile]:
    """Those that the update has, or would begin with."""
    files = delivery.files.select_related("stored")
    before = delivery.previous(at=at)
    return before.files.select_related("stored") if before and not files else files


def looked_at(path: Path, owners: dict[Path, Component | None], present: dict[int, str]) -> Line:
    component = owners[path]
    if component is None:
        return Line(path, Fate.OF_NOBODY)
    if list(owners.values()).count(component) > 1:
        return Line(path, Fate.TWICE, component)
    try:
        size = path.stat().st_size
        if not size:
            return Line(path, Fate.EMPTY, component)
        if size > settings.RELEASE_FILE_MEGABYTES * 2**20:
            return Line(path, Fate.TOO_LARGE, component)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return Line(path, Fate.UNREADABLE, component)
    return Line(path, Fate.SAME if present.get(component.pk) == sha256 else Fate.NEW, component, sha256)


def owner_of(name: str, components: Iterable[Component]) -> Component | None:
    """The component whose names of files it fits, else the one with the longest short name with which it begins."""
    name = names.canonical(name).lower()
    fitting = [one for one in components if one.file_names and fnmatchcase(name, one.file_names.lower())]
    if fitting:
        return fitting[0]
    begun = [one for one in components if not one.file_names and begins_with(name, one.slug)]
    return max(begun, key=lambda one: len(one.slug), default=None)


def begins_with(name: str, slug: str) -> bool:
    return name == slug or any(name.startswith(slug.lower() + separator) for separator in SEPARATORS)


def publish(lines: Iterable[Line], delivery: Delivery, *, at: datetime) -> list[ReleaseFile]:
    """Take the new files of a plan. They are copied and hashed first, and named all at once: whoever kills this leaves
    the update as it was or as it shall be. Raises Refused, AlreadyOut, and OSError; then nothing has changed."""
    uploads: list[tuple[Component, receiving.Upload]] = []
    try:
        uploads.extend(copied(lines))
        return delivery.fill(uploads, at=at)
    finally:
        for _component, upload in uploads:
            receiving.discard(upload)


def copied(lines: Iterable[Line]) -> Iterator[tuple[Component, receiving.Upload]]:
    for line in lines:
        if line.fate == Fate.NEW and line.component:
            yield line.component, receiving.receive_path(line.path, line.path.name, terms=terms_of_updates())
