from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from knowledge.importing.run import Defaults, Import, Outcome, Tally
from knowledge.models import Article
from tables.importing import SAID, Report, carried_out, complain

COLUMNS = ("file", "line", "id", "outcome", "words")


class Command(BaseCommand):
    help = "Imports articles of the help from a folder: Markdown, reStructuredText and HTML, with their pictures."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="with files, or .jsonl with an article per line")
        parser.add_argument("--report", type=Path, metavar="FILE.csv", help="where to list what became of every file")
        parser.add_argument("--strict", action="store_true", help="exit with 1 when something was refused")
        parser.add_argument(
            "--audience",
            choices=[Article.Audience.PUBLIC, Article.Audience.REGISTERED, Article.Audience.STAFF],
            default=Article.Audience.REGISTERED,
            help="who reads the articles that do not say it",
        )
        parser.add_argument("--category", default="", help="where articles stand that lie in no folder")

    def handle(
        self, *, folder: Path, report: Path | None, strict: bool, audience: str, category: str, **options: Any
    ) -> None:
        self.report, self.refused = None, 0
        if not folder.is_dir():
            raise CommandError(_("“%(path)s” is no folder.") % {"path": folder})
        run = Import(folder, defaults=Defaults(audience, category or _("Other articles")), tell=self.say)
        with ExitStack() as stack:
            if report:
                self.report = stack.enter_context(Report(report, COLUMNS))
            reason = carried_out(run.run, source=folder)
        for line in summary(folder, run.tally):
            self.stdout.write(line)
        complain(reason)
        if strict and run.tally.outcomes[Outcome.REFUSED]:
            raise CommandError(_("Some articles were refused."))

    def say(self, file: str, line: int, external_id: str, outcome: Outcome, words: str) -> None:
        """What became of one file, or line: in the report, or on standard error when it was refused."""
        if self.report:
            self.report.add(file, line or "", external_id, outcome, words)
        elif outcome == Outcome.REFUSED:
            self.refused += 1
            if self.refused <= SAID:
                self.stderr.write(f"{file}{f':{line}' if line else ''}: {words}")
            elif self.refused == SAID + 1:
                self.stderr.write(_("More are refused; --report FILE.csv lists them all."))


def summary(folder: Path, tally: Tally) -> list[str]:
    """What became of everything, and what was made or lost on the way."""
    words = _(
        "%(folder)s: found %(read)s = imported %(imported)s + unchanged %(unchanged)s + changed %(changed)s"
        " + refused %(refused)s + pictures stored %(stored)s + left aside %(aside)s."
    )
    counts = {outcome.name.lower(): tally.outcomes[outcome] for outcome in Outcome}
    lines = [words % {"folder": folder, "read": tally.read, **counts}]
    lines.append(
        _("Categories made: %(made)s. For support only: %(internal)s. Links that lead nowhere, now words: %(dead)s.")
        % {"made": tally.categories, "internal": tally.internal, "dead": tally.dead}
    )
    return lines
