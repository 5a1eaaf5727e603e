"""F02 and F21: the web server's processes die, at named points and at any moment; the client tries again."""

import threading
from datetime import timedelta
from unittest.mock import patch

from django.db import connection, transaction
from django.utils import timezone

from faults.case import Case, Outcome, Twin
from faults.client import FILE, Browser, Journal, Written
from faults.deeds import a_file, new_draft
from faults.inside import AFTER_COMMIT, BEFORE_COMMIT, FILE_COMMITTED, FILE_NAMED, WEB_POINTS
from faults.stage import Portal, Stage
from faults.verdict import demand, demand_equal, demand_invariants, first_difference
from files import disk, janitor
from files.models import StoredFile
from mail.models import OutgoingMail
from tickets.models import Ticket

# A mail to support and one to the author.
MAILS_OF_A_TICKET = 2


def killed_at_points_and_at_any_moment(stage: Stage) -> Outcome:
    people = stage.people()
    at_points, at_moments = stage.kills * 2 // 3, stage.kills // 3
    with stage.portal() as portal:
        journal = stage.journal(people, portal)
        for number in range(at_points):
            kill_at(stage, journal, WEB_POINTS[number % len(WEB_POINTS)])
        for _number in range(at_moments):
            kill_some_time(stage, journal, portal)
    demand_journal(journal)
    tries = sum(len(entry.answers) for entry in journal.written)
    told = f"{at_points} processes killed {', '.join(WEB_POINTS[:-1])} or {WEB_POINTS[-1]}; {at_moments} at any moment"
    return Outcome(
        did=f"{told}; {len(journal.written)} tickets with a file written in {tries} tries with the same key",
        held="each ticket once and whole, with its file and two mails, where the answer said; I1, I2, I3, I8, I9",
    )


def kill_at(stage: Stage, journal: Journal, point: str) -> None:
    entry = journal.begin()
    stage.arm(point)
    journal.send_until_done(entry)
    demand(not stage.is_armed(point), f"nobody came {point}")


def kill_some_time(stage: Stage, journal: Journal, portal: Portal) -> None:
    """Somewhere in the time that a request takes."""
    entry = journal.begin()
    killer = threading.Timer(stage.chance.uniform(0, 0.12), portal.web.kill_one, [stage.chance])
    killer.start()
    journal.send_until_done(entry)
    killer.join()


def demand_journal(journal: Journal) -> None:
    """I1 and I2: what was acknowledged is there once and whole, what was not is there once and whole or not at all."""
    for entry in journal.written:
        tickets = list(Ticket.objects.filter(subject=entry.subject).select_related("company"))
        demand(len(tickets) <= 1, f"{len(tickets)} tickets from one form, after {len(entry.answers)} tries")
        demand(bool(tickets) or not entry.location, "a ticket that was acknowledged is not there")
        for ticket in tickets:
            demand_whole(ticket, entry)
    demand_invariants("I1", "I2", "I3", "I8", "I9")


def demand_whole(ticket: Ticket, entry: Written) -> None:
    if entry.location:
        demand_equal(entry.location, ticket.get_absolute_url(), "the address of a ticket")
    demand_equal([message.body for message in ticket.messages.all()], [entry.fields["body"]], "its messages")
    stored = [file.stored for file in ticket.attachments.select_related("stored")]
    demand(all(file.path.is_file() for file in stored), "a file of a ticket is not on the disk")
    files = [(file.name, file.path.read_bytes()) for file in stored]
    demand(files == list(entry.files), f"{len(files)} files, or others, instead of {len(entry.files)}")
    demand_equal(OutgoingMail.objects.filter(thread=ticket.reference).count(), MAILS_OF_A_TICKET, "its mails")


def posted_at_once(stage: Stage, *, twin: str = "") -> Outcome:
    people, rounds = stage.people(), 10
    with stage.portal(twin=twin) as portal:
        journal = stage.journal(people, portal)
        for _round in range(rounds):
            at_once(journal, journal.begin())
    demand_journal(journal)
    return Outcome(
        did=f"{rounds} forms sent three times each at the same moment",
        held="one ticket each, the same address three times",
    )


