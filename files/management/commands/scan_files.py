from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from files import scanner, scanning
from files.models import StoredFile

State = StoredFile.ScanState


class Command(BaseCommand):
    help = "Asks the antivirus about every file of which it has said nothing, such as those from before it was set up."
    requires_migrations_checks = True

    def handle(self, **options) -> None:
        if settings.CLAMAV_SOCKET is None:
            raise CommandError(_("There is no antivirus. Set CLAMAV_SOCKET."))
        try:
            tally = scanning.scan_unscanned(at=timezone.now())
        except scanner.Unavailable as silence:
            raise CommandError(
                _("The antivirus does not answer (%(reason)s). Run it again to continue.") % {"reason": silence}
            ) from silence
        said = _("Clean: %(clean)s. In quarantine: %(infected)s. Still not scanned: %(unscanned)s.")
        numbers = {
            "clean": tally[State.CLEAN],
            "infected": tally[State.INFECTED],
            "unscanned": tally[State.NOT_SCANNED],
        }
        self.stdout.write(said % numbers)
