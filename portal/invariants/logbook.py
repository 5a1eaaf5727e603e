"""The logbook: each day is as it was when it was sealed."""

import secrets
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain, pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import AuditEntry, LogbookSeal
from accounts.models.seal import beginning_of, day_of, figures_of, first_day
from portal.invariants.looking import Look

# The newest days are read whole in every look; of those before them, as many as there is time for.
ALWAYS = 7
# So long after its end a day must be sealed: two nights of the clock.
LATEST = timedelta(days=2)


def the_logbook_is_as_it_was_sealed(look: Look) -> Iterator[str]:
    seals = list(LogbookSeal.objects.order_by("day"))
    yield from every_day_is_sealed(seals, look)
    yield from nothing_came_before(seals)
    if look.reading_seconds is None:
        yield from read_wholly(seals)
    else:
        yield from read_in_time(seals, look.reading_seconds)


def every_day_is_sealed(seals: list[LogbookSeal], look: Look) -> Iterator[str]:
    """From the first line to the day before yesterday, without a gap."""
    for earlier, later in pairwise(seals):
        if (later.day - earlier.day).days > 1:
            words = _("The logbook has no seal between %(first)s and %(last)s.")
            yield words % {"first": earlier.day, "last": later.day}
    begun = seals[-1].day + timedelta(days=1) if seals else first_day()
    if begun is not None and begun < day_of(look.at - LATEST):
        yield _("The logbook has not been sealed since %(day)s.") % {"day": begun}


def nothing_came_before(seals: list[LogbookSeal]) -> Iterator[str]:
    if not seals:
        return
    numbers = AuditEntry.objects.filter(at__lt=beginning_of(seals[0].day)).order_by("at", "id")
    for number in numbers.values_list("id", flat=True).iterator():
        yield _("Line %(row)s of the logbook is dated before its first day.") % {"row": number}


def read_wholly(seals: list[LogbookSeal]) -> Iterator[str]:
    return chain.from_iterable(differences(seals, number) for number in range(len(seals)))


def read_in_time(seals: list[LogbookSeal], seconds: float) -> Iterator[str]:
    """Night after night each of the older days has its turn: one begins at any of them."""
    ends, older = time.monotonic() + seconds, max(len(seals) - ALWAYS, 0)
    yield from chain.from_iterable(differences(seals, number) for number in range(older, len(seals)))
    start = secrets.randbelow(older) if older else 0
    for number in chain(range(start, older), range(start)):
        if time.monotonic() > ends:
            return
        yield from differences(seals, number)


def differences(seals: list[LogbookSeal], number: int) -> Iterator[str]:
    """What of a day is not as it was sealed, after the digest of the day before."""
    sealed = seals[number]
    found = figures_of(sealed.day, after=seals[number - 1].digest if number else "")
    if found == sealed.figures():
        return
    difference = found.count - sealed.count
    if difference < 0:
        words = ngettext(
            "The logbook of %(day)s (lines %(first)s to %(last)s) lacks %(count)s line.",
            "The logbook of %(day)s (lines %(first)s to %(last)s) lacks %(count)s lines.",
            -difference,
        )
    elif difference > 0:
        words = ngettext(
            "The logbook of %(day)s (lines %(first)s to %(last)s) has %(count)s line that came later.",
            "The logbook of %(day)s (lines %(first)s to %(last)s) has %(count)s lines that came later.",
            difference,
        )
    else:
        words = _("The logbook of %(day)s (lines %(first)s to %(last)s) or its seal was altered.")
    yield words % {**named(sealed), "count": abs(difference)}


def named(seal: LogbookSeal) -> dict[str, date | int | str]:
    return {"day": seal.day, "first": seal.first_id or "–", "last": seal.last_id or "–"}
