"""Every case and every twin, by the kind of installation that they need."""

from types import ModuleType

from faults.case import Case, Twin
from faults.cases import (
    database_restarts,
    embedded,
    full_disks,
    mail_kills,
    mail_server,
    redis_away,
    sweeps,
    updates,
    uploads,
    web_kills,
)
from faults.postbox import Postbox
from faults.servers import EMBEDDED, PRODUCTION
from faults.stage import Stage

__all__ = ["OF", "Postbox", "Stage"]

MODULES: dict[str, list[ModuleType]] = {
    PRODUCTION: [
        sweeps,
        web_kills,
        mail_kills,
        mail_server,
        redis_away,
        database_restarts,
        full_disks,
        uploads,
        updates,
    ],
    EMBEDDED: [embedded],
}


def of(modules: list[ModuleType]) -> tuple[list[Case], list[Twin]]:
    cases = [case for module in modules for case in module.CASES]
    return cases, [twin for module in modules for twin in module.TWINS]


OF = {kind: of(modules) for kind, modules in MODULES.items()}
