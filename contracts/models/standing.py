"""What a company's people read about its contract: until when the licence runs, and what is contracted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.db.models import F, FilteredRelation, Q
from django.utils.translation import gettext_lazy as _

from accounts.logbook import Line, Reader
from accounts.models import AuditEntry, Company
from contracts.models.licence import LicenceFile
from contracts.models.product import Product
from contracts.models.subscription import Subscription

TOLD_TO_ALL = ("company", "valid_from", "valid_until", "applied_at")
KINDS = {Product.Kind.MODULE: _("Modules"), Product.Kind.SERVICE: _("Services")}
# So many of the lines that say who took a file are shown.
TAKINGS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Licence:
    """Until when the product of a company runs. `until`: the last day of the files in force, or of the last one that
    ended; `days`: how many are left, below zero since it ended; `waiting`: the last day of a file that nobody has
    downloaded or applied."""

    until: date | None = None
    days: int | None = None
    waiting: date | None = None

    @classmethod
    def of(cls, company: Company, *, on: date) -> "Licence":
        """One query, for whoever it is: of the files themselves nothing is told."""
        files = list(company.licence_files.current().with_taken().order_by("valid_until").only(*TOLD_TO_ALL))
        in_force = [file.valid_until for file in files if file.valid_from <= on <= file.valid_until]
        over = [file.valid_until for file in files if file.valid_until < on]
        of_use = [file for file in files if file.valid_until >= on and not file.applied_at]
        untouched = [file.valid_until for file in of_use if file.taken_at is None]
        until = max(in_force or over, default=None)
        return cls(until, (until - on).days if until else None, waiting=next(iter(untouched), None))

    @property
    def days_over(self) -> int:
        return -(self.days or 0)

    @property
    def state(self) -> str:
        """`none`, `over`, `soon` or `running`."""
        if self.days is None:
            return "none"
        if self.days < 0:
            return "over"
        return "soon" if self.days <= settings.LICENCE_DAYS else "running"


@dataclass(frozen=True, slots=True)
class Period:
    starts: date
    expires: date | None
    is_present: bool


@dataclass
class Contracted:
    """A module or service, and the periods in which a company has it, the newest first."""

    product: Product
    on: date
    periods: list[Period] = field(default_factory=list)

    @property
    def state(self) -> str:
        """`active`, `future`, `ended`, or `not` when it never was."""
        if not self.periods:
            return "not"
        if self.present:
            return "active"
        return "future" if self.periods[0].starts > self.on else "ended"

    @property
    def present(self) -> Period | None:
        return next((period for period in self.periods if period.is_present), None)


def offer_to(company: Company, *, on: date) -> list[Contracted]:
    """All that the vendor offers and all that the company has had, in the catalogue's order. One query."""
    mine = FilteredRelation("subscriptions", condition=Q(subscriptions__company=company))
    products = Product.objects.annotate(mine=mine).filter(Q(is_active=True) | Q(mine__isnull=False))
    rows = products.order_by("position", "name", "pk", "-mine__starts")
    found: dict[int, Contracted] = {}
    for product in rows.annotate(starts=F("mine__starts"), expires=F("mine__expires")):
        contracted = found.setdefault(product.pk, Contracted(product, on))
        if product.starts:
            is_present = Subscription.covers(product.starts, product.expires, on=on)
            contracted.periods.append(Period(product.starts, product.expires, is_present))
    return list(found.values())


def takings(files: Iterable[LicenceFile]) -> Iterator[tuple[LicenceFile, list[Line]]]:
    """Each file with the lines of the logbook that say who took it and when, the newest first."""
    files = list(files)
    if not files:
        return
    kind = AuditEntry.Kind.LICENCE_DOWNLOADED
    entries = AuditEntry.objects.filter(kind=kind, company=files[0].company_id, target="licencefile")
    entries = entries.filter(target_id__in=[file.pk for file in files]).newest_first()
    lines = Reader().lines(list(entries[:TAKINGS_SHOWN]))
    for file in files:
        yield file, [line for line in lines if line.entry.target_id == file.pk]


def by_kind(offer: Iterable[Contracted]) -> list[tuple[str, list[Contracted], list[Contracted]]]:
    """Modules, then services: each kind in words, what the company has or had of it, and what it never had."""
    offer = list(offer)
    kinds = []
    for kind in Product.Kind:
        of_kind = [one for one in offer if one.product.kind == kind]
        had, never = ([one for one in of_kind if (one.state == "not") is is_new] for is_new in (False, True))
        if of_kind:
            kinds.append((str(KINDS[kind]), had, never))
    return kinds
