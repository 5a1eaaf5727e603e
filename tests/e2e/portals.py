"""Portals of their own, each with its settings and its data, in a process beside the tests (`make demo LIKE=…`)."""

import os
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

PATIENCE = 60


@dataclass(frozen=True)
class Portal:
    """One that is served at `url` and keeps its things in `folder`."""

    url: str
    folder: Path

    def mails(self, kind: str, address: str) -> list[str]:
        """The texts of its mails of this kind to this address, oldest first."""
        query = "SELECT text FROM mail_outgoingmail WHERE kind = ? AND address = ? ORDER BY id"
        with closing(sqlite3.connect(self.folder / "portal.sqlite3", timeout=20)) as database:
            return [text for (text,) in database.execute(query, (kind, address))]

    def link(self, kind: str, address: str) -> str:
        """The first link of the portal's own in the last of those mails."""
        return re.findall(rf"{re.escape(self.url)}/\S+", self.mails(kind, address)[-1])[0]


def settings_of(like: str) -> dict[str, str]:
    """The variables of the file that `make demo` reads."""
    path = settings.BASE_DIR / "portal/demo/likes" / f"{like}.env"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(shlex.split(line)[0].split("=", 1) for line in lines)


@contextmanager
def portal_like(like: str, folder: Path) -> Iterator[Portal]:
    """The portal of that name, prepared and served, until the end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        bind = f"127.0.0.1:{server.getsockname()[1]}"
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    variables = inherited | settings_of(like) | {"PORTAL_VAR": str(folder), "PORTAL_URL": f"http://{bind}"}
    for command in (["migrate", "--verbosity", "0"], ["demo", "--like", like]):
        manage(command, variables)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--bind", bind],
            cwd=settings.BASE_DIR, env=variables, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_for(f"http://{bind}/salud/")
        yield Portal(f"http://{bind}", folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)


def manage(command: list[str], variables: Mapping[str, str]) -> None:
    subprocess.run([sys.executable, "manage.py", *command], cwd=settings.BASE_DIR, env=dict(variables), check=True)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")
