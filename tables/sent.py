"""A table that somebody sent by a form. What is wrong with it is said at its field."""

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from tables.reading import Table

MOST_BYTES = 1024 * 1024


def content_of(file: UploadedFile) -> bytes:
    """Raises ValidationError."""
    if (file.size or 0) > MOST_BYTES:
        raise ValidationError(_("The file is larger than 1 MB. Split it."))
    try:
        return file.read()
    except OSError as error:  # there was no room for it
        raise ValidationError(_("The file could not be read. Send it again.")) from error


def with_rows(table: Table) -> Table:
    """The table itself. Raises ValidationError for one that is only a heading."""
    if not table.lines:
        raise ValidationError(_("The file has no row below its heading."))
    return table
