"""The files that the stories mention, made from what `files.toml` says of them: the same bytes every time."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from portal.demo import documents, pictures

CATALOGUE = Path(__file__).parent / "files.toml"


def uploaded(name: str) -> SimpleUploadedFile:
    """The file of this name, as if a browser had sent it. Raises KeyError for a name that the catalogue lacks."""
    kind, told = catalogue()[name]
    return SimpleUploadedFile(name, content_of(kind, told))


@cache
def catalogue() -> dict[str, tuple[str, Mapping[str, Any]]]:
    """{name: (kind, what the catalogue says of it)}"""
    kinds = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    return {told["name"]: (kind, told) for kind, files in kinds.items() for told in files}


def content_of(kind: str, told: Mapping[str, Any]) -> bytes:
    match kind:
        case "picture":
            return pictures.screenshot(told["module"], told["columns"], told["rows"], told.get("alert", []))
        case "document":
            return documents.pdf(told["title"], told["lines"])
    return told["text"].lstrip().encode()
