import unicodedata
from email.message import Message

import pytest
from django.utils.http import content_disposition_header
from hypothesis import given
from hypothesis import strategies as st

from files.names import canonical, extension, with_extension

HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("/\\. \x00\r\n\u200b\u202e\u0301\ufeff\ud800:\"'ñ")), max_size=300
)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Presupuesto nº 12 – Año 2024 (versión final).pdf", "Presupuesto nº 12 – Año 2024 (versión final).pdf"),
        ("../../../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("C:\\Users\\Ana\\informe.docx", "informe.docx"),
        ("carpeta/", "carpeta"),
        ("..", "archivo"),
        (".", "archivo"),
        ("", "archivo"),
        ("\u200b\u202e", "archivo"),
        ("NUL\x00 y CR\r\nLF.txt", "NUL y CRLF.txt"),
        ("factura\u202efdp.exe", "facturafdp.exe"),
        ("cero\u200bancho.pdf", "ceroancho.pdf"),
        ("espacio al final .pdf ", "espacio al final .pdf"),
        ("punto al final.pdf. . .", "punto al final.pdf"),
        ("dos..puntos.pdf", "dos..puntos.pdf"),
        ("Captura a las 9.30.00\u202fp.\u00a0m..png", "Captura a las 9.30.00 p. m..png"),
        ("An\u0303o.txt", "Año.txt"),
        ("media \ud83c pareja.txt", "media pareja.txt"),
        ("CON.txt", "CON.txt"),
        ("\ufdfd.pdf", "\ufdfd.pdf"),
    ],
)
def test_a_name_is_kept_in_one_canonical_form(given_name, kept):
    assert canonical(given_name) == kept


def test_a_long_name_loses_its_middle_and_keeps_its_extension():
    name = canonical("a" * 300 + ".tar.gz")

    assert name == "a" * 117 + ".gz"
    assert len(canonical("b" * 300)) == 120


@given(HOSTILE)
def test_canonical_is_idempotent_short_visible_and_safe_in_a_header(given_name):
    name = canonical(given_name)

    assert canonical(name) == name
    assert 0 < len(name) <= 120
    assert not set(name) & set("/\\")
    assert not {unicodedata.category(c) for c in name} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert unicodedata.is_normalized("NFC", name)
    assert name == name.strip() and not name.endswith(".")
    header = Message()
    header["Content-Disposition"] = content_disposition_header(True, name)
    assert header.get_filename() is not None
    assert header["Content-Disposition"].isascii() and header["Content-Disposition"].isprintable()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("informe.PDF", "pdf"),
        ("informe.pdf.exe", "exe"),
        ("sin extensión", ""),
        ("Captura 18.44.58", ""),
        ("Dr. Herman", ""),
        (".htaccess", "htaccess"),
        ("copia.7z", "7z"),
        ("a." + "x" * 30, ""),
    ],
)
def test_an_extension_is_one_word_after_the_last_dot(name, expected):
    assert extension(name) == expected


def test_a_copy_in_another_format_changes_the_extension_only():
    assert with_extension("Foto de Ana.JPEG", "webp") == "Foto de Ana.webp"
    assert with_extension("Captura 18.44.58", "webp") == "Captura 18.44.58.webp"
