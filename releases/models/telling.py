from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.company import zones_by_day
from contracts.models import Subscription
from releases import emails

# People who are told in one transaction.
BATCH = 500


class TellingQuerySet(models.QuerySet["Telling"]):
    def due(self, *, at: datetime):
        """Those of releases that are out, and not at their end."""
        return self.filter(finished_at=None, release__state="published", release__published_at__lte=at)

    def tell_due(self, *, at: datetime) -> None:
        """Tell everybody who has yet to hear of a release that is out. Safe to run twice and to be killed."""
        for telling in self.due(at=at).select_related("release").order_by("pk"):
            announcement = telling.announcement()
            while telling.tell_next(announcement, at=at):
                pass


class Telling(models.Model):
    """How far the word of a release has got among those who get update mails: up to which person, by their number.

    Made when a release is published with word to everybody, and found by a sweep when its time has come.
    """

    release = models.OneToOneField("releases.Release", models.CASCADE, related_name="telling")
    told_to = models.BigIntegerField(_("told up to person"), default=0)
    told = models.PositiveIntegerField(_("people told"), default=0)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = TellingQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("word of a release")
        verbose_name_plural = _("word of releases")

    def __str__(self) -> str:
        return f"{self.release} · {self.told}"

    def announcement(self) -> emails.Announcement:
        return emails.Announcement(self.release, list(self.release.notes.public().select_related("product")))

    @transaction.atomic
    def tell_next(self, announcement: emails.Announcement, *, at: datetime, size: int = BATCH) -> bool:
        """Queue the mails of the next people, and remember it in the same transaction; False when there are none left,
        or when another worker was quicker."""
        following = User.objects.receiving_update_mail().filter(pk__gt=self.told_to).order_by("pk")
        people = list(following[:size])
        if not self._advance(people, at=at):
            return False
        announcement.tell(people, modules=modules_of(people, at=at))
        return bool(people)

    def _advance(self, people: Sequence[User], *, at: datetime) -> bool:
        """Claim these people: it counts only while nobody has told anybody since this row was read."""
        told_to = people[-1].pk if people else self.told_to
        finished_at = None if people else at
        mine = Telling.objects.filter(pk=self.pk, told_to=self.told_to, finished_at=None)
        if not mine.update(told_to=told_to, told=F("told") + len(people), finished_at=finished_at):
            return False
        self.told_to, self.finished_at = told_to, finished_at
        return True


def modules_of(people: Sequence[User], *, at: datetime) -> Mapping[int | None, frozenset[int]]:
    """Company → the products of its subscriptions in force. A company that never had one is not in it."""
    rows = Subscription.objects.filter(company__in={person.company_id for person in people})
    known: dict[int, set[int]] = {company: set() for company in rows.values_list("company", flat=True)}
    for day, zones in zones_by_day(at).items():
        in_force = rows.in_force(on=day).filter(company__time_zone__in=zones)
        for company, product in in_force.values_list("company", "product"):
            known[company].add(product)
    return {company: frozenset(products) for company, products in known.items()}
