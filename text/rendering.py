"""Safe HTML from what people write. Render once, on saving, and store it beside RENDERER_VERSION."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote

import nh3
from django.utils.html import escape, linebreaks, strip_tags
from django.utils.text import Truncator, slugify
from markdown_it.token import Token

from text.grammar import PICTURE_OF_ARTICLE, SCHEMES, ArticleMarkup, HelpMarkup, MessageMarkup, is_too_deep
from text.words import printable

RENDERER_VERSION = 1
# Characters. A longer message is shown as typed, without markup.
MESSAGE_LIMIT = 50_000
# Asterisks, brackets, backticks and tildes: who types more does not mean them, and each costs time.
MARKS_LIMIT = 5_000

ALLOWED_TAGS = {"p", "br", "strong", "em", "s", "ul", "ol", "li", "a", "code", "pre", "blockquote", "img"}
ALLOWED_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "li": {"value"}, "img": {"alt"}}

# What staff write in notes and guides may also hold.
ARTICLE_TAGS = (ALLOWED_TAGS - {"img"}) | {
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
ARTICLE_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
HEADING = re.compile(r"h([1-6])")
LOWEST_HEADING = 6
# Help articles have pictures, and headings to which one can be led.
HELP_TAGS = ARTICLE_TAGS | {"img"}
HELP_ATTRIBUTES = ARTICLE_ATTRIBUTES | {"img": {"alt"}} | {f"h{level}": {"id"} for level in range(2, 7)}
# In sanitised HTML, where nothing else begins like one.
TAG = re.compile(r"""<(?:"[^"]*"|[^">])*>""")
ANCHORED = re.compile(r'<h(?P<level>[2-6]) id="(?P<anchor>[^"]+)">(?P<words>.*?)</h(?P=level)>', re.DOTALL)

MARKUP = MessageMarkup()
ARTICLE = ArticleMarkup()
HELP = HelpMarkup()

# As the second wall writes them: quotes around every value, and no quote inside one.
LINK = re.compile(r'<a href="(?P<address>[^"]*)"[^>]*>(?P<words>.*?)</a>', re.DOTALL)
LINK_WITHIN = re.compile(r'<a href="(/[^"#?]*)')
LATER = re.compile(r'(<img\b[^>]*) loading="lazy"')


def message_html(body: str, pictures: Mapping[int, str] | None = None) -> str:
    """The HTML of a message as typed; `pictures` are the URLs of the pasted pictures `![…](adjunto:number)`.

    A message that is too long, too deeply nested or all marks is shown without markup, line by line.
    """
    pictures = pictures or {}
    text = printable(body)
    tokens = _parsed(text, pictures)
    if tokens is None:
        return _clean(linebreaks(text, autoescape=True), pictures)
    return _clean(MARKUP.renderer.render(tokens, MARKUP.options, {}), pictures)


def article_html(body: str, *, top: int = 2) -> str:
    """The HTML of a text by staff: full Markdown without HTML and pictures; its highest heading is of level `top`.

    What is too long, too deeply nested or all marks is shown as it was typed.
    """
    text = printable(body)
    tokens = ARTICLE.parse(text) if _is_parsed(text) else None
    if tokens is None or is_too_deep(tokens):
        html = linebreaks(text, autoescape=True)
    else:
        html = ARTICLE.renderer.render([_below(token, top) for token in tokens], ARTICLE.options, {})
    return nh3.clean(
        html,
        tags=ARTICLE_TAGS,
        attributes=ARTICLE_ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a help article: where it stands on the page, and how deep, 2 being the highest."""

    level: int
    anchor: str
    words: str


def help_html(body: str, pictures: Mapping[str, str] | None = None) -> str:
    """The HTML of a help article: full Markdown without HTML, with an anchor at each heading, the highest of which is
    of level 2. `pictures` are the URLs of its pictures `![…](imagen:name)`; of others only the words are shown.
    """
    pictures = pictures or {}
    text = printable(body)
    tokens = HELP.parse(text) if _is_parsed(text) else None
    if tokens is None or is_too_deep(tokens):
        html = linebreaks(text, autoescape=True)
    else:
        _anchor(tokens)
        _show_pictures(tokens, pictures)
        html = HELP.renderer.render(tokens, HELP.options, {})
    return nh3.clean(
        html,
        tags=HELP_TAGS,
        attributes=HELP_ATTRIBUTES,
        tag_attribute_values={
            "img": {"src": set(pictures.values()), "class": {"shown"}, "loading": {"lazy"}},
        },
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )


