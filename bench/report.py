"""What a run has found out, into docs/performance.md, its picture and its plans."""

import os
import platform
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import django

from bench import drawing
from bench.downloading import DOWNLOADS, Toll
from bench.mixture import RATE, Day
from bench.pages import FLOORS, PAGES
from bench.population import LARGE_FILE_MEGABYTES
from bench.targets import Results, Verdict, verdicts
from rigs.web import ROOT

DOCUMENT = ROOT / "docs/performance.md"
PICTURE = ROOT / "docs/img/growth.svg"
PLANS = ROOT / "docs/performance"
# What stands between these lines is written by the run; what stands around them, by people.
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def write(results: Results) -> None:
    """Only what a whole run has measured belongs there."""
    block = "\n".join([BEGIN, *lines(results), END])
    text = DOCUMENT.read_text()
    DOCUMENT.write_text(re.sub(f"{BEGIN}.*{END}", lambda _match: block, text, flags=re.DOTALL))
    PICTURE.write_text(picture(results))


def lines(results: Results) -> Iterator[str]:
    yield machine(results)
    yield ""
    yield from table_of_pages(results)
    yield ""
    if results.toll:
        yield beside_downloads(results.toll)
        yield ""
    yield from table_of_verdicts(list(verdicts(results)))


def beside_downloads(toll: Toll) -> str:
    before, after = map(marks_in_words, (toll.calm, toll.busy))
    return (
        f"Through nginx, which sends the files: while {DOWNLOADS} people download {LARGE_FILE_MEGABYTES} MB each,"
        f" {toll.megabytes_a_second:.0f} MB a second together, half, nineteen of twenty and ninety-nine of a hundred of"
        f" {RATE} mixed requests a second have their answer after {after}; without them after {before}."
    )


def marks_in_words(day: Day) -> str:
    half, most, nearly_all = day.marks()
    return f"{half:.0f}, {most:.0f} and {nearly_all:.0f} ms"


def picture(results: Results) -> str:
    few, many = results.sizes[0], results.largest
    pairs = [(page.name, results.middle(page, few) * 1000, results.middle(page, many) * 1000) for page in PAGES]
    return drawing.growth([drawing.Line(*pair) for pair in pairs], few=f"{few:,}", many=f"{many:,}")


def machine(results: Results) -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Measured on {datetime.now(UTC):%-d %B %Y}: {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()};"
        f" Python {platform.python_version()}, Django {django.__version__}, PostgreSQL {results.postgres}."
        " Web server, database and who asks share the machine."
    )


def table_of_pages(results: Results) -> Iterator[str]:
    sizes = results.sizes
    yield "| Page | " + " | ".join(f"{size:,}" for size in sizes) + " | 19 of 20 | eight at once | queries |"
    yield "|---" + "|--:" * (len(sizes) + 3) + "|"
    for page in (*FLOORS, *PAGES):
        middles = " | ".join(f"{results.middle(page, size) * 1000:.1f} ms" for size in sizes)
        slow = f"{results.slow(page, results.largest) * 1000:.1f} ms"
        rate = f"{results.rates[page.name]:.0f}/s"
        yield f"| {page.name} | {middles} | {slow} | {rate} | {results.queries.get(page.name, '')} |"


def table_of_verdicts(all_verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield "| What must hold | measured | at most | |"
    yield "|---|--:|--:|---|"
    for verdict in all_verdicts:
        measured, limit = f"{shown(verdict.measured)}{verdict.unit}", f"{shown(verdict.limit)}{verdict.unit}"
        yield f"| {verdict.what} | {measured} | {limit} | {'✓' if verdict.holds else '✗'} |"


def shown(number: float) -> str:
    return f"{number:.0f}" if number >= 20 or number == int(number) else f"{number:.2f}"
