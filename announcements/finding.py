"""What the search over everything finds here: announcements, also for visitors."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import pgettext

from accounts.models import User
from announcements.models import Announcement
from text.extracts import extract, highlighted
from text.hits import MOST, Hit
from text.rendering import words_of
from text.search import matching


def announcements(words: str, *, person: User | AnonymousUser, at: datetime) -> list[Hit]:
    """Those for the person, in force or ended, the newest first."""
    rows: Any = matching(Announcement.objects.visible_to(person, at=at), words)
    return [
        Hit(
            url=row.get_absolute_url(),
            title=highlighted(row.title, words),
            passage=extract(words_of(row.html), words),
            facts=[row.look.word, *([pgettext("announcement", "Over")] if row.is_over(at=at) else [])],
            at=row.published_at,
        )
        for row in rows.in_results()[: MOST + 1]
    ]
