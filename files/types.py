"""What a file is. Its content decides; its name only says which of the types with that content it is."""

from dataclasses import dataclass
from pathlib import Path

from django.db import models
from django.utils.translation import gettext_lazy as _

from files import bombs, content, names, programs
from files.content import OLE, PLAIN, ZIP


class Kind(models.TextChoices):
    """What a page does with a file: only the first three are ever shown in place."""

    PICTURE = "picture", _("picture")
    PDF = "pdf", _("PDF document")
    VIDEO = "video", _("video")
    AUDIO = "audio", _("sound")
    DOCUMENT = "document", _("document")
    ARCHIVE = "archive", _("compressed file")
    TEXT = "text", _("text")
    OTHER = "other", _("other")


SHOWN = frozenset({Kind.PICTURE, Kind.PDF, Kind.VIDEO})


@dataclass(frozen=True)
class FileType:
    """`carriers` are the types that its content also looks like: a document of Word is a zip."""

    content_type: str
    kind: Kind
    label: str
    extensions: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    is_active: bool = False


def _type(content_type, kind, label, extensions="", *carriers, is_active=False):
    return FileType(content_type, kind, label, tuple(extensions.split()), carriers, is_active)


OOXML, ODF = "application/vnd.openxmlformats-officedocument", "application/vnd.oasis.opendocument"
DOCX, XLSX = f"{OOXML}.wordprocessingml.document", f"{OOXML}.spreadsheetml.sheet"
PPTX = f"{OOXML}.presentationml.presentation"
UNKNOWN = _type(content.UNKNOWN, Kind.OTHER, "")

