"""The drill that docs/operations.md describes: a restored copy is whole, and a broken one is noticed."""

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from tests.factories import open_ticket
from tests.production import files
from tickets.models import Ticket

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.skipif(not shutil.which("pg_dump"), reason="needs pg_dump"),
]


def from_the_book(program: str, action: str) -> list[str]:
    """The command of the book that does `action`, without its container, user, database and redirection."""
    (line,) = [line for line in files.section("Backup and restore").splitlines() if program in line and action in line]
    words = shlex.split(line.partition(program)[2])
    for option in ("--username", "--dbname"):
        if option in words:
            del words[words.index(option) : words.index(option) + 2]
    ends = [number for number, word in enumerate(words) if word in ("<", ">")]
    return [program, *(word for word in words[: min(ends, default=None)] if word != "portal")]


def url(database: str) -> str:
    at = connection.settings_dict
    return f"postgres://{quote(at['USER'])}:{quote(at['PASSWORD'])}@{at['HOST']}:{at['PORT'] or 5432}/{database}"


@contextmanager
def empty_database():
    name = f"{connection.settings_dict['NAME']}_restored"
    server = psycopg2.connect(url("postgres"))
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
        try:
            yield name
        finally:
            cursor.execute(f'DROP DATABASE "{name}"')
            server.close()


def rows(database: str) -> dict[str, int]:
    """How many rows each table has."""
    with psycopg2.connect(url(database)) as copy, copy.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [table for (table,) in cursor.fetchall()]
        counts = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
    copy.close()
    return counts


def run(command: list[str], **options) -> None:
    subprocess.run(command, check=True, **options)


def portal_check(database: str, folder: Path) -> subprocess.CompletedProcess:
    own = {"DATABASE_URL": url(database), "PORTAL_VAR": str(folder), "PORTAL_MAIL_HOLD": "yes"}
    return subprocess.run(
        [sys.executable, "manage.py", "portal_check"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"]} | own,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_restored_copy_is_whole_and_a_lost_file_is_noticed(ana, bruno, attach, settings, tmp_path):
    original, copy = tmp_path / "original", tmp_path / "copy"
    settings.FILES_ROOT = original / "files"
    copy.mkdir()
    for number in range(3):
        draft_files = attach(ana, f"informe {number}.txt", content=f"contenido {number}".encode())
        open_ticket(ana, subject=f"Asunto {number}", files=draft_files)
    dump, archive = tmp_path / "portal.dump", tmp_path / "files.tar"
    source = connection.settings_dict["NAME"]

    with dump.open("wb") as to:
        run([*from_the_book("pg_dump", "--format"), url(source)], stdout=to)
    with archive.open("wb") as to:
        run(
            [word.replace("/var/lib/portal", str(original)) for word in from_the_book("tar", "--create --dir")],
            stdout=to,
        )
    with empty_database() as restored:
        for _again in range(2):  # into an empty database, and over one that has rows
            with dump.open("rb") as source_of_rows:
                run([*from_the_book("pg_restore", "--clean"), "--dbname", url(restored)], stdin=source_of_rows)
        with archive.open("rb") as source_of_files:
            run(
                [word.replace("/var/lib/portal", str(copy)) for word in from_the_book("tar", "--extract")],
                stdin=source_of_files,
            )

        counted, whole = rows(restored), portal_check(restored, copy)
        next(path for path in (copy / "files").glob("??/*")).unlink()
        broken = portal_check(restored, copy)

        assert counted == rows(source)
    assert counted["tickets_ticket"] == Ticket.objects.count() == 3
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert broken.returncode == 1
