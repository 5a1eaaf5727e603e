import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings

from portal import processes

PATIENCE = 30


@pytest.fixture
def address():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return f"127.0.0.1:{port}"


def serve(address: str, folder: Path) -> subprocess.Popen:
    """The real command on a new installation, embedded."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--bind", address],
        cwd=settings.BASE_DIR,
        env=inherited | {"PORTAL_VAR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(condition, *, seconds: float = PATIENCE):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)
    return result


def status_of(address: str, path: str) -> int | None:
    with suppress(OSError), urllib.request.urlopen(f"http://{address}{path}", timeout=5) as answer:
        return answer.status
    return None


def groups_of_children(parent: int) -> list[int]:
    """Each program has a process group of its own, named after its first process."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return [int(pid) for pid, ppid in map(str.split, listed.splitlines()) if int(ppid) == parent]


def programs_of(portal: subprocess.Popen, address: str) -> list[int]:
    """The groups of the three programs, once the portal answers."""

    def all_there() -> list[int] | None:
        assert portal.poll() is None, portal.communicate()[0]
        groups = groups_of_children(portal.pid)
        return groups if len(groups) == 3 and status_of(address, "/salud/") == 200 else None

    return until(all_there)


def is_running(group: int) -> bool:
    with suppress(ProcessLookupError):
        os.killpg(group, 0)
        return True
    return False


def test_one_command_serves_the_portal_and_ends_all_of_it_when_told(address, tmp_path):
    portal = serve(address, tmp_path)
    programs = programs_of(portal, address)

    portal.send_signal(signal.SIGTERM)
    output, _ = portal.communicate(timeout=PATIENCE)

    assert portal.returncode == 0, output
    assert f"http://{address}/" in output
    assert not any(is_running(group) for group in programs)


def test_a_port_that_is_taken_is_said_in_words(address, tmp_path):
    host, port = processes.host_and_port(address)
    with socket.create_server((host, port)):
        portal = serve(address, tmp_path)
        output, _ = portal.communicate(timeout=PATIENCE)

    assert portal.returncode == 1
    assert address in output
    assert "Traceback" not in output


@pytest.mark.parametrize("bind", ["8000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "http://127.0.0.1:8000", ""])
def test_an_address_that_is_not_host_and_port_is_refused(bind):
    with pytest.raises(ValueError):
        processes.host_and_port(bind)


def test_an_address_may_be_of_the_new_internet():
    assert processes.host_and_port("[::1]:8000") == ("::1", 8000)


class Watch:
    """A supervisor of small programs, run until what the test waits for has happened."""

    def __init__(self, folder: Path, **programs: str) -> None:
        self.ended: list[tuple[str, int]] = []
        self.supervisor = processes.Supervisor(
            [
                processes.Program(name, [sys.executable, "-c", code], essential=name == "web")
                for name, code in programs.items()
            ],
            folder=folder,
            environment=os.environ,
            say=lambda name, code: self.ended.append((name, code)),
        )

    def run_until(self, condition) -> int:
        def stop_when_it_happened() -> bool:
            if condition(self):
                self.supervisor.stop_requests += 1
            return False

        return self.supervisor.run(is_ready=stop_when_it_happened, when_ready=lambda: None)


FOREVER = "import time; time.sleep(60)"


def test_the_end_of_the_web_server_ends_everything_with_its_code(tmp_path):
    watch = Watch(tmp_path, web="raise SystemExit(3)", worker=FOREVER)

    code = watch.run_until(lambda _: False)

    assert code == 3
    assert watch.ended == [("web", 3)]
    assert watch.supervisor.running() == []


def test_a_worker_that_dies_is_started_again_after_a_while(tmp_path):
    watch = Watch(tmp_path, web=FOREVER, worker="raise SystemExit(1)")

    code = watch.run_until(lambda watch: watch.ended.count(("worker", 1)) == 2)

    assert code == 0


def test_a_program_that_dies_again_and_again_waits_longer_each_time(tmp_path):
    child = processes.Child(processes.Program("worker", ["true"]), folder=tmp_path, environment=os.environ)
    child.start()
    child.process.wait()

    waits = []
    for _ in range(6):
        child.postpone(at=child.started_at)
        waits.append(child.delay)
    child.postpone(at=child.started_at + processes.STEADY_AFTER + 1)

    assert waits == [1, 2, 4, 8, 16, 30]
    assert child.delay == processes.FIRST_DELAY


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child of its parent's death")
def test_programs_do_not_outlive_a_supervisor_that_is_killed(address, tmp_path):
    portal = serve(address, tmp_path)
    programs = programs_of(portal, address)

    portal.kill()
    portal.communicate(timeout=PATIENCE)

    until(lambda: not any(is_running(group) for group in programs))
