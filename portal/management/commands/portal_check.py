from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal import invariants
from portal.invariants import INVARIANTS, Look, Result

BY_ID = {invariant.id: invariant for invariant in INVARIANTS}


class Command(BaseCommand):
    help = "Looks whether what must always hold does hold, files read in full. Ends with 1 when something does not."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("only", nargs="*", metavar="ID", help=f"look at these alone ({', '.join(BY_ID)})")

    def handle(self, *, only: list[str], **options) -> None:
        if unknown := [name for name in only if name not in BY_ID]:
            raise CommandError(_("There is no invariant “%(name)s”.") % {"name": unknown[0]})
        chosen = [BY_ID[name] for name in only] or INVARIANTS
        total = 0
        for result in invariants.check(Look(at=timezone.now()), chosen):
            self.say(result)
            total += result.count
        if total:
            raise CommandError(ngettext("%(count)s fault.", "%(count)s faults.", total) % {"count": total})

    def say(self, result: Result) -> None:
        good = result.count == 0
        verdict = self.style.SUCCESS(_("holds")) if good else self.style.ERROR(_("does not hold"))
        self.stdout.write(f"{result.invariant.id}  {result.invariant.meaning} {verdict}")
        for words in result.told:
            self.stdout.write(f"    {words}")
        if rest := result.count - len(result.told):
            self.stdout.write(
                "    " + ngettext("… and %(count)s more.", "… and %(count)s more.", rest) % {"count": rest}
            )
        self.stdout.flush()
