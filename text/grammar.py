"""The light markup of messages: a small part of Markdown, told apart from what people merely type.

Quotes (`>`), lists (`- `, `* `, `1. `), code (backticks), `**bold**`, `*italic*`, `~~struck~~`, `[text](address)`,
bare addresses and pasted pictures. Everything else stays as typed: paths, `2*3*4`, `snake_case`, `#12`, `---`, `1)`,
`2024. `, `|`, `&amp;`, `<b>`, indentation and every line break.
"""

import re
from collections.abc import MutableMapping, Sequence
from typing import Any

import nh3
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, list_block
from markdown_it.rules_block.fence import make_fence_rule
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, link
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

# Blocks inside blocks; the parser drops what lies deeper, so who renders must look at `is_too_deep`.
MAX_DEPTH = 30

# Characters. Longer lines get no links: the time of looking for them grows with the square of the length.
LINKED_LINE_LIMIT = 4_000

SCHEMES = {"http", "https", "mailto"}
LINKED = re.compile(r"https?://|mailto:", re.IGNORECASE)
# Within the portal: a page of it, or a place on the same page. A second slash would lead to another host.
WITHIN = re.compile(r"(?:/(?![/\\])|#)[^\\\s]*")
PICTURE_OF_ARTICLE = re.compile(r"imagen:([a-z0-9][a-z0-9._-]{0,119})")
# The sanitizer drops addresses that no browser would open; those stay text.
LINK = nh3.Cleaner(tags={"a"}, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel=None)
LIST_ITEM = re.compile(r"(?:[-*]|(?:0|[1-9]\d{0,2})\.)[ \t]+(?![-*]\s)\S")
PICTURE = re.compile(r"!\[([^\[\]\n]{0,200})\]\(adjunto:(\d{1,6})\)")
OPENING = frozenset("([{<«“‘¿¡")
CLOSING = frozenset(")]}>»”’?!.,;:…")
EITHER = frozenset("\"'—~")


class Linking(MarkdownIt):
    """A parser whose links lead to the web or to an e-mail program, as they were typed."""

    def normalizeLink(self, url: str) -> str:
        return super().normalizeLink(f"https://{url}" if url.lower().startswith("www.") else url)

    def normalizeLinkText(self, link: str) -> str:
        return link

    def validateLink(self, url: str) -> bool:
        return LINKED.match(url) is not None and LINK.clean(f'<a href="{escapeHtml(url)}"></a>') != "<a></a>"


class MessageMarkup(Linking):
    """The parser and renderer of messages. It keeps no state between calls; `env["pictures"]` maps number to URL."""

    def __init__(self) -> None:
        super().__init__("zero", {"linkify": True, "breaks": True, "maxNesting": MAX_DEPTH})
        self.block.ruler.at("fence", make_fence_rule(markers=("`",)), {"alt": ["paragraph", "blockquote", "list"]})
        self.block.ruler.at("list", typed_list, {"alt": ["paragraph", "blockquote"]})
        self.block.ruler.push("line_outside", line_outside, {"alt": ["paragraph", "blockquote"]})
        self.inline.ruler.at("emphasis", emphasis)
        self.inline.ruler.at("link", addressed_link)
        self.inline.ruler.before("link", "picture", picture)
        self.core.ruler.push("numbers", keep_numbers)
        self.core.ruler.enable("linkify")
        self.block.ruler.enable(["blockquote", "fence", "list"])
        self.inline.ruler.enable(["newline", "backticks", "strikethrough", "emphasis", "link"])
        self.inline.ruler2.enable(["strikethrough", "emphasis"])
        self.add_render_rule("fence", render_fence)
        self.linkify = Addresses()


class ArticleMarkup(Linking):
    """The parser and renderer of what staff write: Markdown with tables, without HTML and pictures."""

    def __init__(self) -> None:
        super().__init__("js-default", {"html": False, "linkify": True, "maxNesting": MAX_DEPTH})
        self.disable("image")
        self.linkify = Addresses()


class HelpMarkup(ArticleMarkup):
    """The same for help articles, which also lead to one another and show pictures of their own (`imagen:menu.png`)."""

    def __init__(self) -> None:
        super().__init__()
        self.enable("image")

    def validateLink(self, url: str) -> bool:
        is_ours = WITHIN.fullmatch(url) or PICTURE_OF_ARTICLE.fullmatch(url)
        return is_ours is not None or super().validateLink(url)


