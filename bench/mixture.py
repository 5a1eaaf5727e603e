"""A working day: many people ask at a steady rate, whether or not earlier answers have come (L1)."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles
from threading import Lock

from bench import pages
from bench.client import WrongAnswer
from bench.measuring import Site, Visit
from bench.pages import Page

RATE = 40  # requests a second
HANDS = 24  # that can wait for an answer at the same time

# Seventy in a hundred are lists and tickets, ten searches, ten writings, five files, five anything else.
SHARES = (
    (25, pages.LIST),
    (10, pages.LIST_OF_ONE),
    (25, pages.TICKET),
    (5, pages.UNREAD_TICKET),
    (5, pages.DESK_TICKET),
    (5, pages.SEARCH_RARE),
    (5, pages.SEARCH_COMMON),
    (4, pages.NEW_TICKET),
    (6, pages.REPLY),
    (5, pages.FILE),
    (3, pages.HOME),
    (2, pages.QUEUE),
)
# Milliseconds: half, nineteen of twenty, ninety-nine of a hundred.
LIMITS = (80, 300, 800)


@dataclass(frozen=True)
class Day:
    """What came of it: seconds from the moment each request was due until its answer, and what was wrong."""

    seconds: float
    waits: Sequence[float]
    wrong: Sequence[str]

    def marks(self) -> tuple[float, float, float]:
        """Milliseconds: half, nineteen of twenty, ninety-nine of a hundred."""
        cuts = quantiles(self.waits, n=100)
        return cuts[49] * 1000, cuts[94] * 1000, cuts[98] * 1000


def steady(site: Site, *, seconds: float) -> Day:
    """Forty requests a second. A request that finds no hand free waits, and its wait counts."""
    chance = random.Random("day")  # noqa: S311 - the same day each time is the point
    drawn = chance.choices([page for _share, page in SHARES], [share for share, _page in SHARES], k=int(RATE * seconds))
    everybody = [{page: Visit.begin(site, page) for _share, page in SHARES} for _hand in range(HANDS)]
    waits: list[float] = []
    wrong: list[str] = []
    begin = time.perf_counter()
    due_requests = enumerate(drawn)
    turnstile = Lock()

    def work(visits: dict[Page, Visit]) -> None:
        while True:
            with turnstile:
                position, page = next(due_requests, (0, None))
            if page is None:
                return
            due = begin + position / RATE
            time.sleep(max(0, due - time.perf_counter()))
            try:
                visits[page].once()
            except (WrongAnswer, OSError) as error:
                wrong.append(str(error))
            waits.append(time.perf_counter() - due)

    with ThreadPoolExecutor(HANDS) as pool:
        list(pool.map(work, everybody))
    return Day(seconds, waits, wrong)
