"""Plain words: what people typed, in the one form that the database compares."""

import unicodedata

# Invisible characters that change how a line reads: bidi controls, zero-width marks, the byte-order mark.
INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x061C, 0xFEFF, 0x180E], None
)


def normalised(value: str) -> str:
    """The form in which names that must be unique are stored: NFC, casefolded, trimmed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", value.strip()).casefold())


def one_line(value: str) -> str:
    """A value safe for a subject, a name or a mail header: one line, no control or invisible characters."""
    printable = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in value.translate(INVISIBLE))
    return " ".join(unicodedata.normalize("NFC", printable).split())
