"""Plays the cases, then their twins, and says of each what it came to."""

import time
import traceback
from collections.abc import Callable, Iterator, Sequence

from faults.case import Case, Outcome, Skipped, Twin
from faults.results import Result
from faults.stage import Stage
from faults.verdict import Broken


def play(cases: Sequence[Case], twins: Sequence[Twin], stage: Stage) -> Iterator[Result]:
    for case in cases:
        yield told(played(case.id, case.name, False, lambda case=case: held(case, stage)), stage)  # type: ignore[misc]
    for twin in twins:
        yield told(played(twin.id, twin.guard, True, lambda twin=twin: broke(twin, stage)), stage)  # type: ignore[misc]


def held(case: Case, stage: Stage) -> tuple[bool, Outcome]:
    try:
        return True, case.run(stage)
    except Broken as finding:
        return False, Outcome(str(finding), "")


def broke(twin: Twin, stage: Stage) -> tuple[bool, Outcome]:
    try:
        twin.run(stage)
    except Broken as finding:
        return True, Outcome(str(finding), "")
    return False, Outcome("nothing broke without the guard", "")


def played(name: str, words: str, is_twin: bool, run: Callable[[], tuple[bool, Outcome]]) -> Result:
    begin = time.monotonic()
    is_good: bool | None
    try:
        is_good, outcome = run()
    except Skipped as reason:
        is_good, outcome = None, Outcome(str(reason), "")
    except Exception:  # a case that stumbles is no case that held, and the others are played all the same
        is_good, outcome = False, Outcome(traceback.format_exc(limit=-3), "")
    return Result(name, words, is_twin, is_good, outcome.did, outcome.held, time.monotonic() - begin)


def told(result: Result, stage: Stage) -> Result:
    """Say it, and leave nothing of it to the next."""
    stage.tidy()
    verdict = {True: "good", False: "BAD", None: "SKIPPED"}[result.is_good]
    what = f"{result.id} {'without: ' if result.is_twin else ''}{result.name}"
    print(f"{verdict:8}{what} ({result.seconds:.1f} s)\n        {result.did}", flush=True)  # noqa: T201
    return result
