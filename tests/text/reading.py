"""What a reader sees of a piece of HTML, found by a parser and not by patterns."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

WORD = re.compile(r"[^\W_]+")


class Seen(HTMLParser):
    """The text, with the numbers of list items, the names of pictures and, if asked, where links go; and every tag."""

    def __init__(self, html: str, *, with_links: bool = False) -> None:
        super().__init__()
        self.with_links = with_links
        self.text = ""
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.links: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        self.text += f" {given.get('alt', '')} {given.get('value', '')} "
        if tag == "a" and self.with_links:
            self.links.append(f" {unquote(given.get('href', ''))} {given.get('title', '')} ")

    def handle_endtag(self, tag):
        self.text += self.links.pop() if tag == "a" and self.with_links else " "

    def handle_data(self, data):
        self.text += data


def words_of(text: str) -> list[str]:
    return [word.lstrip("0") for word in WORD.findall(text.replace("\u00ad", ""))]


def lost_words(typed: str, html: str) -> list[str]:
    """The words of `typed` that do not stand in the page in the same order."""
    seen = iter(words_of(Seen(html, with_links=True).text))
    return [word for word in words_of(typed) if word not in seen]


def unsafe_marks(html: str) -> list[str]:
    """Tags, attributes and addresses that no message may have."""
    harmless = {
        "a": {"href", "title", "rel"},
        "ol": {"start"},
        "li": {"value"},
        "img": {"src", "alt", "class", "loading"},
        **{tag: set() for tag in ("p", "br", "strong", "em", "s", "ul", "code", "pre", "blockquote")},
    }
    found = []
    for tag, given in Seen(html).tags:
        found += [tag] if tag not in harmless else [f"{tag} {name}" for name in given.keys() - harmless[tag]]
        if tag == "a" and not given.get("href", "").lower().startswith(("http://", "https://", "mailto:")):
            found.append(f"a href={given.get('href')}")
        if tag == "a" and given.get("rel") != "noopener noreferrer nofollow":
            found.append("a without rel")
    return found
