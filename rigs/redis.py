"""A Redis of our own, which keeps nothing on disk."""

import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from rigs.processes import HOST, Server, free_port


class NotInstalled(RuntimeError):
    """redis-server is not on the PATH."""


class Redis(Server):
    name = "redis"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def command(self) -> Sequence[str]:
        found = shutil.which("redis-server")
        if found is None:
            raise NotInstalled("redis-server was not found; on Debian and Ubuntu: apt-get install redis-server")
        return [found, "--bind", HOST, "--port", str(self.port), "--save", "", "--dir", str(self.folder)]

    def answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False
