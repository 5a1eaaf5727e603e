"""What the search over everything finds here: webinars, those to come and the recorded ones."""

from datetime import datetime

from django.utils.text import capfirst

from accounts.models import User
from text.extracts import extract, highlighted
from text.hits import Hit
from text.rendering import words_of
from text.search import parts_of
from webinars.models import Webinar


def webinars(words: str, *, person: User, at: datetime) -> list[Hit]:
    """Those that the person may know about, the newest first."""
    rows = Webinar.objects.found_by(person, parts_of(words))
    return [
        Hit(
            url=row.get_absolute_url(),
            title=highlighted(row.title, words),
            passage=extract(words_of(row.html), words),
            facts=[capfirst(row.get_state_display()), *filter(None, [row.speaker])],
            at=row.starts_at,
        )
        for row in rows
    ]
