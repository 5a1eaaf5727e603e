"""The cases of one kind of installation, in a process whose settings are that installation's."""

import json
import logging
import os
import random
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import django
from django.core.management import call_command

from faults.servers import EMBEDDED, PRODUCTION, Servers, installed
from rigs.processes import interrupted_by_signals


def main() -> int:
    parser = ArgumentParser(prog="faults.group", description=__doc__)
    parser.add_argument("kind", choices=[PRODUCTION, EMBEDDED])
    parser.add_argument("only", nargs="*")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--results", type=Path, required=True)
    options = parser.parse_args()
    with interrupted_by_signals(), installed(options.kind) as servers:
        os.environ.update(servers.variables)
        django.setup()
        logging.disable(logging.CRITICAL)  # it breaks things on purpose
        return play(servers, options)


def play(servers: Servers, options: Namespace) -> int:
    """The cases import models, which exist only now."""
    cases, playing = import_module("faults.cases"), import_module("faults.playing")
    call_command("migrate", verbosity=0)
    chance = random.Random(options.seed)  # noqa: S311 - chance that can be played again
    stage = cases.Stage(servers, cases.Postbox(servers.mail_port), chance, options.kills)
    chosen = [wanted(each, options.only) for each in cases.OF[options.kind]]
    results = list(playing.play(*chosen, stage))
    options.results.write_text(json.dumps([asdict(result) for result in results]))
    return 0 if all(result.is_good is not False for result in results) else 1


def wanted(items: list, only: list[str]) -> list:
    return [item for item in items if not only or item.id in only]


if __name__ == "__main__":
    sys.exit(main())
