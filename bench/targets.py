"""What must hold, and whether it does."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from bench import pages
from bench.downloading import DOWNLOADS, Toll
from bench.measuring import Samples
from bench.mixture import LIMITS, RATE, Day
from bench.pages import LIST_FLOOR, SESSION_FLOOR, TICKET_FLOOR, Page

GROWTH = 1.25
QUERIES = 8
# Pages while large files are downloaded, against the same pages without.
TOLL = 2
# The desk's conversation asks for permissions, internal notes, what the company runs and what its four forms offer
# besides; the calendar for slots, sessions, hours, recordings and holidays; the search over everything once for each
# kind in which there may be something, and for the answers to a question a second time.
SEARCHES = (
    *(pages.EVERYTHING_RARE, pages.EVERYTHING_ELSEWHERE, pages.EVERYTHING_NOTHING, pages.EVERYTHING_COMMON),
    *(pages.EVERYTHING_LONG, pages.LARGEST_EVERYTHING),
)
QUERIES_OF = {pages.DESK_TICKET.name: 17, pages.TRAINING.name: 10, pages.TRAINING_WEEK.name: 10}
QUERIES_OF |= dict.fromkeys((page.name for page in SEARCHES), 10)


@dataclass(frozen=True)
class AtMost:
    """A page may take so many times as long as a floor page of the same database."""

    page: Page
    times: float
    floor: Page


RATIOS = (
    AtMost(pages.HOME, 6, SESSION_FLOOR),
    AtMost(pages.HOME_OF_ONE, 6, SESSION_FLOOR),
    AtMost(pages.LIST, 2, LIST_FLOOR),
    AtMost(pages.LIST_OF_ONE, 2, LIST_FLOOR),
    AtMost(pages.LIST_OF_ALL, 2, LIST_FLOOR),
    AtMost(pages.LIST_RESOLVED, 2, LIST_FLOOR),
    AtMost(pages.SECOND_PAGE, 2, LIST_FLOOR),
    AtMost(pages.TICKET, 2.5, TICKET_FLOOR),
    AtMost(pages.NEWS_OF_TICKET, 2, SESSION_FLOOR),
    AtMost(pages.SEARCH_RARE, 10, SESSION_FLOOR),
    AtMost(pages.SEARCH_ELSEWHERE, 10, SESSION_FLOOR),
    AtMost(pages.SEARCH_NOTHING, 10, SESSION_FLOOR),
    AtMost(pages.SEARCH_COMMON, 10, SESSION_FLOOR),
    *(AtMost(page, 10, SESSION_FLOOR) for page in SEARCHES),
    AtMost(pages.NEW_TICKET, 5, LIST_FLOOR),
    AtMost(pages.QUEUE, 6, LIST_FLOOR),
    AtMost(pages.QUEUE_RESOLVED, 6, LIST_FLOOR),
    AtMost(pages.QUEUE_ALL, 6, LIST_FLOOR),
    AtMost(pages.NEWS, 6, SESSION_FLOOR),
    AtMost(pages.NEWS_OF_MINE, 6, SESSION_FLOOR),
    AtMost(pages.NEWS_SEARCH, 10, SESSION_FLOOR),
    AtMost(pages.DOWNLOADS, 6, SESSION_FLOOR),
    AtMost(pages.PREVIOUS, 6, SESSION_FLOOR),
)
# Seconds that one of twenty requests may take or exceed: L2 and L3 of the load figures, and what is shown while
# somebody types.
SLOWEST = {pages.LARGEST_LIST: 0.2, pages.LARGEST_SEARCH: 0.5, pages.SEARCH_COMMON: 0.5, pages.SUGGESTIONS: 0.05}


@dataclass(frozen=True)
class Verdict:
    """One thing that must hold: what was measured, and the most that it may be."""

    what: str
    measured: float
    limit: float
    unit: str = "×"

    @property
    def holds(self) -> bool:
        return self.measured <= self.limit


@dataclass
class Results:
    """Everything that a run has found out.

    `sizes` from small to large; `rates`, `queries`, `day` and `toll` of the largest.
    """

    sizes: Sequence[int]
    samples: Samples
    rates: Mapping[str, float] = field(default_factory=dict)  # of requests a second, eight at once
    queries: Mapping[str, int] = field(default_factory=dict)
    day: Day | None = None
    toll: Toll | None = None
    postgres: str = ""

    @property
    def largest(self) -> int:
        return self.sizes[-1]

    def middle(self, page: Page, size: int) -> float:
        """Half of the requests took at most so many seconds."""
        return median(self.samples[page.name, size])

    def slow(self, page: Page, size: int) -> float:
        """Nineteen of twenty requests took at most so many seconds."""
        return quantiles(self.samples[page.name, size], n=20)[-1]

    def times(self, page: Page, floor: Page, size: int) -> float:
        return self.middle(page, size) / self.middle(floor, size)

    def growth(self, page: Page) -> float:
        return self.middle(page, self.largest) / self.middle(page, self.sizes[0])


def verdicts(results: Results) -> Iterator[Verdict]:
    """Everything that must hold, in the order of the report."""
    size = results.largest
    for target in RATIOS:
        what = f"{target.page.name} ÷ {target.floor.name}"
        yield Verdict(what, results.times(target.page, target.floor, size), target.times)
    for page, seconds in SLOWEST.items():
        yield Verdict(f"{page.name}, nineteen of twenty", results.slow(page, size) * 1000, seconds * 1000, " ms")
    if len(results.sizes) > 1:
        for page in pages.PAGES:
            what = f"{page.name}, {size:,} ÷ {results.sizes[0]:,} tickets"
            yield Verdict(what, results.growth(page), GROWTH)
    for name, queries in results.queries.items():
        yield Verdict(f"{name}, queries", queries, QUERIES_OF.get(name, QUERIES), "")
    if results.day:
        yield from verdicts_of(results.day)
    if results.toll:
        yield from verdicts_of_downloads(results.toll)


def verdicts_of_downloads(toll: Toll) -> Iterator[Verdict]:
    calm, busy = toll.calm.marks()[1], toll.busy.marks()[1]
    kind = f"{DOWNLOADS} downloads beside them"
    yield Verdict(f"{kind}, nineteen of twenty ÷ without", busy / calm, TOLL)
    yield Verdict(f"{kind}, errors", len(toll.calm.wrong) + len(toll.busy.wrong), 0, "")


def verdicts_of(day: Day) -> Iterator[Verdict]:
    kind = f"{RATE} mixed requests a second"
    shares = ("half", "nineteen of twenty", "ninety-nine of a hundred")
    for share, measured, limit in zip(shares, day.marks(), LIMITS, strict=True):
        yield Verdict(f"{kind}, {share}", measured, limit, " ms")
    yield Verdict(f"{kind}, errors", len(day.wrong), 0, "")
