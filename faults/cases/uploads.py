"""L4: ten tickets at once, each with three files of five megabytes."""

import http.client
import threading
import time

from faults.case import Case, Outcome, Twin
from faults.cases.web_kills import demand_journal
from faults.client import Answer, Journal
from faults.stage import Portal, Stage, megabytes
from faults.verdict import demand, demand_equal

AT_ONCE, FILES, SIZE, ROUNDS = 10, 3, 5, 3
MOST_MEGABYTES, MOST_SECONDS = 150, 1.5


class Scale:
    """Looks, until told to stop, how much the web server holds in memory."""

    def __init__(self, portal: Portal) -> None:
        self.portal, self.most, self.over = portal, 0.0, threading.Event()
        self.before = self.weight()
        self.thread = threading.Thread(target=self.look)

    def weight(self) -> float:
        return megabytes([self.portal.web.pid, *self.portal.web.processes()])

    def look(self) -> None:
        while not self.over.wait(0.1):
            self.most = max(self.most, self.weight())

    def __enter__(self) -> "Scale":
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        self.thread.join()


def at_once(stage: Stage) -> Outcome:
    people = stage.people()
    with stage.portal() as portal:
        journals = stage.journals(people, portal, AT_ONCE)
        for journal in journals:  # what is loaded once is no cost of an upload
            journal.opened()
        with Scale(portal) as scale:
            slowest = min(one_round(journals) for _round in range(ROUNDS))
    for journal in journals:
        demand_journal(journal)
    grown = scale.most - scale.before
    demand(grown < MOST_MEGABYTES, f"the web server grew by {grown:.0f} MB")
    demand(slowest < MOST_SECONDS, f"the answer took {slowest:.1f} s after the last byte")
    return Outcome(
        did=f"{AT_ONCE} tickets at once, each with {FILES} files of {SIZE} MB; {ROUNDS} rounds",
        held=f"all taken; the web server grew by {grown:.0f} MB ({MOST_MEGABYTES} are allowed); in the best round 19 of"
        f" 20 answers came {slowest:.1f} s after the last byte or sooner ({MOST_SECONDS} s are allowed)",
    )


def one_round(journals: list[Journal]) -> float:
    """Seconds after the last byte in which 19 of 20 had their answer."""
    for journal in journals:
        journal.begin(files=files())
    answers = sent_together(journals)
    demand_equal({answer.status for answer in answers}, {http.client.FOUND}, "the answers")
    return sorted(answer.after_upload for answer in answers)[int(0.95 * AT_ONCE)]


def files() -> list[tuple[str, bytes]]:
    """No two alike, and none that is looked into for long."""
    now = time.monotonic_ns()
    return [(f"{now}-{number}.txt", f"{now} {number}\n".encode() * (SIZE * 2**20 // 20)) for number in range(FILES)]


def sent_together(journals: list[Journal]) -> list[Answer]:
    threads = [threading.Thread(target=journal.send, args=[journal.written[-1]]) for journal in journals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [journal.written[-1].answers[-1] for journal in journals]


CASES = [Case("L4", "Ten large tickets at once", at_once)]
TWINS: list[Twin] = []