# What is not in this table leaves as application/octet-stream, and so does what a browser would run (`is_active`).
TABLE = (
    _type("image/png", Kind.PICTURE, "PNG", "png"),
    _type("image/jpeg", Kind.PICTURE, "JPEG", "jpg jpeg jpe jfif"),
    _type("image/gif", Kind.PICTURE, "GIF", "gif"),
    _type("image/webp", Kind.PICTURE, "WebP", "webp"),
    _type("application/pdf", Kind.PDF, "PDF", "pdf"),
    _type("video/mp4", Kind.VIDEO, "MP4", "mp4 m4v"),
    _type("video/webm", Kind.VIDEO, "WebM", "webm"),
    # Pictures and films that not every browser shows.
    _type("image/svg+xml", Kind.OTHER, "SVG", "svg", is_active=True),
    _type("image/avif", Kind.OTHER, "AVIF", "avif"),
    _type("image/heic", Kind.OTHER, "HEIC", "heic heif hif"),
    _type("image/tiff", Kind.OTHER, "TIFF", "tif tiff"),
    _type("image/bmp", Kind.OTHER, "BMP", "bmp dib"),
    _type("image/x-icon", Kind.OTHER, "ICO", "ico"),
    _type("image/vnd.adobe.photoshop", Kind.OTHER, "PSD", "psd"),
    _type("image/vnd.dwg", Kind.OTHER, "DWG", "dwg"),
    _type("application/dicom", Kind.OTHER, "DICOM", "dcm"),
    _type("application/postscript", Kind.OTHER, "PostScript", "ps eps ai"),
    _type("video/quicktime", Kind.OTHER, "QuickTime", "mov qt"),
    _type("video/x-msvideo", Kind.OTHER, "AVI", "avi"),
    _type("video/x-matroska", Kind.OTHER, "Matroska", "mkv"),
    _type("video/x-ms-wmv", Kind.OTHER, "WMV", "wmv wma asf"),
    _type("video/mpeg", Kind.OTHER, "MPEG", "mpg mpeg"),
    _type("video/3gpp", Kind.OTHER, "3GP", "3gp"),
    _type("video/x-flv", Kind.OTHER, "FLV", "flv"),
    # Sound.
    _type("audio/mpeg", Kind.AUDIO, "MP3", "mp3"),
    _type("audio/mp4", Kind.AUDIO, "M4A", "m4a"),
    _type("audio/ogg", Kind.AUDIO, "Ogg", "ogg oga opus"),
    _type("audio/wav", Kind.AUDIO, "WAV", "wav"),
    _type("audio/flac", Kind.AUDIO, "FLAC", "flac"),
    _type("audio/aac", Kind.AUDIO, "AAC", "aac"),
    _type("audio/aiff", Kind.AUDIO, "AIFF", "aif aiff"),
    _type("audio/amr", Kind.AUDIO, "AMR", "amr"),
    _type("audio/midi", Kind.AUDIO, "MIDI", "mid midi"),
    # Office: zips, or OLE containers when they are old or have a password.
    _type(DOCX, Kind.DOCUMENT, "Word", "docx", ZIP, OLE),
    _type(f"{OOXML}.wordprocessingml.template", Kind.DOCUMENT, "Word", "dotx", DOCX, ZIP, OLE),
    _type("application/vnd.ms-word.document.macroEnabled.12", Kind.DOCUMENT, "Word", "docm", DOCX, ZIP, OLE),
    _type("application/vnd.ms-word.template.macroEnabled.12", Kind.DOCUMENT, "Word", "dotm", DOCX, ZIP, OLE),
    _type(XLSX, Kind.DOCUMENT, "Excel", "xlsx", ZIP, OLE),
    _type(f"{OOXML}.spreadsheetml.template", Kind.DOCUMENT, "Excel", "xltx", XLSX, ZIP, OLE),
    _type("application/vnd.ms-excel.sheet.macroEnabled.12", Kind.DOCUMENT, "Excel", "xlsm", XLSX, ZIP, OLE),
    _type("application/vnd.ms-excel.template.macroEnabled.12", Kind.DOCUMENT, "Excel", "xltm", XLSX, ZIP, OLE),
    _type("application/vnd.ms-excel.sheet.binary.macroEnabled.12", Kind.DOCUMENT, "Excel", "xlsb", XLSX, ZIP, OLE),
    _type(PPTX, Kind.DOCUMENT, "PowerPoint", "pptx", ZIP, OLE),
    _type(f"{OOXML}.presentationml.template", Kind.DOCUMENT, "PowerPoint", "potx", PPTX, ZIP, OLE),
    _type(f"{OOXML}.presentationml.slideshow", Kind.DOCUMENT, "PowerPoint", "ppsx", PPTX, ZIP, OLE),
    _type(
        "application/vnd.ms-powerpoint.presentation.macroEnabled.12",
        Kind.DOCUMENT,
        "PowerPoint",
        "pptm potm ppsm",
        PPTX,
        ZIP,
        OLE,
    ),
    _type("application/vnd.ms-visio.drawing", Kind.DOCUMENT, "Visio", "vsdx", ZIP, OLE),
    _type(f"{ODF}.text", Kind.DOCUMENT, "OpenDocument", "odt", ZIP),
    _type(f"{ODF}.spreadsheet", Kind.DOCUMENT, "OpenDocument", "ods", ZIP),
    _type(f"{ODF}.presentation", Kind.DOCUMENT, "OpenDocument", "odp", ZIP),
    _type(f"{ODF}.graphics", Kind.DOCUMENT, "OpenDocument", "odg", ZIP),
    _type("application/vnd.apple.pages", Kind.DOCUMENT, "Pages", "pages", ZIP),
    _type("application/vnd.apple.numbers", Kind.DOCUMENT, "Numbers", "numbers", ZIP),
    _type("application/vnd.apple.keynote", Kind.DOCUMENT, "Keynote", "key", ZIP),
    _type("application/epub+zip", Kind.DOCUMENT, "EPUB", "epub", ZIP),
    _type("application/msword", Kind.DOCUMENT, "Word", "doc dot", OLE),
    _type("application/vnd.ms-excel", Kind.DOCUMENT, "Excel", "xls xlt", OLE),
    _type("application/vnd.ms-powerpoint", Kind.DOCUMENT, "PowerPoint", "ppt pps pot", OLE),
    _type("application/vnd.visio", Kind.DOCUMENT, "Visio", "vsd", OLE),
    _type("application/vnd.ms-project", Kind.DOCUMENT, "Project", "mpp", OLE),
    _type("application/vnd.ms-outlook", Kind.DOCUMENT, "Outlook", "msg", OLE),
    _type(OLE, Kind.DOCUMENT, "OLE"),
    _type("application/rtf", Kind.DOCUMENT, "RTF", "rtf"),
    _type("application/vnd.ms-tnef", Kind.OTHER, "TNEF", "dat tnef"),
    _type("application/vnd.sqlite3", Kind.OTHER, "SQLite", "sqlite sqlite3 db"),
    # Archives.
    _type(ZIP, Kind.ARCHIVE, "ZIP", "zip"),
    _type("application/gzip", Kind.ARCHIVE, "GZ", "gz tgz"),
    _type("application/x-bzip2", Kind.ARCHIVE, "BZ2", "bz2"),
    _type("application/x-xz", Kind.ARCHIVE, "XZ", "xz"),
    _type("application/zstd", Kind.ARCHIVE, "ZST", "zst"),
    _type("application/x-lz4", Kind.ARCHIVE, "LZ4", "lz4"),
    _type("application/x-tar", Kind.ARCHIVE, "TAR", "tar"),
    _type("application/x-7z-compressed", Kind.ARCHIVE, "7Z", "7z"),
    _type("application/vnd.rar", Kind.ARCHIVE, "RAR", "rar"),
    _type("application/vnd.ms-cab-compressed", Kind.ARCHIVE, "CAB", "cab"),
    # Text.
    _type(PLAIN, Kind.TEXT, "TXT", "txt log"),
    _type("text/csv", Kind.TEXT, "CSV", "csv", PLAIN),
    _type("text/calendar", Kind.TEXT, "ICS", "ics", PLAIN),
    _type("text/vcard", Kind.TEXT, "VCF", "vcf", PLAIN),
    _type("application/json", Kind.TEXT, "JSON", "json", PLAIN),
    _type("message/rfc822", Kind.TEXT, "EML", "eml", PLAIN),
    _type("text/javascript", Kind.OTHER, "JavaScript", "js mjs", PLAIN, is_active=True),
    _type("text/html", Kind.OTHER, "HTML", "html htm xhtml xht shtml", PLAIN, "text/xml", is_active=True),
    _type("multipart/related", Kind.OTHER, "MHTML", "mht mhtml", PLAIN, is_active=True),
    _type("text/xml", Kind.OTHER, "XML", "xml xsl xslt xsd fb2", PLAIN, is_active=True),
)
BY_CONTENT_TYPE = {row.content_type: row for row in TABLE}


