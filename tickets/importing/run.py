"""One import: every ticket of the files is brought in, is there already, or is refused with a reason."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import DataError, IntegrityError
from django.utils.translation import gettext as _

from tickets.importing import attachments, formats
from tickets.importing.destination import Destination
from tickets.importing.formats import Entry
from tickets.importing.progress import Progress
from tickets.importing.records import ImportedTicket, Refused
from tickets.models import Ticket
from tickets.models.past import AlreadyImported, PastThread

Refusal = Callable[[Path, int, str, str], None]


@dataclass
class Tally:
    imported: int = 0
    present: int = 0
    refused: int = 0

    @property
    def read(self) -> int:
        return self.imported + self.present + self.refused


class Import:
    """`refuse` is told file, line, number in the former system and reason of each ticket that is not taken."""

    def __init__(
        self, destination: Destination, *, mapping: str, refuse: Refusal, progress: Progress, is_rehearsal: bool = False
    ) -> None:
        self.destination, self.mapping, self.refuse, self.progress = destination, mapping, refuse, progress
        self.is_rehearsal = is_rehearsal
        self.tally = Tally()
        self.taken: dict[str, str] = {}  # where each number of the former system stands

    def take_file(self, path: Path) -> None:
        """Raises OSError when the file cannot be read."""
        size = path.stat().st_size or 1
        with path.open("rb") as file:
            for entry in formats.entries(path, file, self.mapping):
                self.take(entry, path)
                self.progress.show(file.tell() / size, self.tally.read)

    def take(self, entry: Entry, path: Path) -> None:
        try:
            if entry.ticket is None:
                raise Refused(entry.reason)
            self.bring_once(entry.ticket, path, entry.line)
        except Refused as refusal:
            self.tally.refused += 1
            self.refuse(path, entry.line_of(refusal), entry.external_id, str(refusal))

    def bring_once(self, ticket: ImportedTicket, path: Path, line: int) -> None:
        """Raises Refused, also for a second ticket with the number of one that was taken before."""
        if before := self.taken.get(ticket.external_id):
            raise Refused(_("The same number stands before, at %(place)s.") % {"place": before})
        try:
            self.bring(ticket, path.parent)
            self.tally.imported += 1
        except AlreadyImported:
            self.tally.present += 1
        self.taken[ticket.external_id] = f"{path.name}:{line}"

    def bring(self, ticket: ImportedTicket, folder: Path) -> None:
        """Raises AlreadyImported or Refused."""
        company = self.destination.company
        if Ticket.objects.filter(company=company, external_id=ticket.external_id).exists():
            raise AlreadyImported
        thread = self.destination.thread(ticket)
        with attachments.received(ticket.messages, folder) as uploads:
            messages = [replace(message, files=files) for message, files in zip(thread.messages, uploads, strict=True)]
            messages.sort(key=lambda message: message.created_at)
            if not self.is_rehearsal:
                self.write(replace(thread, messages=messages))

    def write(self, thread: PastThread) -> None:
        if thread.product and thread.product.pk is None:
            thread.product.save()
        try:
            Ticket.objects.import_thread(thread, company=self.destination.company)
        except (DataError, IntegrityError) as error:
            raise Refused(_("The database does not take it (%(error)s).") % {"error": type(error).__name__}) from error
