"""What a text says about what was sought: a passage of it, with the words marked."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString

from text.search import bare, telling, tokens

LETTER = r"[^\W_]"
LENGTH = 240  # characters of a passage
BEFORE = 60  # of them before the first word that was sought
# Other forms of a word begin like it, but for so many letters at its end; shorter ones must be written out.
ENDING, SHORTEST_STEM = 2, 4
SHORTEST_BEGINNING = 2


class Plain(dict[int, str]):
    """Each letter without accents and capitals, where that is one letter: a text keeps its length. For `translate`."""

    def __missing__(self, code: int) -> str:
        plain = bare(chr(code))
        self[code] = plain if len(plain) == 1 else chr(code)
        return self[code]


PLAIN = Plain()


def extract(text: str, sought: str, *, length: int = LENGTH) -> SafeString:
    """The passage of a plain text where the sought words stand closest, each in a `<mark>`; else its beginning."""
    found = words_sought(text, sought)
    start = passage(text, [first for first, _last in found], length)
    end = min(start + length, len(text))
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + length // 2)
    shown = marked(text, [(first, last) for first, last in found if start <= first and last <= end], start, end)
    return SafeString(f"{'… ' if start else ''}{shown}{' …' if end < len(text) else ''}")


def highlighted(text: str, sought: str) -> SafeString:
    """The whole of a short text, with the sought words marked."""
    return marked(text, words_sought(text, sought), 0, len(text))


def words_sought(text: str, sought: str) -> list[tuple[int, int]]:
    """Where words of the text begin and end that are forms of one that was sought, whatever their accents."""
    forms = forms_of(sought)
    return [match.span() for match in forms.finditer(text.translate(PLAIN))] if forms else []


@lru_cache(maxsize=256)
def forms_of(sought: str) -> re.Pattern[str] | None:
    """What finds the forms of the words that were sought; None where nothing was. A page asks for it many times."""
    forms = [
        re.escape(stem) + (f"{LETTER}*" if len(stem) >= SHORTEST_BEGINNING else f"(?!{LETTER})")
        for stem in stems_of(sought)
    ]
    return re.compile(f"(?<!{LETTER})(?:{'|'.join(forms)})") if forms else None


def stems_of(sought: str) -> list[str]:
    """How words that are meant begin, without accents and capitals."""
    words = [bare(word) for word in telling(sought) or tokens(sought)]
    return [word if len(word) < SHORTEST_STEM else word[: max(len(word) - ENDING, SHORTEST_STEM)] for word in words]


def passage(text: str, starts: Sequence[int], length: int) -> int:
    """Where the passage begins that holds most of them: at a word, a little before the first."""
    if not starts:
        return 0
    room = length - BEFORE
    close = [(bisect_left(starts, first + room) - number, -first) for number, first in enumerate(starts)]
    best = -max(close)[1]
    if best <= BEFORE:
        return 0
    return text.find(" ", best - BEFORE, best) + 1 or best


def marked(text: str, spans: Sequence[tuple[int, int]], start: int, end: int) -> SafeString:
    """The text from `start` to `end`, escaped, with these stretches marked."""
    pieces, at = [], start
    for first, last in spans:
        pieces.append(f"{escape(text[at:first])}<mark>{escape(text[first:last])}</mark>")
        at = last
    return SafeString("".join([*pieces, escape(text[at:end])]))
