"""From HTML that others wrote (imports, inbound mail) to the light markup of messages.

The words of the source are taken as they are: the markup knows no escape, so an asterisk or a dash that somebody typed
in HTML means what it means when it is typed here. That is safe, for the result is rendered like any other message.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from itertools import groupby, takewhile
from operator import attrgetter
from typing import NamedTuple

from text.grammar import LINKED, can_close, can_open
from text.words import printable

# Characters; what lies beyond is not read.
SOURCE_LIMIT = 2_000_000
# Characters and elements inside elements; beyond them only the words are kept.
HTML_LIMIT = 256 * 1024
DEPTH_LIMIT = 100
# Characters. Of an unfinished tag or comment no more is waited for: the parser would look for its end again and again.
UNFINISHED_LIMIT = 8 * 1024
URL_LIMIT = 2_000
# Characters before a line: quotes in quotes, lists in lists.
PREFIX_LIMIT = 60
# Pieces of text in one line.
RUNS_LIMIT = 5_000

DROPPED = {"audio", "canvas", "iframe", "math", "object", "script", "style", "svg", "template", "title", "video"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
PARAGRAPHS = {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"}
SECTIONS = {
    "address",
    "article",
    "aside",
    "body",
    "center",
    "div",
    "footer",
    "form",
    "header",
    "main",
    "nav",
    "section",
}
ITEMS = {"caption", "dd", "dl", "dt", "figcaption", "figure", "hr", "legend", "li", "option", "summary", "tr"}
LINES = SECTIONS | ITEMS
CELLS = {"td", "th"}
MARKS = {
    **dict.fromkeys(("b", "strong", "h1", "h2", "h3", "h4", "h5", "h6"), "**"),
    **dict.fromkeys(("i", "em", "cite"), "*"),
    **dict.fromkeys(("s", "del", "strike"), "~~"),
}
CODE = {"code", "kbd", "samp", "tt"}
# What a new element of this kind ends, when its end was left out, and where looking for it stops.
IMPLIED_ENDS = {
    "li": ({"li"}, {"ol", "ul"}),
    "dd": ({"dd", "dt"}, {"dl"}),
    "dt": ({"dd", "dt"}, {"dl"}),
    "option": ({"option"}, {"select"}),
    "p": ({"p"}, {"blockquote", "div", "li", "td", "th"}),
    "td": ({"td", "th"}, {"table", "tr"}),
    "th": ({"td", "th"}, {"table", "tr"}),
    "tr": ({"tr"}, {"table"}),
}
WHITE_SPACE = re.compile(r"[ \t\n\r\f\u00a0]+")
INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0xFEFF])
WHITE_SPACE_IN_LINE = re.compile(r"[ \t\u00a0]+")
EMPTY_LINES = re.compile(r" ?\n[ \n]*")
TAG = re.compile(r"<[!/?a-zA-Z][^<>]*>")
LINE_TAG = re.compile(rf"</?(?:{'|'.join(PARAGRAPHS | LINES)}|br)\b[^<>]*>", re.IGNORECASE)
CELL_TAG = re.compile(r"<t[dh]\b[^<>]*>", re.IGNORECASE)
DROPPED_TAG = re.compile(rf"<(/?)({'|'.join(DROPPED)})\b[^<>]*>", re.IGNORECASE)


def to_message(source: str) -> str:
    """The message that a person would have typed to say what `source` shows.

    Paragraphs, line breaks, lists, bold, italic, struck, code, quotes and links stay; a table becomes one line per row.
    What is too long, too deep or broken keeps its words and lines only.
    """
    source = printable(source[:SOURCE_LIMIT])
    if len(source) > HTML_LIMIT:
        return words_only(source)
    reader = Reader()
    try:
        for start in range(0, len(source), UNFINISHED_LIMIT):
            reader.feed(source[start : start + UNFINISHED_LIMIT])
        reader.close()
    except (TooComplex, AssertionError):  # the parser asserts that declarations have a name
        return words_only(source)
    message = "\n".join(reader.lines)
    return message if len(message) <= 2 * HTML_LIMIT else words_only(source)


def words_only(source: str) -> str:
    """The visible words of any HTML, a line for each block; linear in its length."""
    shown = TAG.sub("", CELL_TAG.sub(" ", LINE_TAG.sub("\n", "".join(_shown(source.replace("\n", " "))))))
    spaced = WHITE_SPACE_IN_LINE.sub(" ", html.unescape(shown).translate(INVISIBLE))
    return EMPTY_LINES.sub("\n", spaced).strip()


def _shown(source: str) -> Iterator[str]:
    """The source without the elements that are dropped with what they hold."""
    start, dropped = 0, ""
    for match in DROPPED_TAG.finditer(source):
        is_end, name = match[1] == "/", match[2].lower()
        if not dropped and not is_end:
            yield source[start : match.start()]
            dropped = name
        elif is_end and name == dropped:
            start, dropped = match.end(), ""
    if not dropped:
        yield source[start:]


class TooComplex(Exception):
    """The HTML is deeper than the limits, or a tag or comment has no end."""


@dataclass
class Element:
    """An open element with what it inherits: its text has `marks` and links to `href`, its lines have a `prefix`."""

    name: str
    marks: tuple[str, ...] = ()
    href: str = ""
    prefix: str = ""
    marker: str = ""  # of a list item, in place of the end of the prefix of its first line
    number: int = 1  # of a list: its next item's
    is_tight: bool = False  # in list items and cells a paragraph is a line
    code: list[str] | None = None  # what stands in a <pre>


class Run(NamedTuple):
    """Text of one kind within a line; `marks` as typed before it, `` ` `` for code."""

    text: str
    marks: str = ""
    href: str = ""


class Reader(HTMLParser):
    """Reads HTML from front to back, with a stack of open elements and no recursion, into `lines`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.open = [Element("html")]
        self.unmarked: list[Element] = []  # open list items without a line yet
        self.runs: list[Run] = []
        self.gap = 0  # line ends owed before the next line: 1 a new line, 2 a new paragraph
        self.last_prefix = ""
        self.dropped = ""

    def feed(self, data: str) -> None:
        super().feed(data)
        if len(self.rawdata) > UNFINISHED_LIMIT:
            raise TooComplex

    def close(self) -> None:
        super().close()
        self._close_until(1)
        self._break(1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.dropped:
            return
        given = {name: value or "" for name, value in attrs}
        if tag in DROPPED:
            self.dropped = tag
        elif tag in VOID:
            self._read_void(tag, given)
        else:
            self._end_implied(tag)
            self._separate(tag)
            self._open(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if self.dropped:
            self.dropped = "" if tag == self.dropped else self.dropped
            return
        for index in range(len(self.open) - 1, 0, -1):
            if self.open[index].name == tag:
                self._close_until(index)
                return

    def handle_data(self, data: str) -> None:
        if self.dropped:
            return
        element = self.open[-1]
        if element.code is not None:
            element.code.append(data)
            return
        text = WHITE_SPACE.sub(" ", data.translate(INVISIBLE))
        if self.runs or text.strip(" "):
            self.runs.append(Run(text, "".join(element.marks), element.href))
        if len(self.runs) > RUNS_LIMIT:
            raise TooComplex

    def _read_void(self, tag: str, given: dict[str, str]) -> None:
        if tag == "br" and self.open[-1].code is not None:
            self.open[-1].code.append("\n")
        elif tag == "br":
            self._break(1 if self.runs or not self.gap else 2)
        elif tag == "hr":
            self._break(2)
            self.handle_data("---")
            self._break(2)
        elif tag == "img" and given.get("alt", "").strip():
            self.handle_data(f"[{given['alt'].strip()}]")

    def _open(self, tag: str, given: dict[str, str]) -> None:
        if len(self.open) > DEPTH_LIMIT:
            raise TooComplex
        element = replace(self.open[-1], name=tag, marker="", number=_whole(given.get("start", "")))
        if tag in CODE:
            element.marks = ("`",)
        elif tag in MARKS and not {MARKS[tag], "`"}.intersection(element.marks):
            element.marks += (MARKS[tag],)
        elif tag == "a" and LINKED.match(given.get("href", "").strip()):
            element.href = given["href"].strip()
        elif tag == "pre":
            element.code = []
        elif tag == "blockquote":
            element.prefix += "> "
        elif tag == "li":
            element.marker = self._marker(given)
            element.prefix += " " * len(element.marker)
            self.unmarked.append(element)
        element.is_tight = element.is_tight or tag == "li" or tag in CELLS
        self.open.append(element)

    def _marker(self, given: dict[str, str]) -> str:
        """What stands before an item of the innermost open list."""
        parent = next((e for e in reversed(self.open) if e.name in ("ol", "ul")), None)
        if parent is None or parent.name == "ul":
            return "- "
        number = _whole(given.get("value", ""), parent.number)
        parent.number = number + 1
        return f"{number}. "

    def _end_implied(self, tag: str) -> None:
        ended, stops = IMPLIED_ENDS.get(tag, (frozenset(), frozenset()))
        for index in range(len(self.open) - 1, 0, -1):
            if self.open[index].name in stops:
                return
            if self.open[index].name in ended:
                self._close_until(index)
                return

    def _close_until(self, index: int) -> None:
        """End the open elements down to `index`, innermost first."""
        while len(self.open) > index:
            element = self.open[-1]
            if element.name == "pre" and element.code:
                self._write_code("".join(element.code))
            self._separate(element.name)
            self.open.pop()
            if self.unmarked and self.unmarked[-1] is element:
                self.unmarked.pop()

    def _separate(self, tag: str) -> None:
        """What a block's edge does to the line; a cell goes on in its row's line if it can."""
        if tag in PARAGRAPHS:
            self._break(1 if self.open[-1].is_tight else 2)
        elif tag in LINES:
            self._break(1)
        elif tag in CELLS and self.runs and self.open[-1].name not in CELLS:
            self.runs.append(Run(" | "))

    def _break(self, gap: int) -> None:
        """End the line, if one was begun; before the next there shall be at least `gap` line ends."""
        line = composed(self.runs)
        self.runs = []
        if line:
            self._write(line)
            self.gap = 0
        self.gap = max(self.gap, gap)

    def _write(self, line: str) -> None:
        prefix = rest = self.open[-1].prefix
        if len(prefix) > PREFIX_LIMIT:
            raise TooComplex
        if self.unmarked:
            item = self.unmarked[-1]
            end = len(item.prefix)
            prefix = rest[: end - len(item.marker)] + item.marker + rest[end:]
            self.unmarked.clear()
        if self.lines and self.gap > 1:
            self.lines.append(_shared(self.last_prefix, rest).rstrip())
        self.lines.append(prefix + line)
        self.last_prefix = rest

    def _write_code(self, code: str) -> None:
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
        self._break(1)
        for line in (fence, *code.strip("\n").split("\n"), fence):
            self._write(line)
            self.gap = 1


