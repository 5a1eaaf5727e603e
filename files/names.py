"""The name that a person gave to a file. It is data for pages and headers, never a path on our disk."""

import unicodedata

LONGEST = 120
LONGEST_EXTENSION = 15
NAMELESS = "archivo"

# Controls, bidi and zero-width marks, halves of surrogate pairs, line and paragraph separators.
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def canonical(name: str) -> str:
    """The one form in which a name is judged, stored and sent: at most 120 characters on one line, never empty.

    Of a path only its last part stays, in NFC, without invisible characters and without the dots and spaces
    at the end that Windows drops. A long name loses its middle and keeps its extension.
    """
    seen = "".join(c for c in _last_part(name) if unicodedata.category(c) not in UNSEEN)
    line = " ".join(unicodedata.normalize("NFC", seen).split()).rstrip(". ")
    return _shortened(line) or NAMELESS


def extension(name: str) -> str:
    """What follows the last dot of a canonical name, in lower case and without the dot; "" when it has none.

    Digits alone, as in "Captura 18.44.58", and words after a space are part of the name.
    """
    _stem, dot, last = name.rpartition(".")
    is_one = dot and last.isascii() and not last.isdigit() and " " not in last and len(last) <= LONGEST_EXTENSION
    return last.lower() if is_one else ""


def with_extension(name: str, new: str) -> str:
    """The canonical name of a copy of the file in another format."""
    old = extension(name)
    stem = name[: -len(old) - 1] if old else name
    return canonical(f"{stem}.{new}")


def _last_part(path: str) -> str:
    parts = [part for part in path.replace("\\", "/").split("/") if part.strip()]
    return parts[-1] if parts else ""


def _shortened(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    ending = extension(name)
    if not ending:
        return name[:LONGEST].rstrip(". ")
    return f"{name[: LONGEST - len(ending) - 1]}.{name[-len(ending) :]}"
