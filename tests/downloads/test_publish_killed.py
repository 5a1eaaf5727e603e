"""kill -9 in the middle of publishing a folder: the update is as it was, and the next run completes it."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

SCENE = """
from django.utils import timezone
from downloads.models import Component, Delivery
Delivery.objects.create(version="2026.2", version_key="2026.2")
for slug in ("servidor", "web"):
    Component.objects.create(slug=slug, name=slug)
"""
LARGE = 400 * 2**20


@pytest.fixture
def manage(tmp_path):
    """`manage("check")` runs a command of an installation of its own, to its end; `manage.begin(…)` only starts it."""
    own = {"PORTAL_VAR": str(tmp_path / "var"), "PORTAL_ENV": "embedded", "PATH": os.environ["PATH"]}

    def begin(*words):
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *words]
        return subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(*words):
        process = begin(*words)
        said, _nothing = process.communicate(timeout=120)
        assert process.returncode == 0, said
        return said

    run.begin = begin
    run("migrate", "--verbosity", "0")
    return run


def killed_in_the_middle(process, temporaries: Path) -> None:
    """Wait until the first file is being copied, and kill."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends and process.poll() is None:
        if temporaries.is_dir() and any(path.stat().st_size for path in temporaries.iterdir()):
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.002)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def files_in(var: Path) -> list[tuple[str, int, int]]:
    """Name, size as noted, and size on the disk of each file of an update."""
    with closing(sqlite3.connect(var / "portal.sqlite3")) as database:
        rows = database.execute(
            "SELECT file.name, size, key FROM downloads_releasefile AS file "
            "JOIN files_storedfile AS stored ON stored.id = stored_id ORDER BY file.name"
        )
        return [(name, size, (var / "files" / key[:2] / key).stat().st_size) for name, size, key in rows]


def test_a_publication_that_is_killed_is_completed_by_the_next(manage, tmp_path):
    manage("shell", "--verbosity", "0", "-c", SCENE)
    folder = tmp_path / "build"
    folder.mkdir()
    with (folder / "servidor.zip").open("wb") as large:
        large.truncate(LARGE)
    (folder / "web.zip").write_bytes(b"web")

    killed_in_the_middle(manage.begin("publish_files", "2026.2", str(folder)), tmp_path / "var" / "files" / "tmp")
    assert files_in(tmp_path / "var") == []

    manage("publish_files", "2026.2", str(folder))
    assert files_in(tmp_path / "var") == [("servidor.zip", LARGE, LARGE), ("web.zip", 3, 3)]
