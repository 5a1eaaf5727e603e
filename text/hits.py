"""What a search over everything finds: each app offers its own in `finding.py`, the portal shows them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.safestring import SafeString

# Of each kind; one more is asked for, which says that there are others.
MOST = 5


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found, the sought words marked in its title and in the passage of its text.

    `url` leads to a page, never straight to a file. `facts` stand below in small words, `status` is that of a ticket.
    """

    url: str
    title: SafeString
    passage: SafeString | str = ""
    facts: Sequence[str | Promise] = ()
    status: str = ""
    at: datetime | None = None
