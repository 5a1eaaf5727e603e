"""What the first bytes of a file say it is, whatever its name."""

import codecs
import re

import filetype

HEAD = 8192

PLAIN, OLE, ZIP = "text/plain", "application/x-ole-storage", "application/zip"
UNKNOWN = "application/octet-stream"

OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TNEF_START = b"\x78\x9f\x3e\x22"
# Contents that a text editor opens too.
WRITTEN_STARTS = (
    ("%PDF-", "application/pdf"),
    ("{\\rtf", "application/rtf"),
    ("%!PS", "application/postscript"),
)
SVG_STARTS = ("<?xml", "<svg", "<!doctype svg", "<!--")
HTML_START = re.compile(
    r"<(!--|!doctype html|html|head|body|title|style|script|iframe|img|table|div|h1|p>|br|a\s)", re.IGNORECASE
)
# The library's words for some of our types.
SAME_AS = {
    "image/apng": "image/png",
    "video/x-m4v": "video/mp4",
    "audio/x-wav": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/x-aiff": "audio/aiff",
    "application/x-rar-compressed": "application/vnd.rar",
    "application/x-sqlite3": "application/vnd.sqlite3",
}


def beginning_of_text(head: bytes) -> str | None:
    """`head` as text when it is text in UTF-8, UTF-16 with its mark, or Windows' western code page; else None."""
    is_marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ["utf-16"] if is_marked else ["utf-8-sig", "cp1252"]:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
        return None if any(c < " " and c not in "\t\n\v\f\r\x1b" for c in text) else text
    return None


def seen_type(head: bytes, text: str | None) -> str:
    """The content type; `text` is what `head` reads as, or None when it is not text."""
    if text is not None:
        return _written_type(text)
    if head.startswith(OLE_START):
        return OLE
    if head.startswith(TNEF_START):
        return "application/vnd.ms-tnef"
    guess = filetype.guess(head)
    return SAME_AS.get(guess.mime, guess.mime) if guess else UNKNOWN


def _written_type(text: str) -> str:
    for start, content_type in WRITTEN_STARTS:
        if text.startswith(start):
            return content_type
    markup = text.lstrip().lower()
    if not markup.startswith("<"):
        return PLAIN
    if markup.startswith(SVG_STARTS) and "<svg" in markup:
        return "image/svg+xml"
    if HTML_START.match(markup) or "<html" in markup:
        return "text/html"
    return "text/xml" if markup.startswith("<?xml") else PLAIN