class Addresses(LinkifyIt):
    """Bare addresses that become links: `http:`, `https:`, `mailto:`, `www.` and e-mail; `script.py` names a file."""

    def __init__(self) -> None:
        super().__init__(options={"fuzzy_link": False})
        www = re.compile(r"^(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,63}(?![\w-])" + self.re["src_path"], re.IGNORECASE)
        self.add("//", None).add("ftp:", None).add("www.", {"validate": www})
        self.tlds(["cat", "eus", "gal"], keep_old=True)

    def test(self, text: str) -> bool:
        return len(text) <= LINKED_LINE_LIMIT and super().test(text)


def is_too_deep(tokens: Sequence[Token]) -> bool:
    """Whether blocks (of which the parser may have dropped the deeper ones) or marks inside marks go too deep."""
    return any(
        token.level >= MAX_DEPTH - 1 or any(child.level > MAX_DEPTH for child in token.children or ())
        for token in tokens
    )


def typed_list(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A list begins with `- `, `* ` or a short number and a full stop: not `+ 34 600`, `1)`, `2024.` or `- - -`."""
    start = state.bMarks[start_line] + state.tShift[start_line]
    if not LIST_ITEM.match(state.src, start, state.eMarks[start_line]):
        return False
    return list_block(state, start_line, end_line, silent)


def line_outside(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A line typed below a quote or a list without its mark is no part of it (asked of interrupting lines only)."""
    return silent and (state.parentType == "blockquote" or state.sCount[start_line] < state.blkIndent)


def emphasis(state: StateInline, silent: bool) -> bool:
    """Asterisks mark a phrase when they stand at its edges: `2*3*4`, `*.txt`, `(*)` and `***1234**` stay as typed."""
    if silent or state.src[state.pos] != "*":
        return False
    end = state.pos
    while end < state.posMax and state.src[end] == "*":
        end += 1
    before = state.src[state.pos - 1] if state.pos else " "
    after = state.src[end] if end < state.posMax else " "
    length = end - state.pos
    last = state.delimiters[-1] if state.delimiters else None
    is_shorter_than_opened = last is not None and last.open and last.marker == ord("*") and last.length > length
    opens = can_open(before, after)
    closes = can_close(before, after) and not is_shorter_than_opened
    for _mark in range(length):
        state.push("text", "", 0).content = "*"
        state.delimiters.append(Delimiter(ord("*"), length, len(state.tokens) - 1, end=-1, open=opens, close=closes))
    state.pos = end
    return True


def can_open(before: str, after: str) -> bool:
    """Whether asterisks between these two characters may begin a marked phrase."""
    return (before.isspace() or before in OPENING | EITHER) and not (after.isspace() or after in CLOSING)


def can_close(before: str, after: str) -> bool:
    """Whether asterisks between these two characters may end a marked phrase."""
    return (after.isspace() or after in CLOSING | EITHER) and not (before.isspace() or before in OPENING)


def addressed_link(state: StateInline, silent: bool) -> bool:
    """`[text](address)`; `[text]()` leads nowhere and stays as typed."""
    start = state.pos
    if not link(state, True):
        return False
    is_empty = state.src[start : state.pos - 1].rstrip().endswith("](")
    if silent and not is_empty:
        return True
    state.pos = start
    return not is_empty and link(state, False)


def picture(state: StateInline, silent: bool) -> bool:
    """`![text](adjunto:3)`: the pasted picture number 3, or `[text]` where there is none."""
    match = PICTURE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        url = state.env.get("pictures", {}).get(int(match[2]))
        if url is None:
            state.append_pending(f"[{match[1]}]")
        else:
            token = state.push("picture", "img", 0)
            token.content = match[1]
            token.attrs = {"src": url, "alt": match[1], "class": "pasted", "loading": "lazy"}
    state.pos = match.end()
    return True


def keep_numbers(state: StateCore) -> None:
    """Who answers points 3 and 5 sees a 3 and a 5, not a 3 and a 4."""
    for token in state.tokens:
        if token.type == "list_item_open" and token.info:
            token.attrs["value"] = int(token.info)


def render_fence(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """A block of code; what was typed after the opening backticks stands above it."""
    caption = tokens[index].info.strip()
    above = f"<p>{escapeHtml(caption)}</p>\n" if caption else ""
    return f"{above}<pre><code>{escapeHtml(tokens[index].content)}</code></pre>\n"
