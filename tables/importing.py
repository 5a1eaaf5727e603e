"""What the commands have in common that import many rows: why they stop, and where they list what became of each."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from django.core.management.base import CommandError
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from tables.csv import neutralised

# Without a report file, so many refused rows are said one by one.
SAID = 20


def carried_out(work: Callable[[], Any], *, source: Path) -> str:
    """Do it; "" when it came to its end, otherwise why it stopped. What was imported by then stays.

    `source` is what was being read, should an error of the system name no file.
    """
    try:
        work()
    except KeyboardInterrupt:
        return _("Interrupted.")
    except (OperationalError, InterfaceError) as error:
        return _("The database does not answer: %(error)s.") % {"error": str(error).partition("\n")[0]}
    except OSError as error:
        return f"{error.filename or source}: {error.strerror}."
    return ""


def complain(reason: str) -> None:
    """Raises CommandError where there is a reason why it stopped, and says what to do."""
    if reason:
        raise CommandError(_("%(reason)s Run the command again to continue.") % {"reason": reason})


class Report:
    """What became of each row, as a CSV file that a spreadsheet opens and nobody's formula runs in. Written line by
    line, so that an interrupted import leaves what it knew."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Raises CommandError when the file cannot be written."""
        try:
            self.file = path.open("w", encoding="utf-8-sig", errors="replace", newline="", buffering=1)
        except OSError as error:
            words = _("The report “%(path)s” cannot be written: %(reason)s.")
            raise CommandError(words % {"path": path, "reason": error.strerror}) from error
        self.writer = csv.writer(self.file)
        self.writer.writerow(columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.file.close()

    def add(self, *cells: str | int) -> None:
        self.writer.writerow([neutralised(cell) if isinstance(cell, str) else cell for cell in cells])
