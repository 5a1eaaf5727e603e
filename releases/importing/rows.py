"""What a line of the file means: understood strictly, or refused with the reason in words."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from contracts.models import Product
from releases.models import ReleaseNote
from releases.versions import VERSION
from tables.reading import Line
from text.search import bare
from text.words import normalised, one_line, printable

ENHANCEMENT, FIX = ReleaseNote.Kind.ENHANCEMENT, ReleaseNote.Kind.FIX
# Word of the file → kind, and whether customers see it.
KINDS: Mapping[str, tuple[ReleaseNote.Kind, bool]] = {
    **dict.fromkeys(("enhancement", "ampliacion", "mejora", "nueva funcionalidad", "nuevo"), (ENHANCEMENT, True)),
    **dict.fromkeys(("migracion", "retirada", "otro"), (ENHANCEMENT, True)),
    **dict.fromkeys(("fix", "correccion", "error"), (FIX, True)),
    **dict.fromkeys(("internal", "interno", "traduccion"), (ENHANCEMENT, False)),
}
# Heading → column. What stands in others is left aside, and said.
HEADINGS = {
    **{name: name for name in ("id", "version", "release_date", "date", "product", "module", "kind", "text")},
    **{name: name for name in ("detail", "public", "title")},
    "fecha de publicacion": "release_date",
    "fecha": "date",
    "producto": "product",
    "modulo": "module",
    "tipo": "kind",
    "clase": "kind",
    "texto": "text",
    "detalle": "detail",
    "publica": "public",
    "titulo": "title",
}
YES_OR_NO = {**dict.fromkeys(("si", "yes", "1", "true"), True), **dict.fromkeys(("no", "0", "false"), False)}
# What people write instead of the version of a release that is not out.
TO_COME = frozenset({"proxima", "next", "unreleased"})
SPANISH_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
EARLIEST, LATEST = 1970, 2999

ID_LIMIT = 100
MODULE_LIMIT = Product._meta.get_field("name").max_length or 0
TEXT_LIMIT = ReleaseNote._meta.get_field("text").max_length or 0
VERSION_LIMIT = 40


class Refused(ValueError):
    """A line that is not imported; the words say why."""


@dataclass(frozen=True)
class Key:
    """A release of the file: its version as typed, without accents, and what tells it from others of that version.

    `day`: the file says when it came out. `month`: it only dates the notes, of a version that goes on for years; each
    month is a release. Neither: it is not out.
    """

    version: str
    day: date | None = None
    month: date | None = None

    @property
    def external_id(self) -> str:
        when = self.day or (self.month and f"{self.month:%Y-%m}") or ""
        return f"{self.version}|{when}"


@dataclass(frozen=True)
class Row:
    """A line that is understood. Without a text it only says that there is a release."""

    line: int
    release: Key
    external_id: str = ""
    title: str = ""
    module: str = ""
    is_of_product: bool = False  # it names no module, and so concerns the product
    kind: ReleaseNote.Kind = ENHANCEMENT
    is_public: bool = True
    text: str = ""
    done: date | None = None

    @property
    def digest(self) -> str:
        """By this one tells whether the row has changed since it was imported; staff may have mended the note."""
        said = [self.release.external_id, normalised(self.module), self.kind, self.is_public, self.text]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def column_of(heading: str) -> str | None:
    return HEADINGS.get(bare(heading.strip()))


def row_of(line: Line) -> Row:
    """Raises Refused."""
    if line.fault:
        raise Refused(line.fault)
    cells = {name: one_line(value) for name, value in line.cells.items()}
    day, dated = day_in(cells, "release_date"), day_in(cells, "date")
    release = release_of(cells, day, dated)
    title = cells.get("title", "")[:150]
    if "text" not in line.cells:
        return Row(line.number, release, title=title, module=cells.get("module") or cells.get("product", ""))
    module = cells.get("module", "") or cells.get("product", "")
    kind, is_public = kind_of(cells)
    return Row(
        line.number,
        release,
        external_id=id_of(cells),
        title=title,
        module=fitting(module, MODULE_LIMIT, _("the module")),
        is_of_product=not cells.get("module"),
        kind=kind,
        is_public=is_public,
        text=text_of(line.cells),
        done=dated,
    )


def release_of(cells: Mapping[str, str], day: date | None, dated: date | None) -> Key:
    """The release that a line belongs to; of one without version, that of its month."""
    typed = cells.get("version", "")
    version = typed if typed.isascii() else bare(typed)
    if version.casefold() in TO_COME:
        return Key(version.casefold())
    on = day or dated
    if not version:
        if on is None:
            raise Refused(_("It has neither a version nor a date."))
        return Key("", month=on.replace(day=1))
    if len(version) > VERSION_LIMIT or not VERSION.fullmatch(version):
        raise Refused(_("“%(version)s” is no version.") % {"version": version[:VERSION_LIMIT]})
    if day:
        return Key(version, day=day)
    return Key(version, month=dated and dated.replace(day=1))


def id_of(cells: Mapping[str, str]) -> str:
    if not cells.get("id"):
        raise Refused(_("It has no id, by which it would be known in another import."))
    return fitting(cells["id"], ID_LIMIT, _("the id"))


def kind_of(cells: Mapping[str, str]) -> tuple[ReleaseNote.Kind, bool]:
    word = cells.get("kind", "")
    if bare(word) not in KINDS:
        raise Refused(_("“%(word)s” is no kind of note.") % {"word": word[:40]})
    kind, is_public = KINDS[bare(word)]
    if said := bare(cells.get("public", "")):
        if said not in YES_OR_NO:
            raise Refused(_("“%(word)s” is neither yes nor no.") % {"word": said[:40]})
        is_public = YES_OR_NO[said]
    return kind, is_public


def text_of(cells: Mapping[str, str]) -> str:
    text, detail = (printable(cells.get(name, "")).strip() for name in ("text", "detail"))
    if not text:
        raise Refused(_("It has no text."))
    return fitting(f"{text}\n\n{detail}" if detail else text, TEXT_LIMIT, _("the text"))


def fitting(value: str, limit: int, what: str) -> str:
    if not value:
        raise Refused(_("It says nothing of %(what)s.") % {"what": what})
    if len(value) > limit:
        words = _("It is too long: %(what)s has %(length)s characters, and %(limit)s fit.")
        raise Refused(words % {"what": what, "length": len(value), "limit": limit})
    return value


def day_in(cells: Mapping[str, str], name: str) -> date | None:
    """2024-05-31 or 31/05/2024; None where nothing is said."""
    value = cells.get(name, "")
    if not value:
        return None
    spanish = SPANISH_DATE.fullmatch(value)
    try:
        day = date(*map(int, reversed(spanish.groups()))) if spanish else datetime.fromisoformat(value).date()
    except ValueError:
        day = date.min
    if not EARLIEST <= day.year <= LATEST:
        raise Refused(_("“%(value)s” is no date.") % {"value": value[:40]})
    return day
