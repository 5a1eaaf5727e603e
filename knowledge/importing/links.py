"""Where the links of imported articles lead: to one another at their new addresses, elsewhere, or nowhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from knowledge.importing.markup import BY_DOCUMENT, BY_LABEL, IN_CODE
from knowledge.importing.sources import FORMATS, Source
from knowledge.models.picture import NAME_LIMIT, plain_name

LINK = re.compile(
    r"(?P<picture>!?)\[(?P<words>(?:[^\[\]\\]|\\.|!?\[[^\[\]]*\](?:\([^()\s]*\))?)*)\]"
    r"\(\s*<?(?P<target>(?:[^()\s<>]|\([^()\s]*\))+)>?(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)"
)
CODE_OR_LINK = re.compile(rf"(?P<code>{IN_CODE.pattern})|{LINK.pattern}", IN_CODE.flags)
LABEL = re.compile(r"^\.\. _`?([^:`\n]+)`?:[ \t]*$", re.MULTILINE)
OUTSIDE = re.compile(r"(?:https?:)?//|mailto:", re.IGNORECASE)


@dataclass
class Text:
    """An article's Markdown as it is kept, the pictures that it shows (name → path), and the links that led nowhere."""

    markdown: str
    pictures: dict[str, PurePosixPath] = field(default_factory=dict)
    dead: list[str] = field(default_factory=list)


class Addresses:
    """By what articles call one another: their path, the address that they had, and the labels in them."""

    def __init__(self) -> None:
        self.paths: dict[str, str] = {}
        self.urls: dict[str, str] = {}
        self.labels: dict[str, str] = {}

    def note(self, source: Source, slug: str) -> None:
        bare_path = str(source.path.with_suffix(""))
        self.paths.setdefault(bare_path, slug)
        if source.path.stem == "index":
            self.paths.setdefault(str(source.path.parent), slug)
        if source.url:
            self.urls.setdefault(place(source.url), slug)
        if source.format == "rst":
            for label in LABEL.findall(source.body):
                self.labels.setdefault(label.strip().casefold(), slug)

    def slug_of(self, target: str, source: Source) -> str | None:
        """The article to which a link in `source` leads, if it is one of these."""
        if target.startswith(BY_LABEL):
            return self.labels.get(unquote(target.removeprefix(BY_LABEL)).casefold())
        if OUTSIDE.match(target):
            return self.urls.get(place(target))
        path = unquote(target.removeprefix(BY_DOCUMENT).partition("#")[0].partition("?")[0])
        return self.paths.get(str(without_ending(joined(source.path, path)))) if path else None

    def resolve(self, markdown: str, source: Source, pictures: Mapping[PurePosixPath, object]) -> Text:
        """The text with its links and pictures as the portal knows them."""
        text = Text("")

        def rewritten(match: re.Match) -> str:
            if match["code"]:
                return match[0]
            target, words = match["target"], match["words"]
            if match["picture"]:
                return shown(text, words, target, source, pictures)
            if LINK.search(words):
                words = LINK.sub(rewritten_inside, words)
            if slug := self.slug_of(target, source):
                return f"[{words}](/ayuda/{slug}/)"
            if OUTSIDE.match(target):
                return f"[{words}]({target})"
            if not target.startswith("#"):
                text.dead.append(target)
            return words

        def rewritten_inside(match: re.Match) -> str:
            return shown(text, match["words"], match["target"], source, pictures) if match["picture"] else match[0]

        text.markdown = CODE_OR_LINK.sub(rewritten, markdown)
        return text


def shown(text: Text, words: str, target: str, source: Source, pictures: Mapping[PurePosixPath, object]) -> str:
    """A picture of the folder, by its name in the article; one from elsewhere is a link, as no page shows it."""
    if OUTSIDE.match(target):
        return f"[{words or target}]({target})"
    path = joined(source.path, unquote(target))
    if path not in pictures:
        text.dead.append(target)
        return f"[{words}]" if words else ""
    name = next((name for name, known in text.pictures.items() if known == path), "")
    if not name:
        name = free(plain_name(path.name), text.pictures)
        text.pictures[name] = path
    return f"![{words}](imagen:{name})"


def free(name: str, taken: Mapping[str, object]) -> str:
    stem, dot, ending = name[:NAME_LIMIT].rpartition(".")
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{stem}-{number}{dot}{ending}"
    return found


def joined(start: PurePosixPath, target: str) -> PurePosixPath:
    """The path that a relative one means; from the top where it begins with a slash."""
    parts: list[str] = [] if target.startswith("/") else list(start.parent.parts)
    for part in PurePosixPath(target.lstrip("/")).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return PurePosixPath(*parts)


def without_ending(path: PurePosixPath) -> PurePosixPath:
    return path.with_suffix("") if path.suffix.lower() in FORMATS else path


def place(url: str) -> str:
    """An address without what does not matter."""
    parts = urlsplit(url)
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}".casefold()
