from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.demo import cast, like, writer
from tickets.models import Guest


class Command(BaseCommand):
    help = "Writes the demonstration (companies, people, a year of tickets) and prints its accounts. Safe to run twice."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--like", choices=["", *like.NAMES], default="",
            help="prepares another portal instead; its settings are portal/demo/likes/NAME.env",
        )  # fmt: skip

    def handle(self, **options) -> None:
        if settings.PRODUCTION:
            raise CommandError(_("This is a production installation: the demonstration has no place in it."))
        if options["like"]:
            self.prepare(options["like"])
            return
        if not writer.is_written():
            self.write()
        self.print_accounts()

    def prepare(self, name: str) -> None:
        """Another portal, and the accounts of its people."""
        if not like.is_written(name):
            try:
                like.write(name, now=timezone.now())
            except like.NotEmpty as refusal:
                raise CommandError(str(refusal)) from refusal
        self.print_address()
        for login, can in like.accounts(name):
            self.stdout.write(f"{login} / {cast.PASSWORD}   {can}")
        if guest := like.guest_of(name):
            self.print_guest(guest)

    def write(self) -> None:
        self.stdout.write(_("Writing the demonstration: a year of tickets takes some seconds…"))
        self.stdout.flush()
        try:
            writer.write(now=timezone.now())
        except writer.NotEmpty as refusal:
            raise CommandError(str(refusal)) from refusal

    def print_accounts(self) -> None:
        """Each account as `login / password` with what it may do; people without access by their names."""
        changed = writer.changed_passwords()
        names = [(name_of(person, changed), person.can) for person in cast.EVERYBODY]
        width = max(len(name) for name, _can in names)
        self.print_address()
        for name, can in names:
            self.stdout.write(f"{name:{width}}   {can}")

    def print_guest(self, guest: Guest) -> None:
        words = _("The ticket of a guest, answered already (code %(code)s, address %(email)s):")
        self.stdout.write(words % {"code": guest.called, "email": guest.email})
        self.stdout.write(guest.link)

    def print_address(self) -> None:
        self.stdout.write(_("Accounts of the demonstration at %(url)s:") % {"url": f"{settings.PUBLIC_URL}/"})


def name_of(person: cast.Person, changed: set[str]) -> str:
    if person.login is None or person.login in cast.LEAVERS:
        return f"{person.first_name} {person.last_name}".strip()
    password = _("(changed since)") if person.login in changed else cast.PASSWORD
    return f"{person.login} / {password}"
