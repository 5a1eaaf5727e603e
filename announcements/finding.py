"""What the search over everything finds here: announcements, also for visitors."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import BigAutoField, DateField, DateTimeField, TextField
from django.utils.translation import pgettext

from accounts.models import User
from announcements.models import Announcement
from tables.prepared import Prepared, Several
from text.extracts import extract, highlighted
from text.hits import Hit, first_hits
from text.rendering import words_of
from text.search import parts_of

# For who asks most, the people of companies.
FOUND = Prepared(
    lambda at, company, on, parts: first_hits(Announcement.objects.out(at=at).for_people_of(company, on=on), parts),
    at=DateTimeField(),
    company=BigAutoField(),
    on=DateField(),
    parts=Several(TextField()),
)


def found(words: str, *, person: User | AnonymousUser, at: datetime) -> Iterable[Announcement]:
    parts = parts_of(words)
    if person.is_authenticated and person.company is not None:
        return FOUND.rows(at=at, company=person.company.pk, on=person.company.today(at), parts=parts)
    return first_hits(Announcement.objects.visible_to(person, at=at), parts)


def announcements(words: str, *, person: User | AnonymousUser, at: datetime) -> list[Hit]:
    """Those for the person, in force or ended, the newest first."""
    rows = found(words, person=person, at=at)
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
