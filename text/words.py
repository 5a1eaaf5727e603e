"""Plain words: what people typed, in the one form that the database compares."""

import re
import unicodedata

# Invisible characters that change how a line reads: bidi controls, zero-width marks, the byte-order mark.
INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x061C, 0xFEFF, 0x180E], None
)

# What no page shows and no database keeps: control characters other than line end and tab, halves of surrogate pairs.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def normalised(value: str) -> str:
    """The form in which names that must be unique are stored: NFC, casefolded, trimmed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", value.strip()).casefold())


def one_line(value: str) -> str:
    """A value safe for a subject, a name or a mail header: one line, no control or invisible characters."""
    printable = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in value.translate(INVISIBLE))
    return " ".join(unicodedata.normalize("NFC", printable).split())


def printable(value: str) -> str:
    """Text of several lines as typed: line ends of every kind become one kind, other control characters go."""
    return CONTROL.sub("", "\n".join(value.splitlines()))
