from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts import second_factor
from accounts.models import User
from text.words import normalised, one_line


class Command(BaseCommand):
    help = "Takes the second factor from a person who lost telephone, passkeys and recovery codes. Make sure who asks."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("login", help="login name or e-mail address")
        parser.add_argument("--reason", required=True, help="how you know who asks; the logbook keeps it")

    def handle(self, *, login: str, reason: str, **options) -> None:
        person = User.objects.named(normalised(login))
        if person is None:
            raise CommandError(_("Nobody logs in as “%(login)s”.") % {"login": login})
        if not second_factor.remove_all(person, by=None, reason=one_line(reason)[:300]):
            raise CommandError(_("“%(login)s” has no second factor.") % {"login": login})
        self.stdout.write(_("Done: the sessions were closed, and the password alone opens the account."))
