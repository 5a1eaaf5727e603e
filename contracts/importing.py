"""What companies have contracted, as rows of a table: what each row would do, before anything is done."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Company, User
from accounts.spreadsheet import read_day
from contracts.models import Product, Subscription
from tables.reading import Line
from text.search import bare

MOST_ROWS = 1_000
REQUIRED = {
    "company": gettext_lazy("company"),
    "product": gettext_lazy("module or service"),
    "starts": gettext_lazy("from"),
}
CALLED = {
    "company": "company", "empresa": "company", "codigo": "company", "code": "company",
    "product": "product", "producto": "product", "modulo": "product", "servicio": "product", "module": "product",
    "service": "product", "module or service": "product", "modulo o servicio": "product",
    "from": "starts", "desde": "starts", "inicio": "starts", "starts": "starts",
    "until": "expires", "hasta": "expires", "fin": "expires", "caduca": "expires", "expires": "expires",
}  # fmt: skip

Key = tuple[int, int, date]


def column_of(heading: str) -> str | None:
    """The column that a heading means, in either language."""
    return CALLED.get(" ".join(bare(heading).split()))


class Deed(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass
class Step:
    """One row: what it would do, and to which subscription; or why it is refused."""

    line: int
    cells: Mapping[str, str]
    company: Company | None = None
    product: Product | None = None
    starts: date | None = None
    expires: date | None = None
    present: Subscription | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def deed(self) -> Deed:
        if self.faults:
            return Deed.REFUSED
        if self.present is None:
            return Deed.NEW
        return Deed.SAME if self.present.expires == self.expires else Deed.CHANGED

    @property
    def does_something(self) -> bool:
        return self.deed in (Deed.NEW, Deed.CHANGED)

    @property
    def typed(self) -> dict[str, str]:
        """What stands in the row, for what could not be read."""
        return {name: self.cells.get(name, "") for name in ("company", "product", "starts", "expires")}

    def digest(self) -> str:
        """The same for the same deed on the same subscription as it is now."""
        before = [self.present.pk, self.present.expires] if self.present else None
        state = json.dumps([self.line, self.deed, before, self.starts, self.expires], default=str)
        return sha256(state.encode()).hexdigest()[:20]

    def take(self, *, by: User) -> None:
        """Do it."""
        days = {"starts": self.starts, "expires": self.expires}
        if self.present is not None:
            self.present.change(by=by, data=days)
        else:
            Subscription.objects.agree(by=by, company=self.company, product=self.product, **days)  # type: ignore[arg-type]


def plan(lines: Iterable[Line]) -> list[Step]:
    """What each row would do, in the order of the table. Costs few queries, however many rows."""
    steps = [Step(line.number, line.cells, faults=[line.fault] if line.fault else []) for line in lines]
    codes = {code_in(step) for step in steps}
    companies = {company.code: company for company in Company.objects.filter(code__in=codes)}
    products = {bare(product.name): product for product in Product.objects.all()}
    for step in steps:
        if not step.faults:
            read(step, companies, products)
    meet(steps)
    return steps


def code_in(step: Step) -> str:
    return step.cells.get("company", "").upper()


def read(step: Step, companies: Mapping[str, Company], products: Mapping[str, Product]) -> None:
    """What the cells say; what they cannot say is refused."""
    step.company = companies.get(code_in(step))
    if step.company is None:
        step.faults.append(_("There is no company with the code %(code)s.") % {"code": code_in(step) or "–"})
    name = step.cells.get("product", "")
    step.product = products.get(bare(name))
    if step.product is None:
        step.faults.append(_("The catalogue has no “%(name)s”.") % {"name": name})
    for column in ("starts", "expires"):
        try:
            cell = step.cells.get(column, "")
            setattr(step, column, read_day(cell) if cell else None)
        except ValidationError as error:
            step.faults += error.messages
            return
    if step.starts is None:
        step.faults.append(_("Nothing says its first day."))
    elif step.expires and step.expires < step.starts:
        step.faults.append(_("The last day comes before the first one."))


def meet(steps: Iterable[Step]) -> None:
    """The subscriptions that are there already, each met by one row."""
    found = {key: step for step in steps if (key := key_of(step))}
    rows = Subscription.objects.filter(company__in={key[0] for key in found}).select_related("company", "product")
    present = {(row.company_id, row.product_id, row.starts): row for row in rows}
    met: set[Key] = set()
    for step in steps:
        if (key := key_of(step)) is None:
            continue
        if key in met:
            step.faults.append(_("Another row is about the same product and first day of the company."))
        met.add(key)
        step.present = present.get(key)


def key_of(step: Step) -> Key | None:
    """What tells a subscription from others."""
    if step.faults or step.company is None or step.product is None or step.starts is None:
        return None
    return step.company.pk, step.product.pk, step.starts
