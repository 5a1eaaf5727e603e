"""The portal as it runs in production, and what it needs around it."""

import http.client
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from portal.processes import PRODUCTION
from rigs.postgres import Cluster
from rigs.processes import HOST, Server, free_port, temporary_folder
from rigs.redis import Redis

ROOT = Path(__file__).resolve().parent.parent
# What the proxy in front says of each request: it came by TLS.
PROXY_HEADERS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}


class Web(Server):
    """Gunicorn with the options of production, for any WSGI application."""

    name = "web"

    def __init__(
        self,
        folder: Path,
        *,
        environment: Mapping[str, str],
        application: str = "portal.wsgi",
        group: int | None = None,
    ) -> None:
        self.name = application.replace(".", "-")
        super().__init__(folder, group=group)
        self.variables = environment
        self.application = application
        self.port = free_port()

    def command(self) -> Sequence[str]:
        command = PRODUCTION["web"].replace("portal.wsgi", self.application).split()
        return [sys.executable, "-m", *command, "--bind", f"{HOST}:{self.port}", "--chdir", str(ROOT)]

    def environment(self) -> Mapping[str, str]:
        return self.variables

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/salud/", headers=PROXY_HEADERS)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass
class Installation:
    """PostgreSQL and Redis of our own, and the variables with which a production portal runs on them."""

    folder: Path
    cluster: Cluster
    redis: Redis
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(50))

    def environment(self, database: str, **more: str) -> dict[str, str]:
        """For any of the portal's processes. Mails wait in the outbox unless EMAIL_URL leads to a server."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "DJANGO_"))}
        return inherited | {
            "PORTAL_ENV": "production",
            "PORTAL_VAR": str(self.folder / "var"),
            "PORTAL_URL": f"https://{HOST}",
            "PORTAL_HOSTS": HOST,
            "PORTAL_SECRET_KEY": self.secret_key,
            "PORTAL_STAFF_SECOND_FACTOR": "no",  # nobody here holds a telephone
            "PORTAL_MAIL_DOMAIN": "portal.internal",
            "PORTAL_LIMITS_TIMES": "1000",  # machines ask more than people
            "EMAIL_URL": "smtp+tls://portal:secret@127.0.0.1:9",
            "DATABASE_URL": self.cluster.url(database),
            "REDIS_URL": self.redis.url,
            **more,
        }

    def manage(self, database: str, *arguments: str, **more: str) -> None:
        """Run `manage.py` with them. Raises CalledProcessError."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        subprocess.run(command, env=self.environment(database, **more), check=True)

    def run(self, database: str, code: str, **more: str) -> None:
        """Run Python inside the portal, as `manage.py shell` does. Raises CalledProcessError."""
        self.manage(database, "shell", "--no-imports", "--command", code, **more)

    def web(self, database: str, **more: str) -> Web:
        return Web(self.folder, environment=self.environment(database, **more))


@contextmanager
def installation(**postgres_settings: str) -> Iterator[Installation]:
    """PostgreSQL and Redis run inside, in a folder that goes away with them."""
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        (folder / "var").mkdir()
        cluster = stack.enter_context(Cluster(folder, **postgres_settings))
        redis = stack.enter_context(Redis(folder))
        yield Installation(folder, cluster, redis)
