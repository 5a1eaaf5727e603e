"""What runs inside the portal's own processes: named points at which they are killed, shorter times, guards off.

The product knows nothing of it: functions are wrapped from outside, when one of our entry modules is imported.
"""

import os
import re
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partialmethod, wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

import files.disk
import mail.delivery
import mail.models
import mail.server
from downloads.models import Delivery
from faults import twins
from faults.times import FACTOR
from mail.messages import envelope
from mail.models import OutgoingMail
from mail.server import LoginRefused, MailServer, Unavailable
from releases.models import Release, Telling
from tickets.models import Draft

# The folder of the points at which the runner wants a process to die.
ARMED = "FAULTS_ARMED"

# Where the web is killed, and where the worker is.
MID_UPLOAD, FILE_NAMED = "in the middle of an upload", "after a file has its name"
FILE_COMMITTED = "after the commit of a file's row"
BEFORE_COMMIT, AFTER_COMMIT = "before the commit", "after the commit, before the answer"
BEFORE_SMTP, AFTER_DATA, BEFORE_MARK = "before SMTP", "after DATA was accepted", "before the mark"
# In the middle of word of a release, of which each batch of people is one transaction.
BEFORE_TOLD, AFTER_TOLD = "before the commit of a batch of people", "after it"
TOLD_UNMARKED = "after the mails of a batch, before its mark"
WEB_POINTS = (MID_UPLOAD, FILE_NAMED, BEFORE_COMMIT, AFTER_COMMIT)
WORKER_POINTS = (BEFORE_SMTP, AFTER_DATA, BEFORE_MARK)

# Which of a request's commits are meant: those inside these verbs.
COMMITS = {
    "open_ticket": (BEFORE_COMMIT, AFTER_COMMIT),
    "reply": (BEFORE_COMMIT, AFTER_COMMIT),
    "add": ("", FILE_COMMITTED),
    "put": (BEFORE_COMMIT, AFTER_COMMIT),
    "publish": (BEFORE_COMMIT, AFTER_COMMIT),
    "tell_next": (BEFORE_TOLD, AFTER_TOLD),
}
OWNERS: dict[str, type] = {"put": Delivery, "publish": Release, "tell_next": Telling}

# People who hear of a release at a time, so that a few dozen are many batches.
BATCH = 10
here = threading.local()

LONGEST_WAIT = timedelta(seconds=2)


def arrange() -> None:
    """Called by the entry modules, once Django is set up."""
    wrap_points()
    wrap_poison()
    if FACTOR > 1:
        shorten_times()
    if take_away := twins.INSIDE.get(os.environ.get("FAULTS_TWIN", "")):
        take_away()


# --- points ---


def armed(folder: Path, point: str) -> Path:
    """The file that makes the next process that comes to this point its last."""
    return folder / re.sub(r"\W+", "-", point)


def reach(point: str) -> None:
    """The end of this process, if somebody has armed the point; "" is none."""
    folder = os.environ.get(ARMED)
    if not folder or not point:
        return
    try:
        armed(Path(folder), point).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def wrap_points() -> None:
    wrap(files.disk, "sync", before=MID_UPLOAD)
    wrap(files.disk, "move", after=FILE_NAMED)
    wrap(MailServer, "send", before=BEFORE_SMTP, after=AFTER_DATA)
    wrap(OutgoingMail, "sent", before=BEFORE_MARK)
    Telling.tell_next = partialmethod(Telling.tell_next, size=BATCH)  # type: ignore[assignment]
    for verb in COMMITS:
        mark_verb(OWNERS.get(verb, Draft), verb)
    commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

    @wraps(commit)
    def watched(connection: BaseDatabaseWrapper) -> Any:
        before, after = getattr(here, "points", ("", ""))
        reach(before)
        result = commit(connection)
        reach(after)
        return result

    BaseDatabaseWrapper._commit = watched  # type: ignore[attr-defined]


def wrap(owner: Any, name: str, *, before: str = "", after: str = "") -> None:
    inner = getattr(owner, name)

    @wraps(inner)
    def outer(*args: Any, **kwargs: Any) -> Any:
        reach(before)
        result = inner(*args, **kwargs)
        reach(after)
        return result

    setattr(owner, name, outer)


def mark_verb(owner: type, name: str) -> None:
    inner = getattr(owner, name)

    @wraps(inner)
    def outer(*args: Any, **kwargs: Any) -> Any:
        here.points = COMMITS[name]
        try:
            return inner(*args, **kwargs)
        finally:
            del here.points

    setattr(owner, name, outer)


# --- poison ---


def endless() -> None:
    while True:
        pass


def too_deep() -> None:
    too_deep()


def raising(error: type[BaseException]) -> Callable[[], None]:
    def poison() -> None:
        raise error("poison")

    return poison


POISONS: dict[str, Callable[[], None]] = {
    "ValueError": raising(ValueError),
    "MemoryError": raising(MemoryError),
    "RecursionError": too_deep,
    "exit": lambda: os._exit(1),
    "endless": endless,
}


def wrap_poison() -> None:
    """A mail whose subject names a poison does it to whoever builds it."""

    def poisoned(row: OutgoingMail) -> Any:
        if row.subject.startswith("poison "):
            POISONS[row.subject.removeprefix("poison ")]()
        return envelope(row)

    mail.delivery.messages.envelope = poisoned  # type: ignore[assignment]


# --- the clock ---


def shorten_times() -> None:
    """Leases and waits are so many times shorter, those of a conversation with a mail server too."""
    mail.models.LEASE /= FACTOR
    delays = tuple(min(delay / FACTOR, LONGEST_WAIT) for delay in mail.models.DELAYS)
    mail.models.DELAYS = delays  # type: ignore[assignment]
    for kind in (Unavailable, LoginRefused):
        kind.delays = tuple(max(delay / FACTOR, timedelta(seconds=0.2)) for delay in kind.delays)
    settings.MAIL_TIMEOUT = max(settings.MAIL_TIMEOUT / FACTOR, 1)
