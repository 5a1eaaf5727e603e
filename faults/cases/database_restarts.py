"""F17: PostgreSQL restarts, with warning and without, while people work."""

import http.client
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from django.db import connection

from faults.case import Case, Outcome, Twin
from faults.cases.web_kills import demand_journal
from faults.client import Answer, Browser, Journal
from faults.deeds import People
from faults.stage import Portal, Stage
from faults.verdict import demand, demand_equal
from rigs.postgres import Cluster

PEOPLE_AT_WORK = 4
FINE = (http.client.OK, http.client.FOUND)
# So many threads answer people, each with a connection of its own.
THREADS = 12


@dataclass
class Worker:
    """Reads the list, writes a ticket, and so on, until told to stop; remembers when each request began."""

    journal: Journal
    over: threading.Event
    answers: list[tuple[float, Answer]] = field(default_factory=list)

    def work(self) -> None:
        while not self.over.is_set():
            self.ask(lambda: self.journal.browser.get("/tickets/"))
            if self.journal.browser.get("/tickets/nuevo/").status == http.client.OK:
                self.write()

    def write(self) -> None:
        """One that is refused is sent again as the page offers it, with what was typed."""
        try:
            entry = self.journal.begin(files=[])
        except AssertionError:  # the database went in between
            return
        answer = self.ask(lambda: self.journal.send(entry))
        if answer.status == http.client.SERVICE_UNAVAILABLE:
            demand(entry.fields["body"] in answer.text, "a 503 without what was typed")
            self.journal.send_until_done(entry)

    def ask(self, request) -> Answer:
        began = time.monotonic()
        answer = request()
        self.answers.append((began, answer))
        return answer


def restarts(stage: Stage) -> Outcome:
    people, cluster = stage.people(), cluster_of(stage)
    kinds = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
    told = []
    with stage.portal() as portal:
        journals = stage.journals(people, portal, PEOPLE_AT_WORK)
        for name, number in kinds.items():
            told.append(f"{name}: {restart_under_load(cluster, journals, number)}")
        restart_at_rest(people, portal, cluster)
    for journal in journals:
        demand_journal(journal)
    return Outcome(
        did=f"PostgreSQL restarted while {PEOPLE_AT_WORK} people read and write, and once while nobody does",
        held=f"{'; '.join(told)}; each 503 gave the text back, which was sent again; nothing failed after the return",
    )


def restart_under_load(cluster: Cluster, journals: list[Journal], number: signal.Signals) -> str:
    """How many requests went well, and how many were told to wait."""
    over = threading.Event()
    workers = [Worker(journal, over) for journal in journals]
    threads = [threading.Thread(target=worker.work) for worker in workers]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    cluster.stop(number)
    time.sleep(0.5)
    cluster.start()
    back = time.monotonic()
    time.sleep(2)
    over.set()
    for thread in threads:
        thread.join()
    connection.close()
    answers = [(began, answer.status) for worker in workers for began, answer in worker.answers]
    statuses = Counter(status for _began, status in answers)
    demand(set(statuses) <= {*FINE, http.client.SERVICE_UNAVAILABLE}, f"answers were {dict(statuses)}")
    late = Counter(status for began, status in answers if began > back and status not in FINE)
    demand(not late, f"after the return answers were {dict(late)}")
    return (
        f"{sum(statuses[status] for status in FINE)} answered, {statuses[http.client.SERVICE_UNAVAILABLE]} told to wait"
    )


def restart_at_rest(people: People, portal: Portal, cluster: Cluster) -> None:
    """Every thread has a connection that broke while nobody looked."""
    browser = Browser.of(people.author, portal.web.port)
    demand_equal(together(browser), {http.client.OK}, "the answers before")
    cluster.stop()
    cluster.start()
    connection.close()
    demand_equal(together(browser), {http.client.OK}, "the first answers after a restart at rest")


def together(browser: Browser) -> set[int]:
    """The answers to more requests at once than there are threads, some times over."""
    statuses: set[int] = set()

    def ask() -> None:
        own = Browser(browser.port, dict(browser.cookies))
        statuses.update(own.get("/tickets/").status for _time in range(4))

    threads = [threading.Thread(target=ask) for _thread in range(2 * THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def cluster_of(stage: Stage) -> Cluster:
    assert stage.servers.cluster is not None, "an embedded portal has no PostgreSQL"  # noqa: S101
    return stage.servers.cluster


def unchecked(stage: Stage) -> None:
    with stage.portal(twin="unchecked_connections") as portal:
        restart_at_rest(stage.people(), portal, cluster_of(stage))


CASES = [Case("F17", "PostgreSQL restarts", restarts)]
TWINS = [Twin("F17", "a connection is looked at before it is used again", unchecked)]
