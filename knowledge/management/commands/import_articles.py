import csv
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from knowledge.importing.run import Defaults, Import, Outcome, Tally
from knowledge.models import Article
from tables.csv import neutralised

COLUMNS = ("file", "line", "id", "outcome", "words")
# Without a report file, so many refused ones are said one by one.
SAID = 20


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
        self.writer, self.refused = None, 0
        if not folder.is_dir():
            raise CommandError(_("“%(path)s” is no folder.") % {"path": folder})
        run = Import(folder, defaults=Defaults(audience, category or _("Other articles")), tell=self.say)
        reason = ""
        with ExitStack() as stack:
            if report:
                self.writer = csv.writer(stack.enter_context(opened(report)))
                self.writer.writerow(COLUMNS)
            try:
                run.run()
            except KeyboardInterrupt:
                reason = _("Interrupted.")
            except (OperationalError, InterfaceError) as error:
                reason = _("The database does not answer: %(error)s.") % {"error": str(error).partition("\n")[0]}
            except OSError as error:
                reason = f"{folder}: {error.strerror}."
        for line in summary(folder, run.tally):
            self.stdout.write(line)
        if reason:
            raise CommandError(_("%(reason)s Run the command again to continue.") % {"reason": reason})
        if strict and run.tally.outcomes[Outcome.REFUSED]:
            raise CommandError(_("Some articles were refused."))

    def say(self, file: str, line: int, external_id: str, outcome: Outcome, words: str) -> None:
        """What became of one file, or line: in the report, or on standard error when it was refused."""
        if self.writer:
            cells = [neutralised(cell) for cell in (file, external_id, words)]
            self.writer.writerow([cells[0], line or "", cells[1], outcome, cells[2]])
        elif outcome == Outcome.REFUSED:
            self.refused += 1
            if self.refused <= SAID:
                self.stderr.write(f"{file}{f':{line}' if line else ''}: {words}")
            elif self.refused == SAID + 1:
                self.stderr.write(_("More are refused; --report FILE.csv lists them all."))


def opened(report: Path):
    try:
        return report.open("w", encoding="utf-8-sig", newline="", buffering=1)
    except OSError as error:
        words = _("The report “%(path)s” cannot be written: %(reason)s.")
        raise CommandError(words % {"path": report, "reason": error.strerror}) from error


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
