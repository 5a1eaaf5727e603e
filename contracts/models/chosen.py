"""Whom something is for that is only for some: companies by name, or whoever has one of some modules."""

from datetime import date

from django.db import models
from django.db.models import Q

from contracts.models.subscription import Subscription
from tables.prepared import Prepared


class ChosenFor:
    """The rows of a model with `companies` and `modules` that are for a company. `column` is what their tables of links
    call the row. Asked with every page of such rows, and so put together once (decision 78)."""

    def __init__(self, model: type[models.Model], column: str) -> None:
        companies, modules = (model._meta.get_field(name).remote_field.through for name in ("companies", "modules"))
        self.by_name = Prepared(
            lambda company: companies.objects.filter(company=company).values(column), company=models.BigAutoField()
        )
        self.by_module = Prepared(
            lambda company, on: modules.objects.filter(
                product__in=Subscription.objects.in_force(on=on).filter(company=company).values("product")
            ).values(column),
            company=models.BigAutoField(),
            on=models.DateField(),
        )

    def holds(self, company: int, *, on: date) -> Q:
        """For the company of this id by name, or for whoever has one of its modules on that day."""
        by_name = self.by_name.column(company=company)
        by_module = self.by_module.column(company=company, on=on)
        return Q(pk__in=by_name) | Q(pk__in=by_module)
