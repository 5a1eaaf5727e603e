"""`python -m bench 10000 200000`: load, measure, report. Ends with 1 when something that must hold does not."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from bench import downloading, measuring, mixture, report
from bench.downloading import ProxiedSite, Toll
from bench.measuring import Site
from bench.pages import FLOORS, PAGES
from bench.scene import Scene
from bench.targets import Results, verdicts
from rigs import proxy
from rigs.processes import interrupted_by_signals
from rigs.web import Installation, installation

SIZES = (10_000, 200_000)
ROUNDS = 16
SECONDS_AT_ONCE = 2.5
DAY = 180.0  # seconds
WHILE_DOWNLOADING = 45.0  # seconds
# Loading writes more than a portal does in a year.
POSTGRES = {"max_wal_size": "8GB", "checkpoint_timeout": "30min"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="numbers of tickets, from few to many")
    sizes = sorted(parser.parse_args().sizes)
    with interrupted_by_signals(), installation(**POSTGRES) as rig:
        rig.manage("postgres", "collectstatic", "--noinput", "--verbosity", "0")
        for size in sizes:
            load(rig, Scene(size))
        results = measure(rig, [Scene(size) for size in sizes])
    report.write(results)
    return say(results)


def load(rig: Installation, scene: Scene) -> None:
    tell(f"Loading {scene.size:,} tickets")
    rig.cluster.create(scene.database)
    rig.manage(scene.database, "migrate", "--verbosity", "0")
    rig.run(scene.database, f"from bench import loading; loading.load({scene.size})")


def measure(rig: Installation, scenes: Sequence[Scene]) -> Results:
    largest = scenes[-1]
    with ExitStack() as stack:
        sites = [stack.enter_context(Site(scene, rig)) for scene in scenes]
        tell("Eight at once, which also warms up")
        rates = [rates_of(site) for site in sites]
        tell(f"One alone, {ROUNDS} rounds")
        samples = measuring.alone(sites, [*FLOORS, *PAGES], rounds=ROUNDS)
        tell(f"{mixture.RATE} requests a second for {DAY:.0f} seconds")
        day = mixture.steady(sites[-1], seconds=DAY)
        postgres = sites[-1].postgres_version()
    toll = toll_of(rig, largest)
    tell("Counting and explaining queries")
    queries = explain(rig, largest)
    sizes = [scene.size for scene in scenes]
    return Results(sizes, samples, rates=rates[-1], queries=queries, day=day, toll=toll, postgres=postgres)


def toll_of(rig: Installation, scene: Scene) -> Toll | None:
    if not proxy.is_installed():
        tell("No downloads through the proxy: nginx, openssl or envsubst is not installed")
        return None
    tell(f"The same through the proxy for {WHILE_DOWNLOADING:.0f} seconds, without and with large downloads")
    with ProxiedSite(scene, rig) as site:
        return downloading.measure(site, seconds=WHILE_DOWNLOADING)


def rates_of(site: Site) -> dict[str, float]:
    return {page.name: measuring.together(site, page, seconds=SECONDS_AT_ONCE) for page in (*FLOORS, *PAGES)}


def explain(rig: Installation, scene: Scene) -> dict[str, int]:
    """Plans go to the documents; returned is {page: number of queries}."""
    for old in report.PLANS.glob("*.txt"):
        old.unlink()
    report.PLANS.mkdir(exist_ok=True)
    numbers = rig.folder / "queries.json"
    where = f"plans=Path({str(report.PLANS)!r}), numbers=Path({str(numbers)!r})"
    code = f"from pathlib import Path; from bench import asking; asking.explain({scene.size}, {where})"
    rig.run(scene.database, code, PORTAL_LOG_LEVEL="ERROR")
    return json.loads(numbers.read_text())


def say(results: Results) -> int:
    missed = [verdict for verdict in verdicts(results) if not verdict.holds]
    for verdict in missed:
        tell(f"✗ {verdict.what}: {report.shown(verdict.measured)}{verdict.unit}, at most {report.shown(verdict.limit)}")
    tell(f"{report.DOCUMENT} is written; {len(missed)} missed")
    return 1 if missed else 0


def tell(words: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
