"""A server of our own: started, waited for, stopped, and gone when we are."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from portal.processes import STOP_SIGNALS, dying_with

HOST = "127.0.0.1"
PATIENCE = 30.0  # seconds that a server has to answer, or to end
TICK = 0.05


class DidNotStart(RuntimeError):
    """A server ended, or did not answer in time; the message holds the end of its log."""


class DidNotHappen(RuntimeError):
    """What was waited for did not come in time."""


def free_port() -> int:
    """A port of the loopback that nobody listens at now."""
    with socket.create_server((HOST, 0)) as server:
        return server.getsockname()[1]


def is_listening(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(happened: Callable[[], bool], *, what: str, seconds: float = PATIENCE) -> None:
    """Raises DidNotHappen."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise DidNotHappen(f"{what}: waited for {seconds:.0f} seconds in vain")
        time.sleep(TICK)


class Server:
    """One program in a process group of its own, so that Ctrl-C reaches us alone and we end it in order.

    It ends with the thread that started it, however that ends, where the kernel can do so. Its output goes to `log`.
    """

    name = "server"
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, *, user: str | None = None, group: int | str | None = None) -> None:
        """`user` and `group` are those of the process, when we are root; a user's own group unless said."""
        self.folder = folder
        self.user = user
        self.group = group or user
        self.log = folder / f"{self.name}.log"
        self.process: subprocess.Popen | None = None

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        return os.environ

    def answers(self) -> bool:
        """Whether it does its work already."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        if self.process is None:
            raise ProcessLookupError(f"{self.name} was never started")
        return self.process.pid

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Returns when it answers. Raises DidNotStart."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                env=dict(self.environment()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                user=self.user,
                group=self.group,
                extra_groups=[] if self.group else None,
                preexec_fn=dying_with(os.getpid(), self.stop_signal),  # noqa: PLW1509 (nothing that could deadlock)
            )
        try:
            wait_until(lambda: not self.is_running() or self.answers(), what=f"start of {self.name}")
        except DidNotHappen as error:
            self.kill()
            raise DidNotStart(f"{error}\n{self.last_words()}") from error
        except BaseException:
            self.kill()
            raise
        if not self.is_running():
            raise DidNotStart(f"{self.name} ended with code {self.process.returncode}\n{self.last_words()}")

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def stop(self, number: signal.Signals | None = None) -> None:
        """Ask it to end, and kill the whole group when it does not."""
        if self.is_running():
            os.kill(self.pid, number or self.stop_signal)
            with suppress(DidNotHappen):
                wait_until(lambda: not self.is_running(), what=f"end of {self.name}")
        self.kill()

    def kill(self) -> None:
        """Kill -9 of the program and of all its children; one that is gone already is no error."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that other users may pass through, as the database's user must, and that goes away."""
    folder = Path(tempfile.mkdtemp(prefix="portal-rig-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Whatever asks us to end unwinds as Ctrl-C does, so that whatever was started is ended."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
