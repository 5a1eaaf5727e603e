"""What a whole run has found out, into docs/faults.md."""

import os
import platform
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import django

from faults.results import Result
from rigs.web import ROOT

DOCUMENT = ROOT / "docs/faults.md"
# What stands between these lines is written by the run; what stands around them, by people.
BEGIN, END = "<!-- played: begin -->", "<!-- played: end -->"


def write(results: Sequence[Result], *, seed: int, minutes: float) -> None:
    block = "\n".join([BEGIN, *lines(results, seed, minutes), END])
    text = DOCUMENT.read_text()
    DOCUMENT.write_text(re.sub(f"{BEGIN}.*{END}", lambda _match: block, text, flags=re.DOTALL))


def lines(results: Sequence[Result], seed: int, minutes: float) -> Iterator[str]:
    yield (
        f"Played on {datetime.now(UTC):%-d %B %Y} in {minutes:.0f} minutes, seed {seed}: {os.cpu_count()} cores,"
        f" {platform.system()}, Python {platform.python_version()}, Django {django.__version__}."
    )
    yield from table(
        ["Case", "What was done", "What held", "Seconds"],
        [
            [f"{result.id} {result.name}", result.did, result.held, f"{result.seconds:.0f}"]
            for result in results
            if not result.is_twin
        ],
    )
    yield from table(
        ["Guard", "Without it", "Seconds"],
        [[f"{result.id} {result.name}", result.did, f"{result.seconds:.0f}"] for result in results if result.is_twin],
    )


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield "|---" * (len(heads) - 1) + "|--:|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"