def composed(runs: Sequence[Run]) -> str:
    """The runs as one typed line: marks where the markup would read them, links with their address."""
    line = ""
    groups = [(href, list(group)) for href, group in groupby(_tidy(runs), key=attrgetter("href"))]
    for number, (href, group) in enumerate(groups):
        after = groups[number + 1][1][0].text[0] if number + 1 < len(groups) else " "
        line += _link(_marked(group, "[", "]"), href) if href else _marked(group, line[-1:] or " ", after)
    return line.strip()


def _tidy(runs: Sequence[Run]) -> list[Run]:
    """The same text without doubled spaces, with the spaces outside the marks and neighbours of one kind joined."""
    tidy: list[Run] = []
    for run in runs:
        text = run.text.lstrip(" ") if not tidy or tidy[-1].text.endswith(" ") else run.text
        words = text.strip(" ")
        left, right = text[: len(text) - len(text.lstrip(" "))], text[len(text.rstrip(" ")) :]
        for part, marks in ((left, ""), (words, run.marks), (right if words else "", "")):
            if part and tidy and (tidy[-1].marks, tidy[-1].href) == (marks, run.href):
                tidy[-1] = Run(tidy[-1].text + part, marks, run.href)
            elif part:
                tidy.append(Run(part, marks, run.href))
    return tidy


