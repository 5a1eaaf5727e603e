import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib

import pytest
from PIL import Image

from files import types
from files.names import canonical
from files.types import Kind

MB = 1024 * 1024
DOS_PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(44) + b"\x40\x00\x00\x00PE\x00\x00"
SHORTCUT = bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(56)
EVIL_HTML = b"<html><script>parent.marked = 1</script></html>"
EVIL_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="parent.marked = 1"/>'


@pytest.fixture
def judge(tmp_path):
    """Judge bytes under the name that a person gave them."""

    def judge(name, content, **options):
        path = tmp_path / "judged"
        path.write_bytes(content)
        return types.judge(canonical(name), path, **options)

    return judge


def picture(format_name="PNG", size=(4, 3)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, format_name)
    return buffer.getvalue()


def declared_png(width, height) -> bytes:
    """A PNG that claims a size and has the pixels of a much smaller one."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def declared_zip(expanded: int, members: int = 1, *, in_zip64: bool = False) -> bytes:
    """A zip whose directory declares that each of its members expands to so many bytes."""
    extra = struct.pack("<HHQ", 1, 8, expanded) if in_zip64 else b""
    entry = struct.pack(
        "<4s6H3I5H2I", b"PK\x01\x02", 45, 45, 0, 8, 0, 0, 0, 100, 0xFFFFFFFF if in_zip64 else expanded,
        1, len(extra), 0, 0, 0, 0, 0,
    )  # fmt: skip
    directory = (entry + b"a" + extra) * members
    return b"PK\x03\x04" + directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), 4, 0)


def ole(root_class: bytes = bytes(16)) -> bytes:
    """The least of an OLE container: a header whose directory is the first sector, and its root entry."""
    header = bytearray(512)
    header[:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    struct.pack_into("<H", header, 30, 9)
    return bytes(header) + "Root Entry".encode("utf-16-le").ljust(80, b"\0") + root_class + bytes(32)


@pytest.mark.parametrize(
    ("name", "content", "content_type", "kind"),
    [
        ("foto.png", picture("PNG"), "image/png", Kind.PICTURE),
        ("FOTO.JPG", picture("JPEG"), "image/jpeg", Kind.PICTURE),
        ("foto.gif", picture("GIF"), "image/gif", Kind.PICTURE),
        ("foto.webp", picture("WEBP"), "image/webp", Kind.PICTURE),
        ("Captura 18.44.58", picture("PNG"), "image/png", Kind.PICTURE),
        ("foto.bmp", picture("BMP"), "image/bmp", Kind.OTHER),
        ("informe.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf", Kind.PDF),
        ("carta.doc", ole(), "application/msword", Kind.DOCUMENT),
        ("correo.msg", ole(), "application/vnd.ms-outlook", Kind.DOCUMENT),
        ("copia.zip", zipped({"a.txt": b"a"}), "application/zip", Kind.ARCHIVE),
        ("plano.odg", zipped({"a.txt": b"a"}), "application/vnd.oasis.opendocument.graphics", Kind.DOCUMENT),
        ("lista.csv", "Núñez;1\r\n".encode("cp1252"), "text/csv", Kind.TEXT),
        ("lista.csv", "Núñez;1\r\n".encode("utf-16"), "text/csv", Kind.TEXT),
        ("notas", b"BMW y MZ-12 son textos", "text/plain", Kind.TEXT),
        ("MZ.txt", b"MZ-12: pedido pendiente", "text/plain", Kind.TEXT),
        ("nota.rtf", b"{\\rtf1 hola}", "application/rtf", Kind.DOCUMENT),
        ("pagina.html", EVIL_HTML, "text/html", Kind.OTHER),
        ("dibujo.svg", EVIL_SVG, "image/svg+xml", Kind.OTHER),
        ("datos.xml", b"<?xml version='1.0'?><a/>", "text/xml", Kind.OTHER),
        ("script.js", b"alert(1)", "text/javascript", Kind.OTHER),
        ("raro.xyz", b"\x00\x01\x02", "application/octet-stream", Kind.OTHER),
    ],
)
def test_content_and_name_that_agree_give_the_type(judge, name, content, content_type, kind):
    assert judge(name, content) == types.Verdict(content_type, kind)


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("foto.png", EVIL_SVG, "image/svg+xml"),
        ("foto.png", b'<?xml version="1.0"?>\n<!-- x -->\n' + EVIL_SVG, "image/svg+xml"),
        ("foto.png", EVIL_HTML, "text/html"),
        ("informe.pdf", EVIL_HTML, "text/html"),
        ("informe.pdf", b"<!-- x --><script>1</script>", "text/html"),
        ("informe.pdf", picture("PNG"), "image/png"),
        ("foto.jpg", picture("PNG"), "image/png"),
        ("foto.png", b"%PDF-1.7\n", "application/pdf"),
        ("foto.png.php", picture("PNG"), "image/png"),
        ("foto.png", b"GIF89a=1;alert(1)", "text/plain"),
        ("carta.docx", b"\x00\x01\x02\x03", "application/octet-stream"),
    ],
)
def test_a_mismatched_type_is_kept_as_what_it_is_and_never_shown(judge, name, content, content_type):
    verdict = judge(name, content)

    assert (verdict.content_type, verdict.refusal) == (content_type, None)
    assert verdict.kind not in types.SHOWN


@pytest.mark.parametrize(
    ("content_type", "served"),
    [
        ("image/png", "image/png"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("application/x-of-somebody", "application/octet-stream"),
    ],
)
def test_only_types_of_our_table_that_a_browser_does_not_run_are_served(content_type, served):
    assert types.served_as(content_type) == served


@pytest.mark.parametrize(
    "name",
    ["programa.exe", "informe.pdf.exe", "INFORME.EXE", "factura\u202efdp.exe", "malo.exe. .", "malo.exe\u200b",
     "malo.exe::$DATA", "acceso.lnk", "macro.vbs", "instalar.msi", "instalar.bat", "ajustes.reg", "app.hta", "a.jar"],
)  # fmt: skip
def test_a_program_by_its_name_is_refused(judge, name):
    assert judge(name, b"echo hola").refusal == "executable"


@pytest.mark.parametrize(
    "content",
    [
        DOS_PROGRAM,
        b"\x7fELF\x02\x01\x01" + bytes(60),
        b"\xcf\xfa\xed\xfe" + bytes(60),
        b"\xca\xfe\xba\xbe\x00\x00\x00\x34",
        SHORTCUT,
        ole(bytes.fromhex("84100c0000000000c000000000000046")),
    ],
)
@pytest.mark.parametrize("name", ["informe.pdf", "foto.png", "sin extensión"])
def test_a_program_by_its_content_is_refused_under_any_name(judge, name, content):
    assert judge(name, content).refusal == "executable"


def test_staff_may_attach_a_program(judge):
    verdict = judge("parche.exe", DOS_PROGRAM, allow_executables=True)

    assert verdict == types.Verdict("application/octet-stream", Kind.OTHER)


@pytest.mark.parametrize("name", ["script.js", "acceso.url", "pagina.html", "macro.docm", "index.php", ".htaccess"])
def test_what_only_other_programs_run_is_kept(judge, name):
    assert judge(name, b"texto").refusal is None


def test_an_empty_file_is_refused(judge):
    assert judge("vacio.pdf", b"").refusal == "empty"


@pytest.mark.parametrize("compress", [lambda data: gzip.compress(data, 1), bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", ["copia.gz", "informe.pdf"])
def test_a_stream_that_expands_absurdly_is_refused_under_any_name(judge, name, compress):
    assert judge(name, compress(bytes(101 * MB))).refusal == "bomb"


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_stream_is_measured_over_all_its_parts_and_a_damaged_one_is_kept(judge, compress):
    assert judge("copia", compress(b"hola" * 1000)[:-9]).refusal is None
    assert judge("copia", compress(b"hola") + b"relleno").refusal is None
    assert judge("copia", compress(bytes(51 * MB)) * 2).refusal == "bomb"


def test_endless_empty_streams_are_refused_in_bounded_time(judge):
    assert judge("copia.gz", gzip.compress(b"") * 150_000).refusal == "bomb"


@pytest.mark.parametrize("name", ["copia.zip", "informe.pdf"])
def test_a_zip_that_expands_absurdly_is_refused_under_any_name(judge, name):
    assert judge(name, zipped({"ceros": bytes(101 * MB)})).refusal == "bomb"


def test_a_document_that_expands_absurdly_is_refused(judge):
    bomb = zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": bytes(101 * MB)})

    assert judge("informe.docx", bomb).refusal == "bomb"


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (declared_zip(1024 * MB), "bomb"),
        (declared_zip(99 * MB), None),
        (declared_zip(99 * MB, members=2), "bomb"),
        (declared_zip(1025 * MB, in_zip64=True), "bomb"),
        (declared_zip(99 * MB, in_zip64=True), None),
        (declared_zip(101 * MB) + bytes(MB), None),
        (b"%PDF-1.7\n" + declared_zip(1025 * MB), "bomb"),
    ],
)
def test_the_directory_of_a_zip_is_believed_and_nothing_is_expanded(judge, content, refusal):
    assert judge("copia.zip", content).refusal == refusal


def test_archives_inside_an_archive_are_not_opened(judge):
    bomb = zipped({"ceros": bytes(101 * MB)})

    assert judge("copia.zip", zipped({"dentro.zip": bomb})).refusal is None


def test_a_zip_that_was_cut_or_lies_about_its_directory_is_kept(judge):
    whole = zipped({"a.txt": b"a" * 1000, "b.txt": b"b"})

    for cut in range(0, len(whole), 7):
        assert judge("copia.zip", whole[cut:]).refusal is None
        assert judge("copia.zip", whole[: len(whole) - cut] or b"PK").refusal is None


@pytest.mark.parametrize(
    ("width", "height", "refusal"), [(50_000, 50_000, "bomb"), (22_000, 22_000, None), (2**31 - 1, 1, "bomb")]
)
def test_a_picture_that_declares_more_than_a_gigapixel_is_refused(judge, width, height, refusal):
    assert judge("foto.png", declared_png(width, height)).refusal == refusal


def test_a_broken_picture_is_kept(judge):
    assert judge("foto.png", picture("PNG")[:20]) == types.Verdict("image/png", Kind.PICTURE)
