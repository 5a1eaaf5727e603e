from collections.abc import Mapping
from datetime import datetime

from django.db import models, transaction
from django.db.models import Subquery
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, User
from accounts.tenancy import TenantQuerySet
from downloads.models.component import Component
from downloads.models.delivery import Delivery
from releases.models.release import NEWEST_FIRST


class InstallationQuerySet(TenantQuerySet["Installation"]):
    def in_use(self):
        return self.exclude(release=None)

    def newest_first(self):
        """By version, and of one version in the order of the components."""
        versions = [f"-release__{column.removeprefix('-')}" for column in NEWEST_FIRST]
        return self.order_by(*versions, "component__position", "component__name")

    def with_last(self, *, at: datetime):
        """Adds `last_version`, the one of the last update that is out; NULL before the first one."""
        last = Delivery.objects.out(at=at).newest_first().values("version")[:1]
        return self.annotate(last_version=Subquery(last))  # type: ignore[no-redef]

    @transaction.atomic
    def say(self, installed: Mapping[Component, Delivery | None], *, by: User, at: datetime) -> None:
        """A person tells what the company runs; None is for what it does not use. Components not named stay."""
        company = Company.objects.select_for_update(of=("self",)).get(people=by)
        for component, release in installed.items():
            self.update_or_create(
                company=company, component=component, defaults={"release": release, "by": by, "at": at}
            )


class Installation(models.Model):
    """What a company says it has installed of a component."""

    company = models.ForeignKey(
        Company, models.CASCADE, verbose_name=_("company"), related_name="installations", db_index=False
    )
    component = models.ForeignKey(Component, models.CASCADE, verbose_name=_("component"), related_name="installations")
    release = models.ForeignKey(
        Delivery,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("version"),
        related_name="installations",
        help_text=_("Empty: the company does not use it."),
    )
    by = models.ForeignKey(User, models.PROTECT, verbose_name=_("said by"), related_name="+")
    at = models.DateTimeField(_("said on"))

    objects = InstallationQuerySet.as_manager()

    last_version: str | None  # of `with_last`

    class Meta:
        ordering = ["company", "component__position", "component__name"]
        verbose_name = _("installed version")
        verbose_name_plural = _("installed versions")
        constraints = [
            models.UniqueConstraint(fields=["company", "component"], name="one_installation_per_company_and_component"),
        ]

    def __str__(self) -> str:
        return f"{self.company} · {self.component}"

    @property
    def is_behind(self) -> bool:
        """For those `with_last`: whether a newer update is out."""
        return self.release is not None and self.release.version != self.last_version
