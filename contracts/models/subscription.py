from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEntry, Company, User
from accounts.tenancy import TenantQuerySet
from contracts.models.product import Product
from files.models import StoredFile
from files.receiving import Upload

Kind = AuditEntry.Kind


class SubscriptionQuerySet(TenantQuerySet["Subscription"]):
    def in_force(self, *, on: date):
        """Those that cover the day: both its first and its last day count."""
        return self.filter(Q(expires=None) | Q(expires__gte=on), starts__lte=on)

    @transaction.atomic
    def agree(
        self,
        *,
        by: User,
        company: Company,
        product: Product,
        starts: date,
        expires: date | None = None,
        contract: Upload | None = None,
    ) -> "Subscription":
        """A company has a product for a time."""
        stored = StoredFile.objects.keep(contract) if contract else None
        row = self.create(company=company, product=product, starts=starts, expires=expires, contract=stored)
        row.record(Kind.SUBSCRIPTION_ADDED, {"starts": [None, starts], "expires": [None, expires]}, by=by)
        return row


class Subscription(models.Model):
    """A company has a product for a time. Each renewal is a row of its own (S2-13 to S2-16)."""

    company = models.ForeignKey(
        Company, models.PROTECT, verbose_name=_("company"), related_name="subscriptions", db_index=False
    )
    product = models.ForeignKey(Product, models.PROTECT, verbose_name=_("product"), related_name="subscriptions")
    starts = models.DateField(_("from"))
    expires = models.DateField(_("until"), null=True, blank=True, help_text=_("The last day. Empty: without an end."))
    contract = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, verbose_name=_("contract"), related_name="contract_of"
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["-starts", "-id"]
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "product", "starts"], name="one_subscription_per_product_and_day"
            ),
            models.CheckConstraint(
                condition=Q(expires=None) | Q(expires__gte=F("starts")), name="a_subscription_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} · {self.product}"

    @staticmethod
    def covers(starts: date, expires: date | None, *, on: date) -> bool:
        """`in_force` for a period that is already loaded."""
        return starts <= on and (expires is None or expires >= on)

    @transaction.atomic
    def change(self, *, by: User, data: Mapping[str, Any], contract: Upload | None = None) -> None:
        """Keep other dates, and another contract where one is given. Company and product stay for ever."""
        days = ("starts", "expires")
        stored = Subscription.objects.values_list(*days).get(pk=self.pk)
        both = {name: [old, data.get(name, old)] for name, old in zip(days, stored, strict=True)}
        changes = {name: values for name, values in both.items() if values[0] != values[1]}
        for name, (_old, new) in changes.items():
            setattr(self, name, new)
        former = self.contract if contract is not None else None
        if contract is not None:
            self.contract = StoredFile.objects.keep(contract)
        if changes or contract is not None:
            self.save(update_fields=[*changes, "contract"])
            self.record(Kind.SUBSCRIPTION_CHANGED, changes, by=by)
        if former is not None:
            former.delete()

    @transaction.atomic
    def remove(self, *, by: User) -> None:
        """It was entered by mistake."""
        was = {"starts": [self.starts, None], "expires": [self.expires, None]}
        self.record(Kind.SUBSCRIPTION_REMOVED, was, by=by)
        self.delete()
        if self.contract is not None:
            self.contract.delete()

    def record(self, kind: str, days: Mapping[str, list[date | None]], *, by: User) -> None:
        """In the company's logbook, without the days that neither were nor are."""
        noted = {name: [day and day.isoformat() for day in pair] for name, pair in days.items() if any(pair)}
        changes: dict[str, list[Any]] = {"product": [None, self.product.name], **noted}
        AuditEntry.write(kind, by=by, on=self, company=self.company, changes=changes)
