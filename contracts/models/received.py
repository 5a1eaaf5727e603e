from dataclasses import dataclass
from datetime import date

from accounts.models import Company
from files.receiving import Upload


@dataclass(frozen=True)
class Received:
    """A licence file that somebody of support sent and nobody has kept yet: whose it is, and for which period."""

    company: Company
    valid_from: date
    valid_until: date
    upload: Upload
    note: str = ""
