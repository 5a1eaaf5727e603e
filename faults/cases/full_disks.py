"""F20: no room for the files of tickets, or for what a web server puts aside while it receives them."""

import html
import http.client
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

from django.conf import settings
from django.db.models import Q

from faults.case import Case, Outcome, Skipped, Twin
from faults.client import Journal, Written
from faults.deeds import People
from faults.stage import Stage, mount, unmount
from faults.verdict import demand, demand_equal, demand_invariants, first_difference
from files import receiving
from tickets.models import Attachment, Ticket

SMALL, LARGE = 1, 8  # megabytes
ROOM = 4
NO_ROOM = "sin espacio"
# The form again with the reason, or the page of an error that is not ours.
TOLD = (http.client.OK, http.client.SERVICE_UNAVAILABLE, http.client.INSUFFICIENT_STORAGE)


@contextmanager
def disk(stage: Stage, name: str) -> Iterator[Path]:
    """With room for a small file, not for a large one. Raises Skipped."""
    folder = stage.folder / name
    try:
        mount(folder, megabytes=ROOM)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Skipped("tmpfs cannot be mounted here: needs root") from error
    try:
        yield folder
    finally:
        unmount(folder)


def a_file(megabytes: int) -> tuple[str, bytes]:
    return f"{uuid.uuid4().hex}.txt", b"Planta 2, impresora\n" * (megabytes * 2**20 // 20)


def full(stage: Stage) -> Outcome:
    people = stage.people()
    files_are_full(stage, people)
    temporaries_are_full(stage, people)
    demand_invariants("I1", "I2", "I3", "I8")
    return Outcome(
        did=f"a file of {LARGE} MB where {ROOM} MB fit: on the files' disk, then on the web server's temporary one",
        held="words that say so and the text given back; no half ticket, no part of a file; reading works; with room"
        " again the same form is one ticket; I1, I2, I3, I8",
    )


def files_are_full(stage: Stage, people: People) -> None:
    with (
        own_files(stage) as folder,
        stage.portal(PORTAL_VAR=str(folder.parent), PORTAL_STATIC=str(settings.STATIC_ROOT)) as portal,
    ):
        journal = stage.journal(people, portal)
        kept = journal.opened(files=[a_file(SMALL)])
        refused = no_room(journal)
        demand_only_whole_files(folder, people)
        demand_equal(journal.browser.get(kept.location).status, http.client.OK, "the answer to reading")
        subprocess.run(["mount", "-o", f"remount,size={4 * LARGE}m", str(folder)], check=True)
        journal.send_until_done(refused)
        demand_only_whole_files(folder, people)
        demand_equal(Ticket.objects.filter(subject=refused.subject).count(), 1, "tickets once there was room")
        shutil.copytree(folder, settings.FILES_ROOT, dirs_exist_ok=True)


def temporaries_are_full(stage: Stage, people: People) -> None:
    with disk(stage, "tmp") as folder, stage.portal(TMPDIR=str(folder)) as portal:
        journal = stage.journal(people, portal)
        no_room(journal)
        left = [path for path in folder.glob("*.upload*")]
        demand_equal(left, [], "left of an upload")
        demand_equal(journal.browser.get("/tickets/").status, http.client.OK, "the answer to reading")
        journal.opened(files=[a_file(SMALL)])


@contextmanager
def own_files(stage: Stage) -> Iterator[Path]:
    """The folder of the files, a small disk, in a folder of the portal's own."""
    with disk(stage, "small/files") as folder:
        yield folder


def no_room(journal: Journal) -> Written:
    """A ticket that was not taken."""
    entry = journal.begin(files=[a_file(LARGE)])
    answer = journal.send(entry)
    demand(answer.status in TOLD, f"the page answered {answer.status}")
    demand(NO_ROOM in answer.text, "the page does not say that there is no room")
    demand(html.escape(entry.fields["body"]) in answer.text, "the page does not give back what was typed")
    demand_equal(Ticket.objects.filter(subject=entry.subject).count(), 0, "half a ticket")
    return entry


def demand_only_whole_files(folder: Path, people: People) -> None:
    mine = Q(company=people.author.company_id) | Q(draft__person=people.author)
    named = set(Attachment.objects.filter(mine).values_list("stored__key", flat=True))
    found = {path.name for path in folder.rglob("*") if path.is_file()}
    demand(found == named, f"the small disk differs from the rows: {first_difference(found, named)}")


def left_behind(stage: Stage) -> None:
    """What could not be written whole stays where it is."""
    source = stage.folder / "grande.txt"
    source.write_bytes(a_file(LARGE)[1])
    with disk(stage, "twin") as folder, patch.object(settings, "FILES_ROOT", folder):
        with patch.object(Path, "unlink", lambda path, **how: None), suppress(receiving.Refused):
            receiving.receive_path(source, source.name)
        demand_equal(len(list(folder.rglob("tmp/*"))), 0, "parts of files on a full disk")


CASES = [Case("F20", "Disks are full", full)]
TWINS = [Twin("F20", "what could not be written whole is removed", left_behind)]
