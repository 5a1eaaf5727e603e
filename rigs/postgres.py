"""A PostgreSQL cluster of our own."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg2

from rigs.processes import HOST, Server, free_port

DEBIAN = Path("/usr/lib/postgresql")
ROLE = "portal"
# As root PostgreSQL refuses to run; its packages bring this user.
UNPRIVILEGED = "postgres"


class NotInstalled(RuntimeError):
    """The program is neither where Debian keeps it nor on the PATH."""


def program(name: str) -> str:
    """Where a program of the newest PostgreSQL on this machine is: Debian keeps the servers off the PATH."""
    installed = [path for path in DEBIAN.glob(f"*/bin/{name}") if path.parents[1].name.isdigit()]
    if installed:
        return str(max(installed, key=lambda path: int(path.parents[1].name)))
    if found := shutil.which(name):
        return found
    raise NotInstalled(f"{name} of PostgreSQL was not found; on Debian and Ubuntu: apt-get install postgresql")


class Cluster(Server):
    """A cluster below `folder`, with one role that may do everything, for this machine's loopback alone.

    `settings` go to the server as `-c name=value`. `stop()` is PostgreSQL's fast shutdown, `stop(signal.SIGQUIT)` its
    immediate one; started again it has what was committed.
    """

    name = "postgres"
    stop_signal = signal.SIGINT

    def __init__(self, folder: Path, **settings: str) -> None:
        super().__init__(folder, user=UNPRIVILEGED if os.geteuid() == 0 else None)
        self.data = folder / "data"
        self.port = free_port()
        self.settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
            **settings,
        }

    def init(self) -> None:
        """Make the cluster's files."""
        self.data.mkdir(mode=0o700)
        if self.user:
            shutil.chown(self.data, self.user, self.user)
        subprocess.run(
            [
                *(program("initdb"), "--pgdata", str(self.data), "--username", ROLE, "--auth", "trust"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
            ],
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def start(self) -> None:
        if not self.data.exists():
            self.init()
        super().start()

    def command(self) -> Sequence[str]:
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        return [program("postgres"), "-D", str(self.data), *options]

    def answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def url(self, database: str) -> str:
        return f"postgres://{ROLE}@{HOST}:{self.port}/{database}"

    def connect(self, database: str) -> Any:
        """A connection outside any transaction."""
        connection = psycopg2.connect(self.url(database))
        connection.autocommit = True
        return connection

    def create(self, database: str) -> str:
        """Make an empty database and return its URL."""
        connection = self.connect("postgres")
        try:
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{database}"')
        finally:
            connection.close()
        return self.url(database)
