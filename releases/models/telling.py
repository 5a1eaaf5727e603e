from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User, telling
from accounts.models.company import zones_by_day
from contracts.models import Subscription
from releases import emails


class TellingQuerySet(telling.TellingQuerySet):
    def due(self, *, at: datetime):
        """Those of releases that are out, and not at their end."""
        out = self.filter(finished_at=None, release__state="published", release__published_at__lte=at)
        return out.select_related("release")


class Telling(telling.Telling):
    """Word of a release among those who get update mails; made when it is published with word to everybody."""

    release = models.OneToOneField("releases.Release", models.CASCADE, related_name="telling")

    objects = TellingQuerySet.as_manager()

    class Meta(telling.Telling.Meta):
        verbose_name = _("word of a release")
        verbose_name_plural = _("word of releases")

    def __str__(self) -> str:
        return f"{self.release} · {self.told}"

    def people(self):
        return User.objects.receiving_update_mail()

    def announcement(self) -> emails.Announcement:
        return emails.Announcement(self.release, list(self.release.notes.public().select_related("product")))

    def tell(self, announcement: emails.Announcement, people: Sequence[User], *, at: datetime) -> None:
        announcement.tell(people, modules=modules_of(people, at=at))


def modules_of(people: Sequence[User], *, at: datetime) -> Mapping[int | None, frozenset[int]]:
    """Company → the products of its subscriptions in force. A company that never had one is not in it."""
    rows = Subscription.objects.filter(company__in={person.company_id for person in people})
    known: dict[int, set[int]] = {company: set() for company in rows.values_list("company", flat=True)}
    for day, zones in zones_by_day(at).items():
        in_force = rows.in_force(on=day).filter(company__time_zone__in=zones)
        for company, product in in_force.values_list("company", "product"):
            known[company].add(product)
    return {company: frozenset(products) for company, products in known.items()}
