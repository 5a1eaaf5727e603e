"""Many large downloads at once through the proxy, and what they cost those who ask for pages meanwhile (L8)."""

import os
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Self

from bench import mixture, population
from bench.client import Browser, WrongAnswer, trusting
from bench.measuring import Site
from bench.mixture import Day
from bench.pages import OUR_UPDATER
from rigs.processes import HOST
from rigs.proxy import Nginx

DOWNLOADS = 20
# Together a line of a gigabit: what limits them in life, while on one machine they would only fight for its processor.
MEGABYTES_A_SECOND = 6
PATH = f"/descargas/archivo/{population.LARGE_FILE}/"
CHUNK = 256 * 1024
# Those who download are elsewhere in life: what they do with the bytes takes the processor from nobody.
LAST_IN_TURN = 19
# Seconds.
PATIENCE = 60


@dataclass(frozen=True)
class Toll:
    """The same pages at the same rate, `calm` without downloads and `busy` with so many under way all the time."""

    calm: Day
    busy: Day
    megabytes_a_second: float  # of all downloads together


class ProxiedSite(Site):
    """One loaded database with the portal in front of it, and nginx, which sends the files, in front of both."""

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            accel = {"PORTAL_ACCEL_LOCATION": "/_stored/"}
            self.portal = starting.enter_context(self.installation.web(self.scene.database, **accel))
            folder = self.installation.folder / "proxy"
            folder.mkdir()
            files = self.installation.folder / "var" / "files"
            self.nginx = starting.enter_context(Nginx(folder, upstream=f"{HOST}:{self.portal.port}", files=files))
            self.database = self.installation.cluster.connect(self.scene.database)
            self.stack = starting.pop_all()
        return self

    def stranger(self) -> Browser:
        return Browser(self.nginx.https, trust=trusting(self.nginx.certificate))


def measure(site: Site, *, seconds: float) -> Toll:
    """Pages for so many seconds without downloads, then with them. Raises WrongAnswer when a download is none."""
    browser = site.browser(OUR_UPDATER)
    mixture.steady(site, seconds=seconds / 3)  # warms up
    calm = mixture.steady(site, seconds=seconds)
    with downloads(browser) as taken:
        busy = mixture.steady(site, seconds=seconds)
    return Toll(calm, busy, taken[0])


@contextmanager
def downloads(browser: Browser) -> Iterator[list[float]]:
    """All are under way inside; afterwards the list holds the megabytes a second that came. Raises WrongAnswer.

    They are taken in a process of their own, so that who asks for pages does not wait for who downloads.
    """
    taken: list[float] = []
    apart = get_context("fork")
    here, there = apart.Pipe()
    process = apart.Process(target=take_together, args=(browser, there))
    process.start()
    try:
        told(here)
        yield taken
        here.send("enough")
        taken.append(told(here))
    finally:
        process.kill()
        process.join()


def told(connection: Connection) -> float:
    """What the process has to say. Raises WrongAnswer."""
    if not connection.poll(PATIENCE):
        raise WrongAnswer(f"{PATH}: nothing heard of the downloads for {PATIENCE} seconds")
    said = connection.recv()
    if isinstance(said, str):
        raise WrongAnswer(said)
    return said


def take_together(browser: Browser, line: Connection) -> None:
    """Say that all have begun; when told that it is enough, how fast they were."""
    os.nice(LAST_IN_TURN)
    takers = [Taker(browser.another()) for _ in range(DOWNLOADS)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.has_begun.wait(PATIENCE)
    before, begin = sum(taker.taken for taker in takers), time.perf_counter()
    line.send(0.0)
    line.recv()
    seconds, total = time.perf_counter() - begin, sum(taker.taken for taker in takers) - before
    faults = [taker.fault for taker in takers if taker.fault]
    line.send(f"{PATH}: {faults[0]}" if faults else total / 2**20 / seconds)


class Taker(threading.Thread):
    """Takes the large file at a steady pace, again and again until its process ends."""

    def __init__(self, browser: Browser) -> None:
        super().__init__(daemon=True)
        self.browser = browser
        self.has_begun = threading.Event()
        self.taken = 0
        self.fault = ""

    def run(self) -> None:
        try:
            while not self.fault:
                self.take()
        except (OSError, ssl.SSLError) as error:
            self.fault = str(error)
        finally:
            self.has_begun.set()

    def take(self) -> None:
        response = self.browser.open(PATH)
        size = population.LARGE_FILE_MEGABYTES * 2**20
        if response.status != HTTPStatus.OK or response.length != size:
            self.fault = f"status {response.status}, {response.length} bytes"
            return
        begin, came = time.perf_counter(), 0
        while count := len(response.read(CHUNK)):
            came += count
            self.taken += count
            self.has_begun.set()
            due = begin + came / 2**20 / MEGABYTES_A_SECOND
            time.sleep(max(0, due - time.perf_counter()))
        if came != size:
            self.fault = f"{came} of {size} bytes came"
