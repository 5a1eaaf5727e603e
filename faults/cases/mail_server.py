"""F11 and F12: the mail server is down, or answers so slowly that it might as well be."""

import json
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

from django.core.cache import cache

from faults.case import Case, Outcome, Twin
from faults.cases.mail_kills import TIMES, demand_each_once, queued, wait_until_sent
from faults.stage import Stage
from faults.verdict import demand, demand_equal
from mail.models import OutgoingMail
from portal.health import HEARTBEAT, OLDEST_HEARTBEAT
from rigs.processes import HOST

# Slower than the other mail cases, so that the shortened times of a conversation stay above what a busy machine needs.
SLOW_TIMES = 8
OLDEST = OLDEST_HEARTBEAT.total_seconds() / SLOW_TIMES


def down(stage: Stage) -> Outcome:
    people, threads, each = stage.people(), 4, 5
    with stage.portal(works=True, times=TIMES) as portal:
        tickets = [people.opened() for _thread in range(threads)]
        for ticket in tickets:
            for _reply in range(each):
                ticket.reply(by=people.agent, body="Lo miramos.")
        rows = OutgoingMail.objects.filter(thread__in=[ticket.reference for ticket in tickets]).order_by("pk")
        time.sleep(5)
        demand(all(mail.state in ("queued", "sending") for mail in rows), "a mail did not wait for the server")
        with stage.postbox:
            wait_until_sent([mail.pk for mail in rows], seconds=60)
        alerts = events(portal.worker.log, "mail_server_unavailable", level="error")
    demand_each_once(stage, [mail.pk for mail in rows], kills=0)
    demand_equal(alerts, 1, "the number of alerts")
    taken = stage.postbox.message_ids
    for reference, address in {(mail.thread, mail.address) for mail in rows}:
        written = [mail.message_id for mail in rows if (mail.thread, mail.address) == (reference, address)]
        demand_equal([name for name in taken if name in written], written, f"the order of {reference}")
    return Outcome(
        did=f"the server down for five seconds of a clock {TIMES} times as fast; {len(rows)} mails, {threads} tickets",
        held="0 lost, none twice, in each ticket in the order of writing; one alert",
    )


def events(log: Path, name: str, *, level: str) -> int:
    """How often the log says it."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return sum(line.get("event") == name and line["level"] == level for line in lines)


# --- F12 ---


def slow(stage: Stage, *, twin: str = "") -> Outcome:
    with stage.portal(works=True, times=SLOW_TIMES, twin=twin):
        with SilentServer(stage.postbox.port) as server:
            ids = queued(40)
            time.sleep(1)
            gap = longest_gap(seconds=2 * OLDEST)
        demand(server.most == 1, f"the server kept {server.most} hands of the worker busy at once")
        demand(gap < OLDEST, f"the worker gave no sign of life for {gap:.0f} s; {OLDEST:.0f} s are allowed")
        with stage.postbox:
            wait_until_sent(ids, seconds=90)
    demand_each_once(stage, ids, kills=0)
    return Outcome(
        did=f"a server silent after DATA, for {2 * OLDEST:.0f} s of a clock {SLOW_TIMES} times as fast; 40 mails",
        held=f"one hand of the worker was busy with it; the others gave a sign of life every {gap:.0f} s"
        f" ({OLDEST:.0f} s are allowed); then all left, once",
    )


def longest_gap(*, seconds: float) -> float:
    """Between two signs of life of the worker."""
    ends, seen, longest = time.time() + seconds, time.time(), 0.0
    while (now := time.time()) < ends:
        seen = max(seen, cache.get(HEARTBEAT, 0))
        longest = max(longest, now - seen)
        time.sleep(0.1)
    return longest


class SilentServer:
    """Says everything right until it has the mail; then it waits for the other side to give up."""

    def __init__(self, port: int) -> None:
        self.listening = socket.create_server((HOST, port))
        self.lock = threading.Lock()
        self.now = self.most = 0

    def __enter__(self) -> "SilentServer":
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _address = self.listening.accept()
                threading.Thread(target=self.talk, args=[line], daemon=True).start()

    def talk(self, line: socket.socket) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            with suppress(OSError), line, line.makefile("rb") as commands:
                line.sendall(b"220 slow\r\n")
                for command in commands:
                    is_data = command.upper().startswith(b"DATA")
                    line.sendall(b"354 go on\r\n" if is_data else b"250 fine\r\n")
                    if is_data:
                        commands.read()
        finally:
            with self.lock:
                self.now -= 1


def many_rounds(stage: Stage) -> None:
    slow(stage, twin="many_rounds")


CASES = [
    Case("F11", "The mail server is down", down),
    Case("F12", "The mail server is slow", slow),
]
TWINS = [Twin("F12", "one round of delivery at a time", many_rounds)]
