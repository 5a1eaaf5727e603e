"""What the search over everything finds here: the notes of releases."""

from datetime import datetime

from django.db.models import DateTimeField, TextField
from django.utils.translation import gettext as _

from accounts.models import User
from releases.models import ReleaseNote
from releases.models.release import reads_releases
from tables.prepared import Prepared, Several
from text.extracts import extract, highlighted
from text.hits import Hit, first_hits
from text.rendering import words_of
from text.search import parts_of

FOUND = Prepared(
    lambda at, parts: first_hits(ReleaseNote.objects.out(at=at), parts),
    at=DateTimeField(),
    parts=Several(TextField()),
)


def notes(words: str, *, person: User, at: datetime) -> list[Hit]:
    """The public notes of the releases that are out, the newest first."""
    rows = FOUND.rows(at=at, parts=parts_of(words)) if reads_releases(person) else []
    return [
        Hit(
            url=note.get_absolute_url(),
            title=highlighted(
                _("Version %(version)s: %(module)s") % {"version": note.release.version, "module": note.module}, words
            ),
            passage=extract(words_of(note.html), words),
            facts=[note.get_kind_display()],
            at=note.release.published_at,
        )
        for note in rows
    ]
