"""Every case and every twin, or those of the ids given. Ends with 1 when one of them is not as it must be."""

import argparse
import json
import secrets
import subprocess
import sys
import time
from pathlib import Path

from faults import report
from faults.results import Result
from faults.servers import EMBEDDED, PRODUCTION
from rigs.processes import interrupted_by_signals, temporary_folder
from rigs.web import ROOT

KILLS = 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="F02", help="these cases alone")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of what happens by chance")
    parser.add_argument(
        "--kills", type=int, default=KILLS, help="of web servers; a third of mail workers (%(default)s)"
    )
    options = parser.parse_args()
    tell(f"Seed {options.seed}: python -m faults --seed {options.seed} plays the same chances again.")
    begin = time.monotonic()
    with interrupted_by_signals(), temporary_folder() as folder:
        results = [result for kind in (PRODUCTION, EMBEDDED) for result in played(kind, options, folder)]
    if not options.only and all(result.is_good for result in results):
        report.write(results, seed=options.seed, minutes=(time.monotonic() - begin) / 60)
    return say(results)


def played(kind: str, options: argparse.Namespace, folder: Path) -> list[Result]:
    """The group runs in a process of its own, whose Django is that of its installation."""
    path = folder / f"{kind}.json"
    command = [sys.executable, "-m", "faults.group", kind, *options.only, "--seed", str(options.seed)]
    subprocess.run([*command, "--kills", str(options.kills), "--results", str(path)], cwd=ROOT, check=False)
    if not path.exists():
        return [Result("–", f"the cases of the {kind} kind", False, False, "They stumbled before they ended.", "", 0)]
    return [Result(**values) for values in json.loads(path.read_text())]


def say(results: list[Result]) -> int:
    """In the end what was skipped stands out as what went wrong does."""
    for words, state in (("Not played on this machine", None), ("Not as it must be", False)):
        for result in results:
            if result.is_good is state:
                tell(f"{words}: {result.id} {result.name}: {result.did}")
    good = sum(result.is_good is True for result in results)
    tell(f"{good} of {len(results)} cases and twins are as they must be.")
    return 0 if all(result.is_good is not False for result in results) else 1


def tell(words: str) -> None:
    print(words, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
