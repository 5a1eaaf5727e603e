"""The e-mails that this app sends. Each function decides who hears of it, and nothing else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings

from accounts.emails import general_recipient
from mail.outbox import Lane, post, written
from text.rendering import article_line
from text.words import normalised

if TYPE_CHECKING:
    from accounts.models import User
    from announcements.models import Announcement

# So much of an announcement stands in a mail; the page has all of it.
CHARACTERS = 600


def published(notice: "Announcement", people: "Sequence[User]") -> None:
    """To those who get general mail and whom it is for. Who may not open the page is told whom to ask."""
    link = settings.PUBLIC_URL + notice.get_absolute_url()
    context = {"notice": notice, "link": link, "summary": article_line(notice.text, CHARACTERS)}
    unique = {normalised(person.email): person for person in reversed(people)}.values()
    for can_open in (True, False):
        readers = [one for one in unique if (notice.is_public or one.has_portal_access) == can_open]
        said = context | {"can_open": can_open}
        post(written("announcement_published", map(general_recipient, readers), context=said, lane=Lane.BULK))