def headings(html: str) -> list[Heading]:
    """The headings of a help article, in their order."""
    found = ANCHORED.finditer(html)
    return [Heading(int(each["level"]), each["anchor"], unescape(strip_tags(each["words"]))) for each in found]


def without_anchors(html: str) -> str:
    """The HTML of a help article for a page that holds several."""
    return ANCHORED.sub(r"<h\g<level>>\g<words></h\g<level>>", html)


def links_within(html: str) -> set[str]:
    """The addresses of the portal itself to which rendered HTML leads."""
    return {unescape(link) for link in LINK_WITHIN.findall(html)}


def words_of(html: str) -> str:
    """What rendered HTML says, as one line without marks."""
    return " ".join(unescape(TAG.sub("", html)).split())


def _anchor(tokens: Sequence[Token]) -> None:
    """Headings from level 2 on, each with an address of its own that its words make."""
    opened = [index for index, token in enumerate(tokens) if token.type == "heading_open"]
    top = min((int(tokens[index].tag[1]) for index in opened), default=1)
    taken: set[str] = set()
    for index in opened:
        words = "".join(child.content for child in tokens[index + 1].children or ())
        name = stem = f"ap-{slugify(words)[:60] or 'apartado'}"
        number = 1
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name)
        tokens[index].attrs["id"] = name
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) - top + 2, LOWEST_HEADING)}"


def _show_pictures(tokens: Sequence[Token], pictures: Mapping[str, str]) -> None:
    for child in (child for token in tokens for child in token.children or () if child.type == "image"):
        name = PICTURE_OF_ARTICLE.fullmatch(str(child.attrs["src"]))
        url = pictures.get(name[1]) if name else None
        if url is None:
            child.type, child.tag, child.content, child.children = "text", "", f"[{child.content}]", None
        else:
            child.attrs |= {"src": url, "class": "shown", "loading": "lazy"}


def article_line(body: str, length: int) -> str:
    """A text by staff as one line for mails and lists, its marks dropped; at most `length` characters."""
    return Truncator(" ".join(unescape(strip_tags(article_html(body))).split())).chars(length)


def _below(token: Token, top: int) -> Token:
    """A heading so far down that those of the page stand above it."""
    if heading := HEADING.fullmatch(token.tag):
        token.tag = f"h{min(int(heading[1]) + top - 1, LOWEST_HEADING)}"
    return token


def plain(body: str, length: int | None = None) -> str:
    """The message as one line for lists and mails, its marks dropped; at most `length` characters."""
    text = printable(body)
    if length is not None:
        text = text[: length * 4]
    tokens = _parsed(text, {})
    line = " ".join((text if tokens is None else "".join(_visible(tokens))).split())
    return line if length is None else Truncator(line).chars(length)


def on_paper(html: str) -> str:
    """The HTML of a message to be printed: a link says where it leads, and pictures do not wait to be scrolled to."""
    return LATER.sub(r"\1", LINK.sub(_link_on_paper, html))


def _link_on_paper(link: re.Match) -> str:
    address, words = unquote(unescape(link["address"])), unquote(unescape(strip_tags(link["words"])))
    if address.removeprefix("mailto:").removeprefix("https://") in (words, words.removeprefix("https://")):
        return link[0]
    return f'{link[0]} <span class="address">({escape(unescape(link["address"]))})</span>'


def _parsed(text: str, pictures: Mapping[int, str]) -> list[Token] | None:
    """The markup of a text, or None where it goes beyond what is parsed."""
    if not _is_parsed(text):
        return None
    tokens = MARKUP.parse(text, {"pictures": pictures})
    return None if is_too_deep(tokens) else tokens


def _is_parsed(text: str) -> bool:
    return len(text) <= MESSAGE_LIMIT and sum(map(text.count, "*[`~")) <= MARKS_LIMIT


def _visible(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "list_item_open" and token.info:
            yield f"{token.info}. "
        elif token.type == "fence":
            yield f"{token.info} {token.content}"
        for child in token.children or ():
            yield "\n" if child.type in ("softbreak", "hardbreak") else child.content
        yield "\n"


def _clean(html: str, pictures: Mapping[int, str]) -> str:
    """A second wall: whatever the markup made, only these tags, attributes and addresses leave."""
    return nh3.clean(
        html,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        tag_attribute_values={
            "img": {"src": set(pictures.values()), "class": {"pasted"}, "loading": {"lazy"}},
        },
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
