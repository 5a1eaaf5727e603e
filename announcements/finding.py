"""What the search over everything finds here: announcements, also for visitors."""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import pgettext

from accounts.models import User
from announcements.models import Announcement
from text.extracts import extract, highlighted
from text.hits import Hit
from text.rendering import words_of
from text.search import parts_of


def announcements(words: str, *, person: User | AnonymousUser, at: datetime) -> list[Hit]:
    """Those for the person, in force or ended, the newest first."""
    rows = Announcement.objects.found_by(person, parts_of(words), at=at)
    return [
        Hit(
            url=row.get_absolute_url(),
            title=highlighted(row.title, words),
            passage=extract(words_of(row.html), words),
            facts=[row.look.word, *([pgettext("announcement", "Over")] if row.is_over(at=at) else [])],
            at=row.published_at,
        )
        for row in rows
    ]