@dataclass(frozen=True)
class Verdict:
    """What a file is and whether it is refused: "empty", "executable", "bomb", or None when it is kept."""

    content_type: str
    kind: Kind
    refusal: str | None = None


def judge(name: str, path: Path, *, allow_executables: bool = False, allow_bombs: bool = False) -> Verdict:
    """Judge the file at `path` that came under the canonical `name`."""
    with path.open("rb") as file:
        head = file.read(content.HEAD)
        text = content.beginning_of_text(head)
        seen = content.seen_type(head, text)
        is_program = programs.is_named_like_one(name) or programs.is_one(file, head, is_text=text is not None)
        is_bomb = not allow_bombs and bombs.is_bomb(path, file, seen, path.stat().st_size)
    row = refined(seen, names.extension(name))
    kind = row.kind if agrees(row, name) else Kind.OTHER
    if not head:
        return Verdict(row.content_type, kind, "empty")
    if is_program and not allow_executables:
        return Verdict(row.content_type, kind, "executable")
    return Verdict(row.content_type, kind, "bomb" if is_bomb else None)


def refined(seen: str, extension: str) -> FileType:
    """The row for a content that looks like `seen` under a name with this extension."""
    for row in TABLE:
        if extension in row.extensions and seen in (row.content_type, *row.carriers):
            return row
    return BY_CONTENT_TYPE.get(seen, UNKNOWN)


def agrees(row: FileType, name: str) -> bool:
    """Whether name and content tell the same story; only then is a file shown in place."""
    extension = names.extension(name)
    return row.kind not in SHOWN or not extension or extension in row.extensions


def label(content_type: str) -> str:
    """The short name of a type, "PDF", for pages; "" when we do not know it."""
    return BY_CONTENT_TYPE.get(content_type, UNKNOWN).label


def served_as(content_type: str) -> str:
    """The type that we tell a browser: from our own table, and never one that it would run."""
    row = BY_CONTENT_TYPE.get(content_type, UNKNOWN)
    return UNKNOWN.content_type if row.is_active else row.content_type
