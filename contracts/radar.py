"""The licence radar: files leave for the companies in time, and what nobody has done anything about is told of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from accounts.models import Company, User
from contracts.models import LicenceFile, Subscription
from contracts.models.licence import where_it_is

# So many companies of each kind are shown on the desk.
SHOWN = 200


@dataclass
class Swept:
    """What one sweep did: files sent, managers' notices about a file, files of which support was told."""

    mailed: int = 0
    reminded: int = 0
    warned: int = 0


@dataclass
class Seen:
    """What somebody of support should look after, at most SHOWN of each."""

    missing: Sequence[LicenceFile]
    neglected: Sequence[LicenceFile]
    infected: Sequence[LicenceFile]
    unreceived: Sequence[Company]

    @property
    def is_empty(self) -> bool:
        return not (self.missing or self.neglected or self.infected or self.unreceived)


def sweep(*, at: datetime) -> Swept:
    """One transaction for each file, and a mark on its row: any number of sweeps at once tell of each thing once."""
    files = LicenceFile.objects.select_related("company", "stored").order_by("pk")
    swept = Swept()
    swept.mailed = sum(file.mail(at=at) for file in files.to_mail(at=at))
    swept.reminded = sum(file.remind(at=at) for file in files.neglected(at=at).filter(reminded_at=None))
    swept.warned = LicenceFile.objects.warn_staff(at=at)
    return swept


def look(*, at: datetime) -> Seen:
    """What the sweep tells of, for as long as it lasts, and the companies in which nobody receives the files."""
    files = LicenceFile.objects.select_related("company", "stored").order_by("valid_until", "company__name")
    return Seen(
        missing=files.lacking_successor(at=at)[:SHOWN],
        neglected=files.neglected(at=at)[:SHOWN],
        infected=files.infected()[:SHOWN],
        unreceived=without_recipient(at=at)[:SHOWN],
    )


def without_recipient(*, at: datetime):
    """Companies with a licence or a module in force, of which nobody receives the licence files."""
    files = LicenceFile.objects.current().filter(company=OuterRef("pk"))
    modules = Subscription.objects.filter(company=OuterRef("pk"), product__kind="module")
    runs = files.filter(where_it_is(at, lambda today: Q(valid_until__gte=today)))
    has = modules.filter(
        where_it_is(at, lambda today: Q(starts__lte=today) & (Q(expires=None) | Q(expires__gte=today)))
    )
    receiving = User.objects.receiving_licence_files().filter(company=OuterRef("pk"))
    companies = Company.objects.filter(is_active=True, is_demo=False).filter(~Exists(receiving))
    return companies.filter(Exists(runs) | Exists(has)).order_by("name", "pk")
