"""What a folder holds: articles, each with what its file says of it; pictures; and what is neither."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from html import unescape
from pathlib import Path, PurePosixPath

from django.utils import timezone
from django.utils.translation import gettext as _

from knowledge.models import Article
from text.search import bare
from text.words import one_line, printable

FORMATS = {".md": "markdown", ".markdown": "markdown", ".rst": "rst", ".html": "html", ".htm": "html"}
TABLE = ".jsonl"  # an article on each line
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"}
# Describes a folder to those who keep it.
READ_ME = "readme"
LARGEST = 2_000_000  # bytes of an article
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
FIELD = re.compile(r"([A-Za-z_]+):[ \t]*(.*)")
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
DEEPEST = 2  # categories stand in one another

# What a file may call its readers, or its kind: minutes and notes of development are for support.
AUDIENCES = {
    "public": Article.Audience.PUBLIC, "publico": Article.Audience.PUBLIC,
    "registered": Article.Audience.REGISTERED, "registrados": Article.Audience.REGISTERED,
    "staff": Article.Audience.STAFF, "internal": Article.Audience.STAFF, "interno": Article.Audience.STAFF,
    "soporte": Article.Audience.STAFF, "reunion": Article.Audience.STAFF, "desarrollo": Article.Audience.STAFF,
}  # fmt: skip
DRAFT = {"draft", "borrador"}


class Refused(Exception):
    """Why something is not imported, in words."""


@dataclass(frozen=True, slots=True)
class Source:
    """An article as it was found. `path` is where its links and pictures start from, `body` what stands in `format`."""

    file: str
    line: int
    external_id: str
    path: PurePosixPath
    format: str
    body: str
    title: str = ""
    slug: str = ""
    shelves: tuple[str, ...] = ()
    url: str = ""
    audience: str = ""
    is_draft: bool = False
    position: int = 0
    updated: datetime | None = None


@dataclass
class Folder:
    """Everything below a folder: `articles`, `pictures` by their path, and why each other thing is none of them."""

    root: Path
    articles: list[Source] = field(default_factory=list)
    pictures: dict[PurePosixPath, Path] = field(default_factory=dict)
    refused: list[tuple[str, int, str]] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path) -> "Folder":
        """Raises OSError when it cannot be read at all."""
        folder = cls(root.resolve(strict=True))
        for path in sorted(path for path in folder.root.rglob("*") if path.is_file()):
            folder.take(path, PurePosixPath(path.relative_to(folder.root).as_posix()))
        return folder

    def take(self, path: Path, name: PurePosixPath) -> None:
        ending = name.suffix.lower()
        if not path.resolve().is_relative_to(self.root):
            self.aside.append((str(name), _("It leads out of the folder.")))
        elif any(part.startswith(".") for part in name.parts):
            self.aside.append((str(name), _("It is hidden.")))
        elif name.stem.lower() == READ_ME:
            self.aside.append((str(name), _("It describes the folder.")))
        elif ending in PICTURES:
            self.pictures[name] = path
        elif ending in FORMATS:
            self.read_article(path, name)
        elif ending == TABLE:
            self.read_table(path, name)
        else:
            self.aside.append((str(name), _("It is neither an article nor a picture.")))

    def read_article(self, path: Path, name: PurePosixPath) -> None:
        try:
            text = text_in(path)
            said, body = front_matter(text)
            if FORMATS[name.suffix.lower()] == "html" and not said.get("title") and (titled := TITLE.search(text)):
                said["title"] = one_line(unescape(re.sub(r"<[^>]*>", "", titled[1])))
            said.setdefault("category", "/".join(name.parent.parts))
            form, file = FORMATS[name.suffix.lower()], str(name)
            found = source(file=file, line=0, external_id=file, path=name, form=form, body=body, said=said)
            self.articles.append(found)
        except Refused as refusal:
            self.refused.append((str(name), 0, str(refusal)))

    def read_table(self, path: Path, name: PurePosixPath) -> None:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    self.articles.append(row(str(name), number, line))
                except Refused as refusal:
                    self.refused.append((str(name), number, str(refusal)))


def row(file: str, number: int, line: bytes) -> Source:
    """One line of a table: the fields of an article as JSON."""
    try:
        said = json.loads(line)
    except ValueError as error:
        raise Refused(_("It is no JSON.")) from error
    if not isinstance(said, dict):
        raise Refused(_("It is no article."))
    said = {str(name): value for name, value in said.items() if isinstance(value, str | int) and value != ""}
    body, form = str(said.pop("body", "")), str(said.pop("format", "markdown"))
    if form not in FORMATS.values():
        raise Refused(_("“%(format)s” is no form of text.") % {"format": form[:40]})
    external_id = str(said.get("id") or f"{file}:{number}")
    path = PurePosixPath(str(said.get("path") or f"{said.get('slug') or external_id}.{form}"))
    said.setdefault("category", said.get("kind", ""))
    words = {name: str(value) for name, value in said.items()}
    return source(file=file, line=number, external_id=external_id, path=path, form=form, body=body, said=words)


def source(
    *, file: str, line: int, external_id: str, path: PurePosixPath, form: str, body: str, said: Mapping[str, str]
) -> Source:
    body = printable(body)
    if not body.strip():
        raise Refused(_("It has no text."))
    kind = bare(said.get("audience") or said.get("kind") or "")
    position = said.get("position") or said.get("weight") or "0"
    return Source(
        file=file,
        line=line,
        external_id=external_id[:250],
        path=path,
        format=form,
        body=body,
        title=one_line(said.get("title", "")),
        slug=said.get("slug", ""),
        shelves=shelves_of(said.get("category", "")),
        url=said.get("url", ""),
        audience=AUDIENCES.get(kind, ""),
        is_draft=bare(said.get("state", "")) in DRAFT,
        position=int(position) if position.isascii() and position.isdigit() and len(position) < 7 else 0,
        updated=moment_in(said),
    )


def shelves_of(category: str) -> tuple[str, ...]:
    """`lve/fiscal-printer/usb` → (Lve, Fiscal printer)."""
    names = (one_line(re.sub(r"[-_]+", " ", part))[:80].strip() for part in category.split("/"))
    return tuple(name[0].upper() + name[1:] for name in names if name)[:DEEPEST]


def moment_in(said: Mapping[str, str]) -> datetime | None:
    for name in ("modified", "updated", "lastmod", "date", "created"):
        try:
            at = datetime.fromisoformat(said.get(name, ""))
        except ValueError:
            continue
        if at.time() == time() and at.tzinfo is None:
            at = at.replace(hour=12)
        if 1970 <= at.year < 2100:
            return timezone.make_aware(at) if at.tzinfo is None else at
    return None


def text_in(path: Path) -> str:
    """What a file says, in UTF-8 or the Latin letters of Windows."""
    if path.stat().st_size > LARGEST:
        raise Refused(_("It is too large."))
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace").replace("\r\n", "\n")


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """What stands between dashes at the beginning, field by field, and the rest."""
    found = FRONT_MATTER.match(text)
    if found is None:
        return {}, text
    fields = (FIELD.fullmatch(line.strip()) for line in found[1].splitlines())
    said = {each[1].lower(): each[2].strip().strip("\"'") for each in fields if each and each[2].strip()}
    return said, text[found.end() :]


def unique(sources: list[Source]) -> Iterator[tuple[Source, bool]]:
    """Each with whether no other of the same id came before it."""
    seen: set[str] = set()
    for one in sources:
        yield one, one.external_id not in seen
        seen.add(one.external_id)
