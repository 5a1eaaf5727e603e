"""An embedded installation is three programs, web server, worker and clock, under one process that watches them."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from django.conf import settings

# Linux's prctl, looked up before any fork; other systems have none.
PRCTL = getattr(ctypes.CDLL(None), "prctl", None)
PR_SET_PDEATHSIG = 1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Seconds.
TICK = 0.1
FIRST_DELAY = 1.0
LONGEST_DELAY = 30.0
STEADY_AFTER = 60.0
PATIENCE = 15.0

# What production runs as services of their own, without the address that web listens at. The Dockerfile, compose,
# systemd's units and docs/operations.md repeat it word for word; the suite compares them.
PRODUCTION = {
    # The proxy says in words that an address is too long, and measures it compressed: what passes there passes here.
    "web": (
        "gunicorn portal.wsgi --worker-class gthread --workers 3 --threads 4 --worker-tmp-dir /dev/shm"
        " --no-control-socket --log-level error --max-requests 10000 --max-requests-jitter 1000"
        " --limit-request-line 0"
    ),
    # A process for each task at a time: one that never ends is killed at its limit, which threads do not do.
    "worker": "celery --quiet --app portal worker --concurrency 4 --max-tasks-per-child 1000 --loglevel WARNING",
    "beat": "celery --quiet --app portal beat --loglevel WARNING",
}


@dataclass(frozen=True)
class Program:
    """What to run. The end of an `essential` one is the end of all; any other is started again."""

    name: str
    command: Sequence[str]
    essential: bool = False


def embedded_programs(*, bind: str, workers: int) -> list[Program]:
    """Web server at `bind` (host:port), one worker with four threads, and the clock that wakes it up. Each download
    holds a thread of the web server while it lasts, and pages want one too."""
    web = [
        *("gunicorn", "portal.wsgi:application", "--bind", bind),
        *("--worker-class", "gthread", "--workers", str(workers), "--threads", "32"),
        # Below "error" it writes visitors' addresses.
        *("--no-control-socket", "--graceful-timeout", "10", "--log-level", "error"),
        # Pages answer an address of any length; gunicorn would refuse it without words for people.
        *("--limit-request-line", "0"),
    ]
    celery = ("celery", "--quiet", "--app", "portal")
    worker = [
        *(*celery, "worker", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
    beat = [*celery, "beat", "--loglevel", "WARNING"]
    return [
        Program("web", [sys.executable, "-m", *web], essential=True),
        Program("worker", [sys.executable, "-m", *worker]),
        Program("beat", [sys.executable, "-m", *beat]),
    ]


def make_folders() -> None:
    """What the programs use must be there before they start: files, and the queue when it is kept in files."""
    queue = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {}).values()
    for folder in (settings.VAR_DIR, settings.FILES_ROOT, *queue):
        Path(folder).mkdir(parents=True, exist_ok=True)


def host_and_port(bind: str) -> tuple[str, int]:
    """Raises ValueError when `bind` is not host:port, as in 127.0.0.1:8000 or [::1]:8000."""
    parts = urlsplit(f"//{bind}")
    if parts.netloc != bind or not parts.hostname or not parts.port:
        raise ValueError(bind)
    return parts.hostname, parts.port


def claim(bind: str) -> None:
    """Raises OSError when this address cannot be listened at: taken, not ours, or reserved."""
    host, port = host_and_port(bind)
    socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()


def answers(bind: str) -> bool:
    try:
        socket.create_connection(host_and_port(bind), timeout=1).close()
    except OSError:
        return False
    return True


def dying_with(parent: int, number: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """Run in a child before its program: where the kernel can do it, `number` ends it when `parent` dies, however."""

    def prepare() -> None:
        if PRCTL is not None:
            PRCTL(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os.kill(os.getpid(), number)

    return prepare


class Child:
    """A program's present process, in a group of its own so that Ctrl-C reaches only the supervisor."""

    def __init__(self, program: Program, *, folder: Path, environment: Mapping[str, str]) -> None:
        self.program = program
        self.folder = folder
        self.environment = environment
        self.delay = 0.0
        self.due_at: float | None = None

    def start(self) -> None:
        self.due_at = None
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.program.command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=dying_with(os.getpid()),  # noqa: PLW1509 (the supervisor has one thread)
        )

    def exit_code(self) -> int | None:
        """None while it runs; 128 + the signal's number when a signal ended it, as shells say."""
        code = self.process.poll()
        return 128 - code if code is not None and code < 0 else code

    def postpone(self, at: float) -> None:
        """Plan the next start: the shorter the life, the longer the wait."""
        was_steady = at - self.started_at > STEADY_AFTER
        self.delay = FIRST_DELAY if was_steady else min(max(self.delay * 2, FIRST_DELAY), LONGEST_DELAY)
        self.due_at = at + self.delay

    def send(self, number: signal.Signals) -> None:
        """To the whole group: a program that was killed leaves its own children behind."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Supervisor:
    """Keeps programs running until it is told to stop or an essential one ends."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        folder: Path,
        environment: Mapping[str, str],
        say: Callable[[str, int], None],
    ) -> None:
        self.children = [Child(program, folder=folder, environment=environment) for program in programs]
        self.say = say
        self.stop_requests = 0

    def run(self, *, is_ready: Callable[[], bool], when_ready: Callable[[], None]) -> int:
        """Returns the exit code: 0 after a request to stop, else that of the essential program that ended."""
        with self.stop_signals_counted():
            for child in self.children:
                child.start()
            code, ready = None, False
            while code is None and not self.stop_requests:
                time.sleep(TICK)
                if not ready and is_ready():
                    ready = True
                    when_ready()
                code = self.look_after_children(at=time.monotonic())
            self.stop()
        return code or 0

    def look_after_children(self, *, at: float) -> int | None:
        """Start again what ended. The exit code of an essential program that ended, else None."""
        for child in self.children:
            if child.due_at is not None:
                if at >= child.due_at:
                    child.start()
            elif (code := child.exit_code()) is not None:
                child.send(signal.SIGKILL)
                self.say(child.program.name, code)
                if child.program.essential:
                    return code
                child.postpone(at)
        return None

    def stop(self) -> None:
        """Ask all to end, wait for them, and kill what is left after PATIENCE or a second request."""
        asked_before = self.stop_requests
        deadline = time.monotonic() + PATIENCE
        for child in self.running():
            child.send(signal.SIGTERM)
        while running := self.running():
            if time.monotonic() > deadline or self.stop_requests > asked_before:
                for child in running:
                    child.send(signal.SIGKILL)
            time.sleep(TICK)

    def running(self) -> list[Child]:
        return [child for child in self.children if child.exit_code() is None]

    @contextmanager
    def stop_signals_counted(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.count_stop_request) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def count_stop_request(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_requests += 1
