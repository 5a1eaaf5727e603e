"""nginx as it runs in the proxy's container: its own start script, configuration and certificate, on free ports."""

import os
import pwd
import shutil
import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGQUIT

from rigs.processes import HOST, Server, free_port

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = ROOT / "deploy" / "nginx"
# Debian keeps nginx where only root looks.
PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
# As root, nginx runs as somebody who may do nothing: like the container's, it reads files by its group alone.
UNPRIVILEGED = "nobody"


def is_installed() -> bool:
    return all(shutil.which(program, path=PATH) for program in ("nginx", "openssl", "envsubst"))


class Nginx(Server):
    """The proxy before a web server at `upstream` (host:port) whose stored files lie in `files`.

    `limits` are PORTAL_FILES_PER_MESSAGE and PORTAL_FILE_MEGABYTES.
    """

    name = "nginx"
    stop_signal = SIGQUIT

    def __init__(self, folder: Path, *, upstream: str, files: Path, group: int | None = None, **limits: str) -> None:
        user = UNPRIVILEGED if os.geteuid() == 0 else None
        super().__init__(folder, user=user, group=group or (user and pwd.getpwnam(user).pw_gid))
        self.upstream = upstream
        self.files = files
        self.limits = limits
        self.http, self.https = free_port(), free_port()
        self.tls, self.cache, self.run = (folder / name for name in ("tls", "cache", "run"))

    @property
    def url(self) -> str:
        return f"https://localhost:{self.https}"

    @property
    def certificate(self) -> Path:
        return self.tls / "fullchain.pem"

    def start(self) -> None:
        for own in (self.tls, self.cache, self.run):
            own.mkdir(exist_ok=True)
        self.log.touch()  # nginx opens its standard output again, by name
        for own in (self.tls, self.cache, self.run, self.log):
            if self.user:
                shutil.chown(own, self.user)
        super().start()

    def command(self) -> Sequence[str]:
        return [str(CONFIGURATION / "start.sh")]

    def environment(self) -> Mapping[str, str]:
        return {
            "PATH": PATH,
            "PORTAL_URL": self.url,
            "NGINX_HTTP": f"{HOST}:{self.http}",
            "NGINX_HTTPS": f"{HOST}:{self.https}",
            "NGINX_UPSTREAM": self.upstream,
            "NGINX_FILES": str(self.files),
            "NGINX_PAGES": str(CONFIGURATION),
            "NGINX_TLS": str(self.tls),
            "NGINX_CACHE": str(self.cache),
            "NGINX_LOG": "/dev/stdout",
            "NGINX_RUN": str(self.run),
            **self.limits,
        }

    def answers(self) -> bool:
        with suppress(OSError), socket.create_connection((HOST, self.https), timeout=1) as connection:
            context = ssl.create_default_context(cafile=self.certificate)
            with context.wrap_socket(connection, server_hostname="localhost"):
                return True
        return False
