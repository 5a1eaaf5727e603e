from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from releases.importing.run import Import, Outcome, Tally
from tables.importing import SAID, Report, carried_out, complain

COLUMNS = ("file", "line", "id", "outcome", "words")


class Command(BaseCommand):
    help = "Imports releases and their notes from CSV files. Run it again as often as you like: nobody is mailed."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE.csv", help="notes, or versions without notes")
        parser.add_argument("--report", type=Path, metavar="FILE.csv", help="where to list what became of every line")
        parser.add_argument("--strict", action="store_true", help="exit with 1 when a line was refused")

    def handle(self, *, files: list[Path], report: Path | None, strict: bool, **options: Any) -> None:
        if report and report.resolve() in [file.resolve() for file in files]:
            raise CommandError(_("The report would overwrite “%(path)s”, which is to be imported.") % {"path": report})
        self.report, refused = None, 0
        with ExitStack() as stack:
            if report:
                self.report = stack.enter_context(Report(report, COLUMNS))
            for path in files:
                refused += self.take(path).outcomes[Outcome.REFUSED]
        if strict and refused:
            raise CommandError(_("Rows were refused."))

    def take(self, path: Path) -> Tally:
        """Raises CommandError when it had to stop before the end of the file; what was imported stays."""
        self.path, self.refused = path, 0
        run = Import(path, tell=self.say)
        try:
            reason = carried_out(run.run, source=path)
        except ValidationError as error:
            raise CommandError(f"{path}: {' '.join(error.messages)}") from error
        for line in summary(path, run.tally):
            self.stdout.write(line)
        complain(reason)
        return run.tally

    def say(self, line: int, external_id: str, outcome: Outcome, words: str) -> None:
        """One line of the file: in the report, or on standard error when it was refused."""
        if self.report:
            self.report.add(self.path.name, line, external_id, outcome, words)
        elif outcome == Outcome.REFUSED:
            self.refused += 1
            if self.refused <= SAID:
                self.stderr.write(f"{self.path.name}:{line}: {external_id}: {words}")
            elif self.refused == SAID + 1:
                self.stderr.write(_("More rows are refused; --report FILE.csv lists them all."))


def summary(path: Path, tally: Tally) -> list[str]:
    """What became of every line, and what was made or assumed on the way."""
    words = _(
        "%(file)s: read %(read)s = imported %(imported)s + unchanged %(unchanged)s + changed %(changed)s"
        " + refused %(refused)s."
    )
    counts = {outcome.value: tally.outcomes[outcome] for outcome in Outcome}
    lines = [words % {"file": path.name, "read": tally.read, **counts}]
    lines.append(
        _("Releases made: %(releases)s. Modules made: %(modules)s.")
        % {"releases": tally.releases, "modules": len(tally.modules)}
    )
    if tally.unknown:
        lines.append(_("Columns that were left aside: %(names)s.") % {"names": ", ".join(tally.unknown)})
    if tally.of_product:
        lines.append(_("Lines without a module, taken for the product's: %(count)s.") % {"count": tally.of_product})
    if tally.monthly:
        lines.append(_("Lines without the day of their version, by month: %(count)s.") % {"count": tally.monthly})
    if tally.drafts:
        names = ", ".join(f"{version} ({count})" for version, count in sorted(tally.drafts.items()))
        lines.append(
            _("Left as drafts, because they have not come out or nothing says when: %(names)s.") % {"names": names}
        )
    return lines
