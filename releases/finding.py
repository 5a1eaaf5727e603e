"""What the search over everything finds here: the notes of releases."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from releases.models import ReleaseNote
from text.extracts import extract, highlighted
from text.hits import Hit
from text.rendering import words_of
from text.search import parts_of


def notes(words: str, *, person: User, at: datetime) -> list[Hit]:
    """The public notes of the releases that are out, the newest first."""
    rows = ReleaseNote.objects.found_by(person, parts_of(words), at=at)
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
