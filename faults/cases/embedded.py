"""F28: an embedded portal on SQLite: many writers, kills in the middle of writing, a backup meanwhile."""

import http.client
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

from django.conf import settings

from faults.case import Case, Outcome, Twin
from faults.cases.web_kills import demand_journal, kill_at, kill_some_time
from faults.client import Journal
from faults.inside import WEB_POINTS
from faults.stage import Stage
from faults.verdict import Broken, demand, demand_equal
from rigs.web import ROOT
from tickets.models import Ticket

WRITERS, EACH = 5, 20


def written_by_many(stage: Stage, *, twin: str = "") -> Outcome:
    people = stage.people()
    with stage.portal(twin=twin) as portal:
        journals = stage.journals(people, portal, WRITERS)
        write_together(journals)
        said = portal.web.log.read_text().count("locked")
    answers = [answer.status for journal in journals for entry in journal.written for answer in entry.answers]
    demand_equal(set(answers), {http.client.FOUND}, "the answers")
    demand_equal(said, 0, "how often the log says “locked”")
    for journal in journals:
        demand_journal(journal)
    return Outcome(
        did=f"{WRITERS} people write {EACH} tickets with a file each, at the same time",
        held="every one acknowledged at the first try; nothing was locked; I1, I2, I3, I8, I9",
    )


def write_together(journals: list[Journal]) -> None:
    """Raises what a writer has raised."""
    failures: list[Exception] = []

    def write(journal: Journal) -> None:
        try:
            for _ticket in range(EACH):
                journal.send(journal.begin())
        except Broken as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=[journal]) for journal in journals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def killed_while_writing(stage: Stage) -> Outcome:
    people, at_points, at_moments = stage.people(), 12, 8
    with stage.portal() as portal:
        journal = stage.journal(people, portal)
        for number in range(at_points):
            kill_at(stage, journal, WEB_POINTS[number % len(WEB_POINTS)])
        for _number in range(at_moments):
            kill_some_time(stage, journal, portal)
    demand_sound(database())
    demand_journal(journal)
    return Outcome(
        did=f"{at_points + at_moments} times killed while it writes; {len(journal.written)} tickets",
        held="integrity_check is content; each ticket once and whole; I1, I2, I3, I8, I9",
    )


def copied_while_writing(stage: Stage) -> Outcome:
    people = stage.people()
    copies = [stage.folder / f"copy-{number}.sqlite3" for number in range(3)]
    with stage.portal() as portal:
        journals = stage.journals(people, portal, WRITERS)
        writing = threading.Thread(target=write_together, args=[journals])
        writing.start()
        counts = [copied(copy, before=acknowledged(journals)) for copy in copies]
        writing.join()
    for journal in journals:
        demand_journal(journal)
    return Outcome(
        did=f"VACUUM INTO {len(copies)} times while {WRITERS} people write; the copies hold {counts} tickets",
        held="integrity_check is content with each copy; it holds whatever was acknowledged before; I1, I2, I3, I9",
    )


def acknowledged(journals: list[Journal]) -> int:
    return sum(bool(entry.location) for journal in journals for entry in journal.written)


def copied(copy: Path, *, before: int) -> int:
    """How many tickets the copy holds: those that had been there, or more."""
    there = Ticket.objects.count()
    with closing(sqlite3.connect(database())) as source:
        source.execute("VACUUM INTO ?", [str(copy)])
    demand_sound(copy)
    with closing(sqlite3.connect(copy)) as opened:
        (count,) = opened.execute("SELECT count(*) FROM tickets_ticket").fetchone()
    demand(count >= max(there, before), f"the copy holds {count} tickets instead of {there}")
    demand_checked(copy)
    return count


def demand_sound(path: Path) -> None:
    with closing(sqlite3.connect(path)) as opened:
        demand_equal(opened.execute("PRAGMA integrity_check").fetchall(), [("ok",)], "integrity_check")


def demand_checked(copy: Path) -> None:
    """The portal on the copy. Its files are those of later, so that I8 is left out."""
    command = [sys.executable, str(ROOT / "manage.py"), "portal_check", "I1", "I2", "I3", "I9"]
    variables = os.environ | {"DATABASE_URL": f"sqlite:///{copy}", "PORTAL_LOG_LEVEL": "ERROR"}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    demand(done.returncode == 0, f"the copy: {done.stdout} {done.stderr}")


def database() -> Path:
    return Path(settings.DATABASES["default"]["NAME"])


def deferred(stage: Stage) -> None:
    written_by_many(stage, twin="deferred_transactions")


CASES = [
    Case("F28", "SQLite: five writers", written_by_many),
    Case("F28", "SQLite: killed while it writes", killed_while_writing),
    Case("F28", "SQLite: copied while it writes", copied_while_writing),
]
TWINS = [Twin("F28", "a writer takes its lock at the beginning", deferred)]
