"""What the search over everything finds here: webinars, those to come and the recorded ones."""

from datetime import datetime

from django.db.models import TextField
from django.utils.text import capfirst

from accounts.models import User
from tables.prepared import Prepared, Several
from text.extracts import extract, highlighted
from text.hits import Hit, first_hits
from text.rendering import words_of
from text.search import parts_of
from webinars.models import Webinar
from webinars.models.webinar import watches_webinars

FOUND = Prepared(lambda parts: first_hits(Webinar.objects.announced(), parts), parts=Several(TextField()))


def webinars(words: str, *, person: User, at: datetime) -> list[Hit]:
    """Those that the person may know about, the newest first."""
    rows = FOUND.rows(parts=parts_of(words)) if watches_webinars(person) else []
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