def at_once(journal: Journal, entry: Written) -> None:
    browsers = [Browser(journal.browser.port, dict(journal.browser.cookies)) for _copy in range(3)]
    copies = [Journal(browser, journal.topic) for browser in browsers]
    threads = [threading.Thread(target=copy.send, args=[entry]) for copy in copies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    demand_equal([answer.status for answer in entry.answers], [302] * 3, "the answers")
    demand_equal(len({answer.location for answer in entry.answers}), 1, "the number of addresses")


# --- F21 ---


def janitor_after_crashes(stage: Stage) -> Outcome:
    people, crashes = stage.people(), 6
    before = named_files()
    with stage.portal() as portal:
        journal = stage.journal(people, portal)
        for number in range(crashes):
            crash(stage, journal, number)
    left = on_disk() - named_files()
    demand(bool(left), "the crashes left nothing behind: nothing was shown")
    now = timezone.now()
    demand_equal(janitor.remove_unnamed(at=now + timedelta(hours=23)), 0, "removed after 23 hours")
    removed = janitor.remove_unnamed(at=now + timedelta(hours=25))
    demand_equal(removed, len(left), "removed after 25 hours")
    demand(on_disk() == named_files(), f"the disk differs from the rows: {first_difference(on_disk(), named_files())}")
    demand(before <= named_files(), "a file lost its row")
    demand_journal(journal)
    return Outcome(
        did=f"{crashes} processes killed between the file's name and the commit; the janitor 23 and 25 hours later",
        held=f"{removed} files without a row went after 24 hours, not before; none that a row names",
    )


def crash(stage: Stage, journal: Journal, number: int) -> None:
    """The client gives up. The form that it opens next is the same draft, so that each time the file is another."""
    point = (FILE_NAMED, BEFORE_COMMIT)[number % 2]
    entry = journal.begin(files=[(f"captura-{number}.txt", FILE[1])])
    stage.arm(point)
    journal.send(entry)
    demand(not stage.is_armed(point), f"nobody came {point}")


def named_files() -> set[str]:
    return set(StoredFile.objects.values_list("key", flat=True))


def on_disk() -> set[str]:
    """The names of all files, those of display copies and the quarantine apart."""
    folders = (disk.temporaries(), *disk.root().glob("??"))
    return {path.name for folder in folders for path in folder.glob("*") if not path.name.endswith(disk.DISPLAY_SUFFIX)}


# --- twins ---


def forgetful(stage: Stage) -> None:
    """The second try of a form becomes a second ticket."""
    with stage.portal(twin="forgetful_draft") as portal:
        journal = stage.journal(stage.people(), portal)
        kill_at(stage, journal, AFTER_COMMIT)
    demand_journal(journal)


def unlocked(stage: Stage) -> None:
    posted_at_once(stage, twin="unlocked_draft")


def late(stage: Stage) -> None:
    """The process dies between the row's commit and the file's name; the second try finds the row."""
    with stage.portal(twin="late_file") as portal:
        journal = stage.journal(stage.people(), portal)
        kill_at(stage, journal, FILE_COMMITTED)
    demand_journal(journal)


def impatient(stage: Stage) -> None:
    """The janitor comes while a file has its name and its row is not committed."""
    draft = new_draft(stage.people().author)
    with patch.object(janitor, "GRACE", timedelta(0)), transaction.atomic():
        draft.add([a_file()])
        sweeper = threading.Thread(target=sweep_now)
        sweeper.start()
        sweeper.join()
    demand_invariants("I8")


def sweep_now() -> None:
    try:
        janitor.remove_unnamed(at=timezone.now() + timedelta(seconds=1))
    finally:
        connection.close()


CASES = [
    Case("F02", "The web server is killed", killed_at_points_and_at_any_moment),
    Case("F02", "One form, three times at once", posted_at_once),
    Case("F21", "A crash between a file and its row", janitor_after_crashes),
]
TWINS = [
    Twin("F02", "a draft remembers that it was sent", forgetful),
    Twin("F02", "the row of a draft is locked while it is sent", unlocked),
    Twin("F21", "a file has its name before its row is committed", late),
    Twin("F21", "the janitor waits for 24 hours", impatient),
]
