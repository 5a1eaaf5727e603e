"""Safe HTML from what people write. Render once, on saving, and store it beside RENDERER_VERSION."""

from collections.abc import Iterator, Mapping, Sequence

import nh3
from django.utils.html import linebreaks
from django.utils.text import Truncator
from markdown_it.token import Token

from text.grammar import SCHEMES, MessageMarkup, is_too_deep
from text.words import printable

RENDERER_VERSION = 1
# Characters. A longer message is shown as typed, without markup.
MESSAGE_LIMIT = 50_000
# Asterisks, brackets, backticks and tildes: who types more does not mean them, and each costs time.
MARKS_LIMIT = 5_000

ALLOWED_TAGS = {"p", "br", "strong", "em", "s", "ul", "ol", "li", "a", "code", "pre", "blockquote", "img"}
ALLOWED_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "li": {"value"}, "img": {"alt"}}

MARKUP = MessageMarkup()


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


def plain(body: str, length: int | None = None) -> str:
    """The message as one line for lists and mails, its marks dropped; at most `length` characters."""
    text = printable(body)
    if length is not None:
        text = text[: length * 4]
    tokens = _parsed(text, {})
    line = " ".join((text if tokens is None else "".join(_visible(tokens))).split())
    return line if length is None else Truncator(line).chars(length)


def _parsed(text: str, pictures: Mapping[int, str]) -> list[Token] | None:
    """The markup of a text, or None where it goes beyond what is parsed."""
    if len(text) > MESSAGE_LIMIT or sum(map(text.count, "*[`~")) > MARKS_LIMIT:
        return None
    tokens = MARKUP.parse(text, {"pictures": pictures})
    return None if is_too_deep(tokens) else tokens


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
