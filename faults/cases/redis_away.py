"""F06 and F07: Redis goes, comes back empty, or is full; nobody who writes or is logged in notices."""

import http.client
import socket
import statistics
import time
from collections.abc import Callable

from faults.case import Case, Outcome, Twin
from faults.cases.mail_kills import wait_until_sent
from faults.cases.web_kills import demand_journal
from faults.client import Browser, Journal
from faults.deeds import People
from faults.stage import PASSWORD, Portal, Stage
from faults.verdict import demand, demand_equal
from mail.models import OutgoingMail
from rigs.processes import HOST
from rigs.redis import Redis

TICKETS = 20
ATTEMPTS = 10  # after so many wrong passwords in a quarter of an hour the right one is refused too
REFUSED = http.client.OK  # the form again


def away(stage: Stage) -> Outcome:
    people, redis = stage.people(), redis_of(stage)
    with stage.postbox, stage.portal(works=True) as portal:
        journal = stage.journal(people, portal)
        before = seconds_each(journal)
        redis.stop()
        try:
            during = seconds_each(journal)
            demand_guarded_log_in(people, portal)
        finally:
            redis.start()
        back = time.monotonic()
        wait_until_sent(mails(people), seconds=120)
        seconds = time.monotonic() - back
    demand_journal(journal)
    demand(during < 1.2 * before + 0.1, f"a ticket took {during:.2f} s instead of {before:.2f} s")
    return Outcome(
        did=f"{TICKETS} tickets, Redis stopped, {TICKETS} more and {ATTEMPTS + 2} log-ins, Redis started",
        held=f"all acknowledged, {during * 1000:.0f} ms each instead of {before * 1000:.0f}; log-in works, and not any"
        f" more after {ATTEMPTS} wrong passwords; all mails had left {seconds:.0f} s after its return",
    )


def seconds_each(journal: Journal) -> float:
    """The middle of the times that tickets take, each acknowledged at its first try."""
    entries = [journal.begin(files=[]) for _ticket in range(TICKETS)]
    answers = [journal.send(entry) for entry in entries]
    demand_equal({answer.status for answer in answers}, {http.client.FOUND}, "the answers to new tickets")
    return statistics.median(answer.seconds for answer in answers)


def demand_guarded_log_in(people: People, portal: Portal) -> None:
    """One gets in, and whoever guesses does not."""
    right = Browser(portal.web.port).log_in(str(people.author.login), PASSWORD)
    demand_equal(right.status, http.client.FOUND, "the answer to a right password")
    for _attempt in range(ATTEMPTS):
        wrong = Browser(portal.web.port).log_in(str(people.colleague.login), "Otra-2026")
        demand_equal(wrong.status, REFUSED, "the answer to a wrong password")
    late = Browser(portal.web.port).log_in(str(people.colleague.login), PASSWORD)
    demand_equal(
        late.status, http.client.TOO_MANY_REQUESTS, f"the answer to a right password after {ATTEMPTS} wrong ones"
    )


def mails(people: People) -> list[int]:
    """Of the case's tickets."""
    return list(
        OutgoingMail.objects.filter(thread__startswith=f"{people.author.company.code}-").values_list("pk", flat=True)
    )


def redis_of(stage: Stage) -> Redis:
    assert stage.servers.redis is not None, "an embedded portal has no Redis"  # noqa: S101
    return stage.servers.redis


# --- F07 ---


def emptied(stage: Stage) -> Outcome:
    people, redis = stage.people(), redis_of(stage)
    deeds: dict[str, Callable[[], None]] = {
        "FLUSHALL": lambda: command(redis, "FLUSHALL"),
        "killed and started empty": lambda: start_empty(redis),
        "full": lambda: command(redis, "CONFIG SET maxmemory 1"),
    }
    with stage.postbox, stage.portal(works=True) as portal:
        browser = logged_in(people, portal)
        journal = Journal(browser, people.topic.pk)
        for name, do in deeds.items():
            do()
            demand_equal(browser.get("/tickets/").status, http.client.OK, f"the answer to who was logged in ({name})")
            for _ticket in range(5):
                journal.opened()
            demand_equal(logged_in(people, portal).get("/inicio/").status, http.client.OK, f"a new log-in ({name})")
        command(redis, "CONFIG SET maxmemory 0")
        ended: list[str] = []
        wait_until_sent(mails(people), seconds=120, tend=lambda: ended.extend(portal.revive()))
    demand_journal(journal)
    return Outcome(
        did=f"Redis {', '.join(deeds)}; five tickets and a log-in after each. Had ended and was started again:"
        f" {', '.join(ended) or 'nothing'}",
        held="nobody was logged out, every ticket was acknowledged at once, all mails left",
    )


def start_empty(redis: Redis) -> None:
    redis.kill()
    redis.start()


def logged_in(people: People, portal: Portal) -> Browser:
    browser = Browser(portal.web.port)
    answer = browser.log_in(str(people.author.login), PASSWORD)
    demand_equal(answer.status, http.client.FOUND, "the answer to a right password")
    return browser


def command(redis: Redis, words: str) -> None:
    with socket.create_connection((HOST, redis.port), timeout=5) as connection:
        connection.sendall(f"{words}\r\n".encode())
        demand_equal(connection.recv(3), b"+OK", f"Redis, told {words}")


# --- twins ---


def alone(stage: Stage) -> None:
    """Attempts are counted in Redis or nowhere."""
    people, redis = stage.people(), redis_of(stage)
    with stage.portal(twin="redis_alone") as portal:
        redis.stop()
        try:
            demand_guarded_log_in(people, portal)
        finally:
            redis.start()


def sessions_inside(stage: Stage) -> None:
    people, redis = stage.people(), redis_of(stage)
    with stage.portal(twin="sessions_in_redis") as portal:
        browser = logged_in(people, portal)
        command(redis, "FLUSHALL")
        demand_equal(browser.get("/tickets/").status, http.client.OK, "the answer to who was logged in")


CASES = [
    Case("F06", "Redis is away", away),
    Case("F07", "Redis is emptied, or full", emptied),
]
TWINS = [
    Twin("F06", "attempts are counted in the database while Redis is away", alone),
    Twin("F07", "sessions are in the database", sessions_inside),
]
