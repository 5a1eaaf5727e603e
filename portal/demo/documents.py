"""Documents of one page, written by hand: PDF as it was in the beginning."""

from collections.abc import Sequence

LEFT, TOP, LEADING = 72, 760, 20


def pdf(title: str, lines: Sequence[str]) -> bytes:
    """A page of A4 with a heading and lines of text."""
    page = content(title, lines)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /Text 5 0 R /Heading 6 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    return assembled(objects)


def content(title: str, lines: Sequence[str]) -> bytes:
    """The drawing of the page: the heading, then one line below the other."""
    heading = b"BT /Heading 16 Tf %d %d Td (%s) Tj ET" % (LEFT, TOP, escaped(title))
    start = b"BT /Text 11 Tf %d TL %d %d Td" % (LEADING, LEFT, TOP - 2 * LEADING)
    return b"\n".join([heading, start, *(b"(%s) Tj T*" % escaped(line) for line in lines), b"ET"])


def escaped(text: str) -> bytes:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252")


def assembled(objects: Sequence[bytes]) -> bytes:
    """The file: its objects, the table of where each begins, and where that table is."""
    written = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    written += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table) + b"trailer\n<< /Size %d /Root 1 0 R >>\n" % size
    return written + b"startxref\n%d\n%%%%EOF\n" % written.index(b"xref\n0 ")
