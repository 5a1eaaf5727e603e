import os
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import Company, User
from tables.importing import SAID, Report, carried_out, complain
from text.words import normalised
from tickets.importing import formats
from tickets.importing.destination import Destination
from tickets.importing.progress import Progress
from tickets.importing.run import Import, Tally
from tickets.models import Topic

COLUMNS = ("file", "line", "external_id", "reason")


class Command(BaseCommand):
    help = (
        "Imports the tickets of a former system into a company. Run it again to continue: what is there is left alone."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="JSONL or CSV files, or their folders")
        parser.add_argument("--company", required=True, metavar="CODE", help="the code of the company, as in IBA-12")
        parser.add_argument(
            "--mapping", choices=formats.FORMATS, default="portal", help="what the fields mean (%(default)s)"
        )
        parser.add_argument("--author", metavar="LOGIN", help="who owns tickets whose author is nobody here")
        parser.add_argument("--topic", metavar="NAME", help="the topic of tickets whose topic the portal does not know")
        parser.add_argument("--create-modules", action="store_true", help="make unknown modules, no longer offered")
        parser.add_argument("--report", type=Path, metavar="FILE.csv", help="where to list the refused rows")
        parser.add_argument("--dry-run", action="store_true", help="check everything and write nothing")
        parser.add_argument("--strict", action="store_true", help="exit with 1 when a row was refused")

    def handle(self, *, paths: list[Path], company: str, mapping: str, report: Path | None, **options) -> None:
        destination = destination_of(company, options)
        files = files_of(paths, mapping, report)
        self.progress, self.refused, self.report = Progress(sys.stderr), 0, None
        run = Import(
            destination,
            mapping=mapping,
            refuse=self.refuse,
            progress=self.progress,
            is_rehearsal=options["dry_run"],
        )
        with ExitStack() as stack:
            if report:
                self.report = stack.enter_context(Report(report, COLUMNS))
            self.take(run, files)
        if options["strict"] and run.tally.refused:
            raise CommandError(_("Rows were refused."))

    def take(self, run: Import, files: Sequence[Path]) -> None:
        """Raises CommandError when it had to stop before the end; what was imported stays."""
        reason = ""
        for path in files:
            reason = reason or carried_out(partial(run.take_file, path), source=path)
        self.progress.clear()
        self.stdout.write(summary(run.tally, is_rehearsal=run.is_rehearsal))
        complain(reason)

    def refuse(self, path: Path, line: int, external_id: str, reason: str) -> None:
        self.refused += 1
        if self.report:
            self.report.add(path.name, line, external_id, reason)
        elif self.refused <= SAID:
            self.progress.clear()
            self.stderr.write(f"{path.name}:{line}: {external_id}: {reason}")
        elif self.refused == SAID + 1:
            self.progress.clear()
            self.stderr.write(_("More rows are refused; --report FILE.csv lists them all."))


def destination_of(code: str, options: Mapping[str, Any]) -> Destination:
    company = company_of(code)
    return Destination(
        company,
        author=author_of(company, options["author"]),
        topic=topic_of(options["topic"]),
        create_modules=options["create_modules"],
    )


def company_of(code: str) -> Company:
    company = Company.objects.filter(code=code.upper()).first()
    if company is None:
        raise CommandError(_("There is no company with the code “%(code)s”.") % {"code": code})
    return company


def author_of(company: Company, login: str | None) -> User:
    people = User.objects.filter(company=company)
    if login is None:
        person = people.managers().order_by("pk").first()
        words = _("%(company)s has no active manager. Say with --author who owns the tickets of strangers.")
    else:
        person = people.filter(login=normalised(login)).first()
        words = _("%(company)s has nobody with the login name “%(login)s”.")
    if person is None:
        raise CommandError(words % {"company": company, "login": login})
    return person


def topic_of(name: str | None) -> Topic:
    """The topic of this name, or the first one that customers are offered."""
    topics = Topic.objects.offered()
    if name is None:
        topic = topics.first()
    else:
        topic = next((topic for topic in topics if normalised(name) in map(normalised, (topic.name, str(topic)))), None)
    if topic is None:
        raise CommandError(_("There is no topic “%(name)s”.") % {"name": name or ""})
    return topic


def files_of(paths: Sequence[Path], mapping: str, report: Path | None) -> list[Path]:
    """The files to read. The report is none of them."""
    files: list[Path] = []
    for path in paths:
        if not os.path.exists(path):  # unlike the path's own method it is False for what may not be looked at
            raise CommandError(_("There is no file or folder “%(path)s”.") % {"path": path})
        found = formats.files_in(path, mapping)
        if not found or not all(formats.of(file, mapping) for file in found):
            words = _("“%(path)s” is no %(extensions)s file and no folder that holds one.")
            raise CommandError(words % {"path": path, "extensions": formats.extensions(mapping)})
        files += [file for file in found if file not in files]
    if report and report.resolve() in [file.resolve() for file in files]:
        raise CommandError(_("The report would overwrite “%(path)s”, which is to be imported.") % {"path": report})
    return files


def summary(tally: Tally, *, is_rehearsal: bool = False) -> str:
    if is_rehearsal:
        words = _("Checked: read %(read)s = to import %(imported)s + already there %(present)s + refused %(refused)s.")
    else:
        words = _("Read %(read)s = imported %(imported)s + already there %(present)s + refused %(refused)s.")
    return words % {
        "read": tally.read,
        "imported": tally.imported,
        "present": tally.present,
        "refused": tally.refused,
    }
