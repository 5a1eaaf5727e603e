"""Files and names as people really send them, from a folder of samples outside the project."""

import json
import os
from email.message import Message
from pathlib import Path

import pytest
from django.test import RequestFactory

from files import receiving
from files.display import make_copy
from files.models import StoredFile
from files.names import canonical
from files.receiving import Refused
from files.serving import respond

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("PORTAL_REAL_DATA" not in os.environ, reason="PORTAL_REAL_DATA is not set"),
]

FOLDER = Path(os.environ.get("PORTAL_REAL_DATA", "/nonexistent")) / "adjuntos" / "dev"
KINDS = ["normal", "archivo_comprimido", "multimedia", "contenido_activo", "svg_hostil", "cifrado", "poliglota"]
PROGRAM_STARTS = (b"MZ", b"\x7fELF")


def samples(*folders):
    return [
        pytest.param(path, id=f"{folder}/{path.name}")
        for folder in folders
        for path in sorted((FOLDER / folder).glob("*"))
    ]


def upload_names():
    names = FOLDER / "nombres_raros.jsonl"
    lines = names.read_text().splitlines() if names.exists() else []
    return [pytest.param(row["upload_name"], id=str(row["id"])) for row in map(json.loads, lines)]


def keep(path) -> StoredFile:
    return StoredFile.objects.keep(receiving.receive_path(path, path.name))


def ask(stored, **options):
    return respond(RequestFactory().get("/"), stored, name=stored.name, **options)


@pytest.mark.parametrize("path", samples(*KINDS))
def test_what_is_neither_empty_nor_dangerous_comes_back_byte_for_byte(path):
    content = path.read_bytes()
    if not content:
        with pytest.raises(Refused) as refusal:
            keep(path)
        assert refusal.value.code == "empty"
        return

    response = ask(keep(path))

    assert b"".join(response) == content
    assert response["Content-Disposition"].startswith("attachment; ")
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", samples("svg_hostil", "contenido_activo", "desajuste", "cifrado", "archivo_comprimido")
)
def test_what_could_run_or_is_something_else_is_never_shown(path):
    if path.read_bytes().startswith(PROGRAM_STARTS):
        with pytest.raises(Refused) as refusal:
            keep(path)
        assert refusal.value.code == "executable"
        return
    stored = keep(path)
    if stored.kind == "pdf":
        return

    response = ask(stored, inline=True)

    assert not stored.has_preview
    assert response["Content-Disposition"].startswith("attachment; ")
    assert not {"html", "svg", "xml", "javascript"} & set(response["Content-Type"].replace("+", "/").split("/"))


@pytest.mark.parametrize("path", samples("normal", "corrupto", "poliglota"))
def test_no_picture_however_broken_stops_the_display_copies(path):
    try:
        stored = keep(path)
    except Refused as refusal:
        assert refusal.code == ("bomb" if path.stat().st_size else "empty")
        return
    if stored.kind != "picture":
        return

    make_copy(stored)

    stored.refresh_from_db()
    assert stored.display_state in {"ready", "failed"}
    if stored.has_preview:
        copy = b"".join(ask(stored, inline=True, display=True))
        assert copy.startswith(b"RIFF")
        assert b"<?php" not in copy and b"<script" not in copy


@pytest.mark.parametrize("upload_name", upload_names())
def test_every_name_is_stored_and_sent_in_its_canonical_form(upload_name, tmp_path):
    sample = tmp_path / "sample"
    sample.write_bytes(b"hola")
    upload = receiving.receive_path(sample, upload_name, allow_executables=True)
    stored = StoredFile.objects.keep(upload)
    stored.refresh_from_db()

    disposition = ask(stored)["Content-Disposition"]

    header = Message()
    header["Content-Disposition"] = disposition
    assert stored.name == canonical(upload_name) == canonical(stored.name)
    assert header.get_content_disposition() == "attachment"
    assert disposition.isascii() and disposition.isprintable()
    assert header.get_filename() == stored.name
