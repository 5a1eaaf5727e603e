"""What the cases play on: servers of our own, the portal's processes on them, people, and points at which they die."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection

from accounts.models import Company, User
from faults.client import Browser, Journal
from faults.deeds import People
from faults.inside import armed
from faults.postbox import Postbox
from faults.servers import Servers
from mail.models import Delivery, OutgoingMail
from portal.health import HEARTBEAT
from portal.processes import PRODUCTION, embedded_programs
from rigs.processes import HOST, Server, wait_until
from rigs.web import Web
from tickets.models import Topic

PASSWORD = "Clave-2026"  # noqa: S105 - of people who live for one run
BREAKABLE = "faults.wsgi"
numbers = count(1)


class BreakableWeb(Web):
    """The portal's web server with our points inside, as `manage.py serve` runs it or as production does."""

    def __init__(self, folder: Path, *, is_embedded: bool, environment: Mapping[str, str]) -> None:
        super().__init__(folder, environment=environment, application=BREAKABLE)
        self.log = folder / f"web-{next(numbers)}.log"
        self.is_embedded = is_embedded

    def command(self) -> Sequence[str]:
        if not self.is_embedded:
            return super().command()
        (web, *_others) = embedded_programs(bind=f"{HOST}:{self.port}", workers=1)
        return [BREAKABLE if part == "portal.wsgi:application" else part for part in web.command]

    def processes(self) -> list[int]:
        """Those that answer people."""
        return children(self.pid)

    def kill_one(self, chance: random.Random) -> None:
        os.kill(chance.choice(self.processes()), signal.SIGKILL)


class Work(Server):
    """Celery's worker or its clock, as in production with our points inside."""

    def __init__(self, kind: str, folder: Path, *, environment: Mapping[str, str]) -> None:
        self.name = f"{kind}-{next(numbers)}"
        super().__init__(folder)
        self.kind = kind
        self.variables = environment

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", *PRODUCTION[self.kind].replace("--app portal", "--app faults.work").split()]

    def environment(self) -> Mapping[str, str]:
        return self.variables

    def start(self) -> None:
        cache.delete(HEARTBEAT)
        super().start()

    def answers(self) -> bool:
        """A worker says so itself; the clock is never asked anything."""
        return self.kind == "beat" or cache.get(HEARTBEAT) is not None


@dataclass
class Portal:
    """The portal's processes while a case plays; worker and clock run where the case needs them."""

    web: BreakableWeb
    worker: Work
    beat: Work

    def revive(self) -> list[str]:
        """Start again what has ended, as the service manager of an installation does; says what that was."""
        ended = [server for server in (self.worker, self.beat) if not server.is_running()]
        for server in ended:
            server.start()
        return [server.kind for server in ended]


@dataclass
class Stage:
    servers: Servers
    postbox: Postbox
    chance: random.Random
    kills: int

    @property
    def folder(self) -> Path:
        return self.servers.folder

    @contextmanager
    def portal(self, *, works: bool = False, times: float = 1, twin: str = "", **more: str) -> Iterator[Portal]:
        """The web server and, if the portal `works`, worker and clock; the clock goes `times` as fast."""
        variables = {
            **os.environ,
            "PORTAL_LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "faults.settings",
            "FAULTS_ARMED": str(self.points),
            "FAULTS_TIMES": str(times),
            "FAULTS_TWIN": twin,
            **more,
        }
        is_embedded = self.servers.cluster is None
        portal = Portal(
            web=BreakableWeb(self.folder, is_embedded=is_embedded, environment=variables),
            worker=Work("worker", self.folder, environment=variables),
            beat=Work("beat", self.folder, environment=variables),
        )
        with ExitStack() as stack:
            for server in (portal.web, portal.worker, portal.beat) if works else (portal.web,):
                stack.enter_context(server)
            yield portal

    # --- points ---

    @property
    def points(self) -> Path:
        folder = self.folder / "armed"
        folder.mkdir(exist_ok=True)
        return folder

    def arm(self, point: str) -> None:
        """The next process that comes to this point dies there."""
        armed(self.points, point).touch()

    def is_armed(self, point: str) -> bool:
        return armed(self.points, point).exists()

    def wait_for_kill(self, point: str) -> None:
        wait_until(lambda: not self.is_armed(point), what=f"a process that comes to its end {point}")

    def tidy(self) -> None:
        """What one case has left is nothing to the next."""
        connection.close()
        for file in self.points.iterdir():
            file.unlink()
        self.postbox.message_ids.clear()
        OutgoingMail.objects.cancel()
        Delivery.current().release()

    # --- people ---

    def people(self) -> People:
        """A company for each case, and the agent of all."""
        number = next(numbers)
        company = Company.objects.create(name=f"Empresa {number}", code=f"F{number}")
        manager = contact(company, "gema", is_company_manager=True, can_see_company_tickets=True)
        agent, is_new = User.objects.get_or_create(
            login="agente", defaults={"email": "agente@faults.example", "first_name": "Marta", "is_staff": True}
        )
        if is_new:
            agent.groups.add(Group.objects.get(name="Agente"))
        topic = Topic.objects.offered().earliest("pk")
        return People(contact(company, "ana"), manager, agent, topic)

    def journal(self, people: People, portal: Portal) -> Journal:
        """Of what the author writes in this case."""
        return Journal(Browser.of(people.author, portal.web.port), people.topic.pk)

    def journals(self, people: People, portal: Portal, number: int) -> list[Journal]:
        """Of so many colleagues: one person who opens the form twice gets the same draft twice."""
        company = Company.objects.get(people=people.author)
        writers = [contact(company, f"persona{position}") for position in range(number)]
        return [Journal(Browser.of(writer, portal.web.port), people.topic.pk) for writer in writers]


def contact(company: Company, name: str, **flags: bool) -> User:
    login = f"{name}-{company.code.lower()}"
    permissions = {"has_portal_access": True, "can_use_tickets": True, **flags}
    person = User.objects.create_contact(
        by=None,
        company=company,
        permissions=permissions,
        login=login,
        email=f"{login}@faults.example",
        first_name=name.title(),
        password=PASSWORD,
        must_change_password=False,
    )
    return User.objects.select_related("company").get(pk=person.pk)


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        if int(fields[1]) == pid:
            found.append(int(folder.name))
    return found


def megabytes(pids: Sequence[int]) -> float:
    """What the processes hold in memory; what several share counts once."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def mount(folder: Path, *, megabytes: int) -> None:
    """A small disk of its own at the folder. Raises CalledProcessError where we may not."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs"]
    subprocess.run(["mount", *options, str(folder)], check=True, stderr=subprocess.DEVNULL)


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
