"""What the search over everything finds here: the files of updates, by their names."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from downloads.models import ReleaseFile
from text.extracts import highlighted
from text.hits import MOST, Hit

# An update carries on what did not change: each content is shown once, in the newest update that has it.
LOOKED_AT = 60


def files(words: str, *, person: User, at: datetime) -> list[Hit]:
    """Those that the person may take, the newest first; one is found on the page of its update."""
    rows = ReleaseFile.objects.visible_to(person, at=at).named(words).in_results()[:LOOKED_AT]
    once = {row.stored_id: row for row in reversed(rows)}
    newest = list(reversed(once.values()))
    return [
        Hit(
            url=row.release.get_absolute_url(),
            title=highlighted(row.name, words),
            passage=highlighted(row.component.name, words),
            facts=[_("Version %(version)s") % {"version": row.release.version}],
            at=row.release.published_at,
        )
        for row in newest[: MOST + 1]
    ]
