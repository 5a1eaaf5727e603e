from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from webinars import emails

if TYPE_CHECKING:
    from webinars.models.webinar import Webinar

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# People who are written to in one transaction.
BATCH = 200


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def in_force(self):
        return self.filter(cancelled_at=None)

    def reachable(self):
        """Those in force whose person may still open webinars."""
        people = User.objects.reachable().filter(has_portal_access=True, can_use_webinars=True)
        return self.in_force().filter(person__in=people)

    def forget(self, person: User) -> None:
        self.filter(person=person).delete()

    # --- what must be said in time ---

    def remind_anew(self, *, starts_at: datetime, at: datetime) -> None:
        """The time changed. A reminder whose moment has passed by then counts as said: the change itself is told."""
        day, hour = (None if starts_at - before > at else at for before in (DAY, HOUR))
        self.update(day_told_at=day, hour_told_at=hour)

    def of_tomorrow(self, *, at: datetime):
        """Those to be reminded the day before; who registered later than that knows."""
        begins = Q(webinar__starts_at__gt=at + HOUR, webinar__starts_at__lte=at + DAY)
        return self.reachable().filter(
            begins, webinar__state="planned", day_told_at=None, at__lte=F("webinar__starts_at") - DAY
        )

    def of_this_hour(self, *, at: datetime):
        begins = Q(webinar__starts_at__gt=at, webinar__starts_at__lte=at + HOUR)
        return self.reachable().filter(
            begins, webinar__state="planned", hour_told_at=None, at__lte=F("webinar__starts_at") - HOUR
        )

    def unaware(self, *, at: datetime):
        """Those who have yet to hear of another time, or that it will not be held."""
        coming = Q(webinar__state__in=["planned", "cancelled"], webinar__ends_at__gt=at)
        return self.reachable().filter(coming, told_sequence__lt=F("webinar__sequence"))

    def tell_due(self, *, at: datetime) -> None:
        """Everything that those registered must hear by now, each once. Safe to run twice and to be killed."""
        sweep(self.unaware(at=at), lambda row: row.claim_change(), emails.changed)
        sweep(self.of_tomorrow(at=at), lambda row: row.claim("day_told_at", at=at), emails.tomorrow)
        sweep(self.of_this_hour(at=at), lambda row: row.claim("hour_told_at", at=at), emails.soon)


class Registration(models.Model):
    """A person takes part in a webinar. A cancelled one stays, so that nothing is said twice to who comes back."""

    webinar = models.ForeignKey(
        "webinars.Webinar", models.CASCADE, verbose_name=_("webinar"), related_name="registrations"
    )
    person = models.ForeignKey(User, models.CASCADE, verbose_name=_("person"), related_name="+")
    at = models.DateTimeField(_("registered"))
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    day_told_at = models.DateTimeField(_("reminded the day before"), null=True, blank=True)
    hour_told_at = models.DateTimeField(_("reminded an hour before"), null=True, blank=True)
    told_sequence = models.PositiveSmallIntegerField(_("knows of the change"), default=0)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints = [
            models.UniqueConstraint(fields=["webinar", "person"], name="one_registration_per_person_and_webinar")
        ]

    def __str__(self) -> str:
        return f"{self.webinar} · {self.person}"

    # --- verbs ---

    def claim(self, mark: str, *, at: datetime) -> bool:
        """Put the date of a mail on the row, before it is queued; False when another sweep was first."""
        mine = Registration.objects.in_force().filter(pk=self.pk, **{mark: None})
        return mine.update(**{mark: at}) == 1

    def claim_change(self) -> bool:
        """The same for the mail about a change: that the person knows of it."""
        mine = Registration.objects.in_force().filter(pk=self.pk, told_sequence__lt=self.webinar.sequence)
        return mine.update(told_sequence=self.webinar.sequence) == 1


def sweep(
    due: RegistrationQuerySet,
    claim: Callable[[Registration], bool],
    tell: Callable[["Webinar", Sequence[User]], None],
) -> None:
    """Batch by batch: claim what is due, and queue its mails in the same transaction."""
    rows = due.select_related("webinar", "person__company").order_by("webinar", "pk")
    while batch := list(rows[:BATCH]):
        with transaction.atomic():
            claimed = [row for row in batch if claim(row)]
            for webinar in {row.webinar_id: row.webinar for row in claimed}.values():
                tell(webinar, [row.person for row in claimed if row.webinar_id == webinar.pk])
        if not claimed:
            return  # another sweep is at them
