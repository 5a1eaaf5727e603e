"""Servers for a whole run of cases, and the variables with which the portal runs on them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rigs.postgres import Cluster
from rigs.processes import HOST, free_port, temporary_folder
from rigs.redis import Redis
from rigs.web import installation

DATABASE = "faults"
PRODUCTION, EMBEDDED = "production", "embedded"


class Servers(NamedTuple):
    """An embedded portal has none but its folder."""

    folder: Path
    variables: Mapping[str, str]
    mail_port: int
    cluster: Cluster | None = None
    redis: Redis | None = None


@contextmanager
def installed(kind: str) -> Iterator[Servers]:
    """For a new installation, whose mail goes to a port of ours."""
    port = free_port()
    common = {"EMAIL_URL": f"smtp://{HOST}:{port}"}
    if kind == PRODUCTION:
        with installation() as rig:
            rig.cluster.create(DATABASE)
            for command in (["migrate"], ["collectstatic", "--noinput"]):
                rig.manage(DATABASE, *command, "--verbosity", "0")
            yield Servers(rig.folder, rig.environment(DATABASE, **common), port, rig.cluster, rig.redis)
    else:
        with temporary_folder() as folder:
            yield Servers(folder, {"PORTAL_VAR": str(folder / "var"), "PORTAL_LIMITS_TIMES": "1000", **common}, port)
