"""Readers of the environment that refuse nonsense: a typo stops the start instead of changing the meaning."""

import os
import re
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

YES = {"1", "true", "yes", "on", "sí", "si"}
NO = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def words(name: str, default: str = "") -> list[str]:
    """Comma-separated values, blanks dropped."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def hosts(name: str) -> list[str]:
    """Comma-separated names of hosts, each by itself: an asterisk or an address would open more than one means."""
    found = [word.lower() for word in words(name)]
    for host in found:
        if not re.fullmatch(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", host):
            raise ImproperlyConfigured(f"{name} must be names of hosts such as player.vimeo.com, not {host!r}.")
    return found


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in YES:
        return True
    if value.strip().lower() in NO:
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")


def whole(name: str, default: int, *, least: int = 0) -> int:
    value = text(name)
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise ImproperlyConfigured(f"{name} must be a whole number of at least {least}, not {value!r}.")
    return int(value)


def choice(name: str, options: tuple[str, ...]) -> str:
    """One of `options`; the first one when nothing is set."""
    value = text(name) or options[0]
    if value not in options:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(options)}, not {value!r}.")
    return value


def address(name: str) -> str:
    """The address of a page elsewhere; "" when nothing is set."""
    value = text(name)
    if value and not re.fullmatch(r"https?://[^\s\"'<>\\]+", value):
        raise ImproperlyConfigured(f"{name} must be an address such as https://www.acme.es/manual.pdf, not {value!r}.")
    return value


def socket_address(name: str) -> str | tuple[str, int] | None:
    """Where a service listens: the path of a unix socket, or host and port. None when nothing is set."""
    value = text(name)
    if not value or value.startswith("/"):
        return value or None
    parts = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})", value)
    if not parts or not 0 < int(parts[2]) < 2**16:
        raise ImproperlyConfigured(f"{name} must be the path of a socket or host:port, not {value!r}.")
    return parts[1].strip("[]"), int(parts[2])


def kept_secret(path: Path) -> str:
    """A secret made at the first start and kept in a file that only its owner reads."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was first
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(get_random_secret_key())
    return path.read_text().strip()


def bucket() -> dict[str, Any] | None:
    """The storage of an S3-compatible bucket, in which everything must be named; None when none is."""
    name = text("PORTAL_S3_BUCKET")
    if not name:
        return None
    endpoint = text("PORTAL_S3_ENDPOINT").rstrip("/")
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", endpoint):
        raise ImproperlyConfigured("PORTAL_S3_ENDPOINT must be an address such as https://s3.eu-south-2.amazonaws.com.")
    access = {name: text(name) for name in ("PORTAL_S3_REGION", "PORTAL_S3_KEY", "PORTAL_S3_SECRET")}
    if missing := [name for name, value in access.items() if not value]:
        raise ImproperlyConfigured(f"PORTAL_S3_BUCKET needs {', '.join(missing)} too.")
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": name,
            "endpoint_url": endpoint,
            "region_name": access["PORTAL_S3_REGION"],
            "access_key": access["PORTAL_S3_KEY"],
            "secret_key": access["PORTAL_S3_SECRET"],
            "addressing_style": "path",
            "signature_version": "s3v4",
            "default_acl": None,
            "querystring_auth": True,
            "file_overwrite": True,
        },
    }
