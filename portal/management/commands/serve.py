import errno
import os
import sys
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.utils.translation import gettext as _

from portal import processes


class Command(BaseCommand):
    help = "Runs the portal on this machine (web server, worker and clock) until Ctrl-C or SIGTERM."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="host:port to listen at (%(default)s)")

    def handle(self, *, bind: str, **options) -> None:
        self.claim(bind)
        processes.make_folders()
        # One process writes to SQLite; PostgreSQL serves as many as there are.
        workers = 1 if connection.vendor == "sqlite" else 2
        connections.close_all()
        supervisor = processes.Supervisor(
            processes.embedded_programs(bind=bind, workers=workers),
            folder=settings.BASE_DIR,
            environment={"PORTAL_URL": f"http://{bind}", **os.environ},
            say=self.say_ended,
        )
        sys.exit(supervisor.run(is_ready=lambda: processes.answers(bind), when_ready=lambda: self.say_ready(bind)))

    def claim(self, bind: str) -> None:
        try:
            processes.claim(bind)
        except ValueError as error:
            raise CommandError(_("“%(bind)s” is not host:port, as in 127.0.0.1:8000.") % {"bind": bind}) from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                words = _("Something else already listens at %(bind)s. Stop it or choose another port.")
            else:
                words = _("Cannot listen at %(bind)s: %(reason)s.")
            raise CommandError(words % {"bind": bind, "reason": os.strerror(error.errno or 0)}) from error

    def say_ready(self, bind: str) -> None:
        self.stdout.write(_("The portal is at http://%(bind)s/ (Ctrl-C stops it).") % {"bind": bind})
        self.stdout.flush()

    def say_ended(self, name: str, code: int) -> None:
        self.stderr.write(_("The process “%(name)s” ended with code %(code)s.") % {"name": name, "code": code})
