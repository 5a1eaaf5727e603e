"""What a case is, and what its twin is."""

from collections.abc import Callable
from typing import NamedTuple

from faults.stage import Stage


class Outcome(NamedTuple):
    """`did` says what was done and how often; `held` what was looked at afterwards, and held."""

    did: str
    held: str


class Case(NamedTuple):
    """`run` raises Broken when something does not hold, and Skipped where this machine cannot play it."""

    id: str
    name: str
    run: Callable[[Stage], Outcome]


class Twin(NamedTuple):
    """The same with a `guard` taken away: `run` must raise Broken, which says what broke."""

    id: str
    guard: str
    run: Callable[[Stage], object]


class Skipped(Exception):
    """The machine lacks what the case needs."""
