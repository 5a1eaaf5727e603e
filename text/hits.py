"""What a search over everything finds: each app offers its own in `finding.py`, the portal shows them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString

from text.search import holding

# Of each kind; one more is asked for, which says that there are others.
MOST = 5


def first_hits(rows: Any, parts: Sequence[Any]) -> Any:
    """Those of a queryset of which `in_results` says what a search shows and in which order, see `holding`."""
    held: Any = holding(rows, parts)
    return held.in_results()[: MOST + 1]


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
