from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import cast

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from downloads import publishing
from downloads.models import Delivery
from downloads.publishing import Fate, Line


class Command(BaseCommand):
    help = (
        "Gives a release the files of a folder, each to the component whose names it fits. All of them or none; run it "
        "again whenever you like: what is there is left alone."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("release", metavar="RELEASE", help="the version, as in 2026.11.2")
        parser.add_argument("folder", type=Path, metavar="DIR", help="the folder; folders inside it are not read")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done and change nothing")
        parser.add_argument("--strict", action="store_true", help="refuse files that belong to no component")

    def handle(self, *, release: str, folder: Path, **options) -> None:
        now = timezone.now()
        delivery = cast(Delivery | None, Delivery.objects.filter(version=release).first())
        if delivery is None:
            raise CommandError(_("There is no release %(version)s.") % {"version": release})
        try:
            lines = publishing.plan(folder, delivery, at=now)
        except OSError as error:
            raise CommandError(f"{folder}: {error.strerror}.") from error
        for line in lines:
            self.stdout.write(told(line))
        self.refuse(lines, strict=options["strict"])
        if not options["dry_run"]:
            self.publish(lines, delivery, at=now)
        self.stdout.write(summary(lines, is_rehearsal=options["dry_run"]))

    def refuse(self, lines: list[Line], *, strict: bool) -> None:
        """Raises CommandError when a file stands in the way of all."""
        if any(line.fate.is_refused or (strict and line.fate == Fate.OF_NOBODY) for line in lines):
            raise CommandError(_("Files were refused, and nothing was changed."))

    def publish(self, lines: list[Line], delivery: Delivery, *, at) -> None:
        try:
            publishing.publish(lines, delivery, at=at)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        except OSError as error:
            raise CommandError(f"{error.filename or ''}: {error.strerror}.") from error


def told(line: Line) -> str:
    whose = f" → {line.component}" if line.component else ""
    hashed = f"  {line.sha256}" if line.sha256 else ""
    return f"{line.path.name}{whose}: {line.fate.label}{hashed}"


def summary(lines: list[Line], *, is_rehearsal: bool) -> str:
    fates = Counter(line.fate for line in lines)
    words = _("Files taken: %(new)s. As they were: %(same)s. Of no component: %(nobody)s.")
    if is_rehearsal:
        words = _(
            "Files to be taken: %(new)s. As they are: %(same)s. Of no component: %(nobody)s. Nothing was changed."
        )
    return words % {"new": fates[Fate.NEW], "same": fates[Fate.SAME], "nobody": fates[Fate.OF_NOBODY]}
