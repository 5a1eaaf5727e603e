"""What holds at every moment: the table of it, and the look whether it does."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

import structlog
from django.db import DatabaseError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.invariants.companies import children_repeat_their_company, companies_have_a_manager
from portal.invariants.files import disk_and_rows_agree
from portal.invariants.logbook import the_logbook_is_as_it_was_sealed
from portal.invariants.looking import Look
from portal.invariants.mails import mails_lead_somewhere
from portal.invariants.tickets import tickets_are_complete, what_was_sent_is_there_once
from portal.invariants.training import balances_are_the_sum_of_their_lines, trainers_are_in_one_place

log = structlog.get_logger(__name__)

# Of what breaks one invariant so many are told; all are counted.
TOLD = 20


class Invariant(NamedTuple):
    """`findings` gives a sentence for each thing that breaks it."""

    id: str
    meaning: Promise
    findings: Callable[[Look], Iterator[str]]


INVARIANTS = (
    Invariant("I1", gettext_lazy("What was sent is there once."), what_was_sent_is_there_once),
    Invariant("I2", gettext_lazy("Every ticket is complete."), tickets_are_complete),
    Invariant("I3", gettext_lazy("Every e-mail is in a state that leads somewhere."), mails_lead_somewhere),
    Invariant("I5", gettext_lazy("Hour bags hold what their lines say."), balances_are_the_sum_of_their_lines),
    Invariant("I6", gettext_lazy("No trainer is in two places."), trainers_are_in_one_place),
    Invariant("I7", gettext_lazy("Every active company has a manager."), companies_have_a_manager),
    Invariant("I8", gettext_lazy("Files and their rows say the same."), disk_and_rows_agree),
    Invariant(
        "I9", gettext_lazy("What hangs from a row of a company belongs to the same one."), children_repeat_their_company
    ),
    Invariant("I10", gettext_lazy("The logbook is as it was sealed."), the_logbook_is_as_it_was_sealed),
)


@dataclass
class Result:
    """What the look at one invariant came to: how many findings, and the first of them."""

    invariant: Invariant
    count: int = 0
    told: list[str] = field(default_factory=list)


def check(look: Look, invariants: Iterable[Invariant] = INVARIANTS) -> Iterator[Result]:
    """Look at each in turn. One that cannot be looked at counts as broken and hides no other."""
    for invariant in invariants:
        result = Result(invariant)
        try:
            findings = invariant.findings(look)
            result.told += islice(findings, TOLD)
            result.count = len(result.told) + sum(1 for _finding in findings)
        except (DatabaseError, OSError) as error:
            log.exception("invariant_not_checked", invariant=invariant.id)
            result.told.append(_("It could not be checked: %(error)s.") % {"error": type(error).__name__})
            result.count = len(result.told)
        yield result
