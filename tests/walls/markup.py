"""What a page is made of, read by a parser: the tags, their attributes, the addresses they lead to, the words."""

from collections import Counter
from collections.abc import Iterable
from html.parser import HTMLParser

from text.rendering import ALLOWED_TAGS

ADDRESSES = frozenset({"href", "src", "action", "formaction", "poster", "data", "xlink:href", "background", "srcset"})
EMPTY = frozenset({"meta", "link", "input", "br", "img", "path", "hr", "col", "source", "wbr"})
# What the markup of messages may make of a text.
OF_MESSAGES = {(tag, names) for tag in ALLOWED_TAGS for names in ((), ("title",), ("start",), ("value",))} | {
    ("a", ("href", "rel")),
    ("a", ("href", "rel", "title")),
    ("img", ("alt", "class", "loading", "src")),
}
# What a page has a fixed number of, however long it is.
COUNTED = frozenset({
    "html", "head", "body", "main", "title", "script", "style", "link", "meta", "base", "iframe", "object", "embed",
    "template",
})  # fmt: skip


class Page(HTMLParser):
    """`shapes`: each tag with the names of its attributes; `marked`: the text inside each element of a class."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.shapes: set[tuple[str, tuple[str, ...]]] = set()
        self.counts: Counter[str] = Counter()
        self.addresses: set[str] = set()
        self.classes: list[tuple[str, list[str]]] = []
        self.marked: dict[str, list[str]] = {}
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.shapes.add((tag, tuple(sorted(name for name, _value in attrs))))
        self.counts[tag] += 1
        self.addresses |= {value or "" for name, value in attrs if name in ADDRESSES}
        if tag not in EMPTY:
            classes = (dict(attrs).get("class") or "").split()
            self.classes.append((tag, classes))
            for name in classes:
                self.marked.setdefault(name, []).append("")

    def handle_endtag(self, tag):
        while self.classes and self.classes.pop()[0] != tag:
            pass

    def handle_data(self, data):
        self.words.append(data)
        for name in {name for _tag, classes in self.classes for name in classes}:
            self.marked[name][-1] += data

    def counted(self) -> dict[str, int]:
        return {tag: count for tag, count in self.counts.items() if tag in COUNTED}

    def foreign_addresses(self) -> set[str]:
        """The addresses that are neither of this portal nor such as a message may link to."""
        return {address for address in self.addresses if not is_harmless(address)}


def is_harmless(address: str) -> bool:
    own = address.startswith(("/", "?", "#")) and not address.startswith(("//", "/\\"))
    return own or address == "" or address.lower().startswith(("https://", "http://", "mailto:"))


def added(page: Page, harmless: Page, *, allowed: Iterable = ()) -> dict:
    """What `page` has that `harmless`, the same page with ordinary words, has not; empty when all is text."""
    found = {
        "shapes": page.shapes - harmless.shapes - set(allowed),
        "counts": set(page.counted().items()) ^ set(harmless.counted().items()),
        "addresses": page.foreign_addresses(),
    }
    return {name: things for name, things in found.items() if things}