def _marked(runs: Sequence[Run], before: str, after: str) -> str:
    """The runs with their marks, which are left out where the markup would show them instead of reading them."""
    line = ""
    for number, run in enumerate(runs):
        previous = line[-1:] or before
        following = runs[number + 1].text[0] if number + 1 < len(runs) else after
        if run.marks == "`":
            line += _code(run.text)
        elif run.marks and _is_read(run, previous, following):
            line += run.marks + run.text + run.marks[::-1]
        else:
            line += run.text
    return line


def _is_read(run: Run, previous: str, following: str) -> bool:
    is_ambiguous = any(mark in run.text for mark in "*~`")
    return not is_ambiguous and can_open(previous, run.text[0]) and can_close(run.text[-1], following)


def _shared(prefix: str, other: str) -> str:
    """What two lines of the same quotes and lists begin with."""
    return "".join(a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(prefix, other, strict=False)))


def _code(text: str) -> str:
    if "`" not in text:
        return f"`{text}`"
    marks = "`" * (1 + max(map(len, re.findall("`+", text))))
    return f"{marks} {text} {marks}"


def _link(label: str, href: str) -> str:
    """The label with its address, or the address alone where the label says the same."""
    url = re.sub(r"[\s<>()\[\]\\]", lambda match: f"%{ord(match[0]):02X}" if match[0].isascii() else "", href)
    text = label.strip()
    left, right = label[: len(label) - len(label.lstrip())], label[len(label.rstrip()) :]
    if len(url) > URL_LIMIT or url == f"mailto:{text}":
        return label
    if text in ("", url, url.removesuffix("/")):
        return left + url + right
    return f"{left}{text} ({url}){right}" if re.search(r"[\[\]]", text) else f"{left}[{text}]({url}){right}"


def _whole(value: str, default: int = 1) -> int:
    """The number of a list item as given; a list's numbers have nine digits at most."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else default
