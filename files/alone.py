"""Work of which one hand of the worker at a time is enough, so that the others are free for the rest."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


@contextmanager
def on_this_machine(work: str) -> Iterator[bool]:
    """Whether no other thread or process here is at this work; the kernel forgets one that was killed."""
    with (settings.VAR_DIR / f"{work}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
