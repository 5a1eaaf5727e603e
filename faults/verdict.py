"""What must hold after a fault, and what it is called when it does not."""

from collections.abc import Iterable

from django.utils import timezone, translation

from portal.invariants import INVARIANTS, Look, check

BY_ID = {invariant.id: invariant for invariant in INVARIANTS}


class Broken(AssertionError):
    """What must hold after the fault does not."""


def demand(holds: bool, otherwise: str) -> None:
    """Raises Broken."""
    if not holds:
        raise Broken(otherwise)


def demand_invariants(*ids: str) -> None:
    """Raises Broken with the first findings."""
    with translation.override("en"):
        for result in check(Look(at=timezone.now()), [BY_ID[name] for name in ids]):
            demand(result.count == 0, f"{result.invariant.id}: {' '.join(result.told[:3])}")


def demand_equal(found: object, expected: object, of_what: str) -> None:
    """Raises Broken."""
    demand(found == expected, f"{of_what}: {found!r} instead of {expected!r}")


def first_difference(one: Iterable, other: Iterable) -> str:
    """The first few things that stand in one of them alone."""
    return ", ".join(sorted(map(str, set(one) ^ set(other)))[:5])
