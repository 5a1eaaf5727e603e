"""Asks for the pages: one person alone in interleaved rounds, and eight at once."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Self

from bench import pages, population
from bench.client import Browser
from bench.pages import AGENT, FLOOR, Asking, Page, Person
from bench.scene import Scene
from rigs.web import Installation, Web

SESSION_COOKIE = "__Host-session"
IN_A_ROW = 8  # requests for a page before the turn passes on
AT_ONCE = 8

# Page and size → seconds of each request.
Samples = dict[tuple[str, int], list[float]]


@dataclass
class Site:
    """One loaded database with the portal and the floor in front of it."""

    scene: Scene
    installation: Installation
    stack: ExitStack = field(default_factory=ExitStack)
    browsers: dict[Person, Browser] = field(default_factory=dict)

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            self.portal = starting.enter_context(self.installation.web(self.scene.database))
            self.floor = starting.enter_context(self.floor_web())
            self.database = self.installation.cluster.connect(self.scene.database)
            self.stack = starting.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self.database.close()
        self.stack.close()

    def floor_web(self) -> Web:
        settings = {"DJANGO_SETTINGS_MODULE": "bench.floor.settings"}
        variables = self.installation.environment(self.scene.database, **settings)
        return Web(self.installation.folder, environment=variables, application="bench.floor.wsgi")

    def browser(self, person: Person) -> Browser:
        """A connection of its own for a person who is logged in."""
        if person not in self.browsers:
            self.browsers[person] = self.logged_in(person)
        return self.browsers[person].another()

    def stranger(self) -> Browser:
        """A connection of somebody who is not logged in."""
        return Browser(self.portal.port)

    def logged_in(self, person: Person) -> Browser:
        if person == FLOOR:
            return Browser(self.floor.port, {SESSION_COOKIE: population.FLOOR_SESSION})
        browser = self.stranger()
        login = population.login_of_agent(0) if person == AGENT else population.login_of(*person)
        browser.log_in(login, population.PASSWORD)
        return browser

    def postgres_version(self) -> str:
        return f"{self.database.server_version // 10_000}.{self.database.server_version % 10_000}"

    def forget_reading(self) -> None:
        """Our manager has not read the ticket that is measured unread."""
        manager = population.person_id(*pages.OUR_MANAGER)
        with self.database.cursor() as cursor:
            cursor.execute(
                "DELETE FROM tickets_readmark WHERE user_id = %s AND ticket_id = %s", [manager, self.scene.unread_id]
            )


@dataclass
class Visit:
    """One person who asks for one page again and again."""

    site: Site
    page: Page
    browser: Browser
    ask: Asking

    @classmethod
    def begin(cls, site: Site, page: Page) -> Self:
        browser = site.browser(page.who)
        return cls(site, page, browser, page.begin(site.scene, browser))

    def once(self) -> float:
        """Seconds. Raises WrongAnswer."""
        if self.page.unread:
            self.site.forget_reading()
        return self.browser.ask(self.ask())


def alone(sites: Sequence[Site], to_measure: Iterable[Page], *, rounds: int) -> Samples:
    """One request at a time. In each round every page has its turn at every size, so that what disturbs the machine
    for a while disturbs all alike."""
    visits = [Visit.begin(site, page) for page in to_measure for site in sites]
    samples: Samples = defaultdict(list)
    for _round in range(rounds):
        for visit in visits:
            visit.once()  # the connection and the worker behind it
            samples[visit.page.name, visit.site.scene.size] += [visit.once() for _ in range(IN_A_ROW)]
    return samples


def together(site: Site, page: Page, *, seconds: float) -> float:
    """Requests a second that eight get who ask at once. It also warms up every worker."""
    visits = [Visit.begin(site, page) for _ in range(AT_ONCE)]
    end = time.perf_counter() + seconds

    def keep_asking(visit: Visit) -> int:
        done = 0
        while time.perf_counter() < end:
            visit.once()
            done += 1
        return done

    begin = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = sum(pool.map(keep_asking, visits))
    return done / (time.perf_counter() - begin)
