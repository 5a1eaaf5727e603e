"""Asking for an address and undoing what it did; and the guard under which a refused call runs."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from tests.walls.table import LOG_IN, Answer

WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO|TRUNCATE)\s+"?(\w+)', re.IGNORECASE)
# What even a refused call may write: the session lives on, and the logbook notes the refusal.
HARMLESS = frozenset({"django_session", "accounts_auditentry"})
# What reading a page may write besides.
BY_READING = HARMLESS | {
    "tickets_readmark",
    "downloads_downloadlog",
    "downloads_bundle",
    "downloads_bundle_files",
}

CSRF_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"')


class Written(AssertionError):
    """A call that must leave no trace wrote to a table."""


@contextmanager
def writing_only(tables: frozenset[str]) -> Iterator[None]:
    """Raises Written at the first statement that changes another table."""

    def guard(execute, sql, params, many, context):
        if (change := WRITE.match(sql)) and change[1] not in tables:
            raise Written(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(guard):
        yield


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@dataclass(frozen=True)
class Seen:
    """An answer as the person sees it."""

    url: str
    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def answer(self) -> Answer:
        to_log_in = tuple(f"{reverse(name)}?next=" for name in ("account_login", "admin:login"))
        return LOG_IN if self.status == 302 and self.headers["Location"].startswith(to_log_in) else self.status

    def unrandom(self) -> tuple[int, bytes, dict[str, str]]:
        """What two answers to the same person have in common unless they say different things."""
        body = CSRF_TOKEN.sub(b"", self.body).replace(self.url.encode(), b"/")
        headers = {
            name: value.replace(quote(self.url), "/").replace(quote(self.url, safe=""), "/")
            for name, value in self.headers.items()
            if name not in ("Content-Length", "Expires")
        }
        return self.status, body, headers


def ask(client: Client, method: str, url: str, data: Mapping[str, Any] | None = None, **extra) -> Seen:
    """One request, whose effects on the database are undone."""
    with undone():
        response = client.generic(method, url, **extra) if data is None else client.post(url, data, **extra)
        body = b"".join(response.streaming_content) if response.streaming else response.content
    return Seen(url, response.status_code, body, dict(response.headers))
