"""Files that a message names by path, taken from beside the imported file and from nowhere else."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.utils.translation import gettext as _

from files import receiving
from files.receiving import Upload
from tickets.importing.records import ImportedMessage, Refused


@contextmanager
def received(messages: Sequence[ImportedMessage], folder: Path) -> Iterator[list[list[Upload]]]:
    """The files of each message, copied and judged. What was not kept in the end is forgotten. Raises Refused."""
    uploads: list[list[Upload]] = [[] for _message in messages]
    try:
        for part, message in enumerate(messages):
            for path in message.attachments:
                uploads[part].append(receive(folder, path, part=part, from_support=message.from_support))
            if len(uploads[part]) > settings.FILES_PER_MESSAGE:
                words = _("The message has more than %(limit)s files.") % {"limit": settings.FILES_PER_MESSAGE}
                raise Refused(words, part=part)
        yield uploads
    finally:
        for upload in (upload for of_message in uploads for upload in of_message):
            receiving.discard(upload)


def receive(folder: Path, path: str, *, part: int, from_support: bool) -> Upload:
    """A copy of the file; support may send programs, as on the desk."""
    try:
        return receiving.receive_path(located(folder, path), path, allow_executables=from_support)
    except receiving.Refused as refusal:
        raise Refused(" ".join(refusal.messages), part=part) from refusal
    except Refused as refusal:
        raise Refused(refusal.reason, part=part) from refusal
    except OSError as error:
        words = _("The file “%(path)s” cannot be read: %(reason)s.") % {"path": path[:100], "reason": error.strerror}
        raise Refused(words, part=part) from error


def located(folder: Path, path: str) -> Path:
    """Where the file lies. Raises Refused for what leaves the folder, also through a link, and for what is no file."""
    given = PurePosixPath(path.replace("\\", "/"))
    try:
        found = folder.joinpath(given).resolve()
        is_inside = not given.is_absolute() and ".." not in given.parts and found.is_relative_to(folder.resolve())
    except RuntimeError as error:  # links that lead to themselves
        raise Refused(_("The file “%(path)s” does not exist.") % {"path": path[:100]}) from error
    if not is_inside:
        raise Refused(_("The file “%(path)s” lies outside the folder of the import.") % {"path": path[:100]})
    if not found.is_file():
        raise Refused(_("The file “%(path)s” does not exist.") % {"path": path[:100]})
    return found
