"""From Markdown, reStructuredText and HTML to the Markdown of articles. What comes is not trusted: HTML is sanitised
here, and whatever is written is rendered like any other article."""

import re
from collections.abc import Callable
from typing import Any

import nh3
from django.utils.translation import gettext as _
from docutils import nodes
from docutils.core import publish_doctree, publish_from_doctree
from docutils.parsers.rst import Directive, directives, roles
from markdown_it import MarkdownIt
from markdownify import MarkdownConverter

from knowledge.importing.sources import Refused, Source
from text.search import bare

# How links that reStructuredText writes by name are marked until it is known where they lead.
BY_LABEL, BY_DOCUMENT = "ref:", "doc:"
TAGS = {
    "a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p", "pre", "s", "samp", "section", "span", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}}
# Elements that go with what they hold.
DROPPED = {"script", "style", "title", "iframe", "object", "svg", "math", "template", "form", "noscript"}
SCHEMES = {"http", "https", "mailto", "ref", "doc"}
IN_CODE = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?(?:^(?P=fence)|\Z)|`[^`\n]+`", re.DOTALL | re.MULTILINE)
HTML = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>|<!--")
HEADING = re.compile(r"\A\s*#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")
KEYS = re.compile(r"</kbd>\s*<kbd[^>]*>")
MARKS = re.compile(r"[*_`]|\\(?=\W)")
EMPTY_LINES = re.compile(r"\n{3,}")

WITH_HTML = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class Converter(MarkdownConverter):
    """Keys are code, and what is explained stands below its name: the Markdown of articles knows no other way."""

    def convert_kbd(self, el, text, parent_tags):
        return self.convert_code(el, text, parent_tags)  # type: ignore[attr-defined]  # made by the library

    def convert_dt(self, el, text, parent_tags):
        return f"\n\n**{plain(text)}**\n\n" if text.strip() else ""

    def convert_dd(self, el, text, parent_tags):
        return f"\n\n{text.strip()}\n\n"


def to_markdown(source: Source) -> tuple[str, str]:
    """Title and text of an article. The title is what the file says, else its first heading, else its name. Raises
    Refused."""
    if source.format == "rst":
        text = from_html(html_of_rst(source.body))
    elif source.format == "html":
        text = from_html(source.body)
    else:
        text = from_markdown(source.body)
    title = source.title
    heading = HEADING.match(text)
    if heading and (not title or bare(plain(heading[1])) == bare(plain(title))):
        title, text = title or plain(heading[1]), text[heading.end() :]
    text = EMPTY_LINES.sub("\n\n", text).strip()
    if not text:
        raise Refused(_("It has no text."))
    return plain(title) or source.path.stem, text


def plain(words: str) -> str:
    return " ".join(MARKS.sub("", words).split())


def from_markdown(text: str) -> str:
    """As it is, unless it holds HTML: that is read, sanitised and written as Markdown."""
    return from_html(WITH_HTML.render(text)) if HTML.search(IN_CODE.sub("", text)) else text


def from_html(html: str) -> str:
    clean = nh3.clean(
        KEYS.sub("+", html),
        tags=TAGS,
        attributes=ATTRIBUTES,
        clean_content_tags=DROPPED,
        url_schemes=SCHEMES,
        link_rel=None,
    )
    try:
        return Converter(heading_style="ATX", bullets="-", keep_inline_images_in=["td", "th", "a"]).convert(clean)
    except RecursionError as error:
        raise Refused(_("It is nested too deeply.")) from error


# --- reStructuredText ---

SETTINGS = {
    "_disable_config": True,
    "doctitle_xform": False,
    "docinfo_xform": False,
    "file_insertion_enabled": False,  # no file of this machine gets in
    "raw_enabled": True,  # what is raw is sanitised afterwards
    "halt_level": 5,
    "report_level": 5,
    "initial_header_level": 1,
    "syntax_highlight": "none",
    "smart_quotes": False,
    "embed_stylesheet": False,
    "line_length_limit": 100_000,
}
LINK_WITH_WORDS = re.compile(r"(?P<words>.*?)\s*<(?P<target>[^<>]+)>\s*", re.DOTALL)


def html_of_rst(text: str) -> str:
    try:
        tree = publish_doctree(text, settings_overrides=SETTINGS)
        for node in list(tree.findall(nodes.problematic)):  # names that lead nowhere are words
            node.parent.replace(node, nodes.Text(node.astext().strip("`_|").lstrip(":")))
        for node in list(tree.findall(nodes.system_message)):
            node.parent.remove(node)
        return publish_from_doctree(tree, writer="html5", settings_overrides=SETTINGS).decode()
    except Exception as error:  # the parser raises whatever it stumbles over
        raise Refused(_("It could not be read as reStructuredText.")) from error


def by_name(scheme: str) -> Callable[..., Any]:
    """The role of a link by name: `` :ref:`words <name>` ``."""

    def role(name, rawtext, text, *place, **options):
        found = LINK_WITH_WORDS.fullmatch(text)
        words, target = (found["words"], found["target"]) if found else ("", text)
        shown = words or target.rpartition("/")[2].replace("-", " ")
        return [nodes.reference(rawtext, shown, refuri=f"{scheme}{target}")], []

    return role


def in_words(name, rawtext, text, *place, **options):
    """A role of which the words are enough."""
    found = LINK_WITH_WORDS.fullmatch(text)
    return [nodes.strong(rawtext, found["words"] if found else text)], []


class Contents(Directive):
    """`toctree`: a list of the articles that belong here."""

    has_content = True
    option_spec = {
        **dict.fromkeys(("maxdepth", "caption", "numbered"), directives.unchanged),
        **dict.fromkeys(("hidden", "glob", "titlesonly"), directives.flag),
    }

    def run(self):
        entries = [line.strip() for line in self.content if line.strip() and not line.strip().startswith(":")]
        if not entries or "hidden" in self.options:
            return []
        items = []
        for entry in entries:
            found = LINK_WITH_WORDS.fullmatch(entry)
            words, target = (found["words"], found["target"]) if found else ("", entry)
            shown = words or target.rpartition("/")[2].replace("-", " ").capitalize()
            link = nodes.reference(entry, shown, refuri=f"{BY_DOCUMENT}{target}")
            items.append(nodes.list_item("", nodes.paragraph("", "", link)))
        return [nodes.bullet_list("", *items)]


class Inside(Directive):
    """A frame of another program's, of which only what stands inside counts."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self):
        frame = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, frame)
        return frame.children


class Named(Inside):
    """The same, with its argument above it."""

    def run(self):
        words = self.arguments[0] if self.arguments else ""
        return [nodes.paragraph("", "", nodes.strong("", words)), *super().run()] if words else super().run()


for name in ("only", "tabs", "tab", "hlist", "centered"):
    directives.register_directive(name, Inside)
for name in ("function", "seealso", "versionadded", "versionchanged", "deprecated", "data", "attribute", "option"):
    directives.register_directive(name, Named)
directives.register_directive("toctree", Contents)
for name in ("download", "guilabel", "menuselection", "kbd", "command", "file", "term", "abbr", "numref", "index"):
    roles.register_local_role(name, in_words)
roles.register_local_role("ref", by_name(BY_LABEL))
roles.register_local_role("doc", by_name(BY_DOCUMENT))
