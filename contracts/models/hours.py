"""The hour bag: the minutes of training that a company has bought, as a bank's statement tells it (S0-49, S0-50)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Company, User
from accounts.tenancy import TenantQuerySet
from contracts import emails

# Minutes of one line: a year of working days, and far from what overflows.
MOST_MINUTES = 100_000
LONGEST_REASON = 300


class NotEnoughHours(ValidationError):
    """The bag holds less than was to be taken from it."""

    def __init__(self) -> None:
        super().__init__(_("Your company does not have enough training hours left for this session."), code="hours")


class SettledAlready(ValidationError):
    """A booking is paid for once, and paid back once."""

    def __init__(self) -> None:
        super().__init__(_("The hours of this session were already settled."), code="settled")


class HourBagQuerySet(TenantQuerySet["HourBag"]):
    def visible_to(self, user):
        """The bag of one's own company, for those who have the training area."""
        mine = super().visible_to(user)
        return mine if user.is_authenticated and user.can_use_training else mine.none()

    def of(self, company: Company) -> "HourBag":
        """The bag of a company; an empty one that nobody has saved where it never bought hours."""
        purchases = HourEntry.objects.filter(bag=OuterRef("pk"), kind=HourEntry.Kind.PURCHASE).newest_first()
        after_last = Subquery(purchases.values("balance_after")[:1])
        return self.filter(company=company).annotate(after_last_purchase=after_last).first() or HourBag(company=company)


class HourBag(models.Model):
    """What a company has left: `balance` minutes, always the sum of its lines and never below zero."""

    company = models.OneToOneField(Company, models.PROTECT, verbose_name=_("company"), related_name="hour_bag")
    balance = models.IntegerField(_("balance"), default=0, editable=False, help_text=_("Minutes."))
    low_told_at = models.DateTimeField(
        _("told that few are left"), null=True, editable=False, help_text=_("Empty again when hours are added.")
    )

    objects = HourBagQuerySet.as_manager()

    class Meta:
        verbose_name = _("hour bag")
        verbose_name_plural = _("hour bags")
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="an_hour_bag_is_never_below_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.company}"

    @property
    def hours(self) -> str:
        return in_hours(self.balance)

    @property
    def is_low(self) -> bool:
        return self.balance < settings.LOW_HOURS * 60

    def next_number(self) -> int:
        """The number of the next line; inside a transaction in which the balance has moved: others wait."""
        return (self.entries.newest_first().values_list("number", flat=True).first() or 0) + 1

    def filled_to(self) -> int:
        """How many minutes there were after hours were last bought: of so many the balance is what is left. For a bag
        that was found by `of`."""
        return max(getattr(self, "after_last_purchase", None) or 0, self.balance)


class HourEntryQuerySet(models.QuerySet["HourEntry"]):
    def visible_to(self, user):
        """The lines of the bag that one may see."""
        return self.filter(bag__in=HourBag.objects.visible_to(user))

    def newest_first(self):
        """As they were written."""
        return self.order_by("-number")

    def held_for(self, reference: str) -> int:
        """The minutes that a booking has cost so far, what was paid back taken off."""
        return -(self.filter(reference=reference).aggregate(total=Sum("minutes"))["total"] or 0)

    # --- verbs: each moves the balance and writes the line that says so ---

    def purchase(self, *, by: User, company: Company, minutes: int, reason: str, at: datetime | None = None):
        """A company has bought hours."""
        if minutes <= 0:
            raise ValidationError(_("Write how many minutes were bought."), code="minutes")
        return self._write(HourEntry.Kind.PURCHASE, by=by, company=company, minutes=minutes, reason=reason, at=at)

    def correct(
        self, *, by: User, company: Company, minutes: int, reason: str, reference: str = "", at: datetime | None = None
    ):
        """Support adds minutes or takes some away, at most what is left, and says why. Raises NotEnoughHours."""
        if not minutes or not reason.strip():
            raise ValidationError(_("A correction needs minutes and a reason."), code="minutes")
        return self._write(
            HourEntry.Kind.CORRECTION,
            by=by, company=company, minutes=minutes, reason=reason, reference=reference, at=at,
        )  # fmt: skip

    def debit(self, *, by: User, company: Company, minutes: int, reference: str, at: datetime | None = None):
        """A booking takes its minutes, once. Raises NotEnoughHours, SettledAlready."""
        if minutes <= 0:
            raise ValueError("A session lasts some minutes.")
        kind = HourEntry.Kind.BOOKING
        return self._write(kind, by=by, company=company, minutes=-minutes, reference=reference, at=at)

    def refund(
        self, *, by: User, company: Company, minutes: int, reference: str, reason: str = "", at: datetime | None = None
    ):
        """A booking gives minutes back, once and at most what it has cost. Raises SettledAlready."""
        if not 0 < minutes <= self.held_for(reference):
            raise SettledAlready
        return self._write(
            HourEntry.Kind.REFUND,
            by=by, company=company, minutes=minutes, reason=reason, reference=reference, at=at,
        )  # fmt: skip

    @transaction.atomic
    def _write(
        self, kind: "HourEntry.Kind", *, by: User, company: Company, minutes: int, at: datetime | None, **more: Any
    ) -> "HourEntry":
        """The balance moves by an update that must touch one row, which then waits for this transaction's end."""
        if abs(minutes) > MOST_MINUTES:
            raise ValidationError(_("That is more than anybody trains."), code="minutes")
        at = at or timezone.now()
        bag, _is_new = HourBag.objects.get_or_create(company=company)
        if not move(bag, minutes):
            raise NotEnoughHours
        bag.refresh_from_db(fields=["balance", "low_told_at"])
        entry = HourEntry(
            bag=bag,
            number=bag.next_number(),
            kind=kind,
            minutes=minutes,
            balance_after=bag.balance,
            by=by,
            at=at,
            **more,
        )
        try:
            with transaction.atomic():
                entry.save(force_insert=True)
        except IntegrityError as error:
            raise SettledAlready from error
        tell_when_low(bag, at=at)
        return entry


class HourEntry(models.Model):
    """One line of the statement: minutes that came (+) or went (−), who did it, when and why, and what was left."""

    class Kind(models.TextChoices):
        PURCHASE = "purchase", pgettext_lazy("hours", "Purchase")
        BOOKING = "booking", pgettext_lazy("hours", "Booking")
        REFUND = "refund", pgettext_lazy("hours", "Refund")
        CORRECTION = "correction", pgettext_lazy("hours", "Correction")

    bag = models.ForeignKey(HourBag, models.PROTECT, verbose_name=_("hour bag"), related_name="entries", db_index=False)
    number = models.PositiveIntegerField(_("number"), editable=False, help_text=_("Of the line in its bag."))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    minutes = models.IntegerField(_("minutes"))
    balance_after = models.IntegerField(_("balance"))
    by = models.ForeignKey(User, models.PROTECT, verbose_name=_("by"), related_name="+")
    at = models.DateTimeField(_("when"))
    reason = models.CharField(_("reason"), max_length=LONGEST_REASON, blank=True)
    reference = models.CharField(
        _("booking"), max_length=32, blank=True, editable=False, help_text=_("Which booking it is about.")
    )

    objects = HourEntryQuerySet.as_manager()

    KEPT = {"reason"}
    IMPERSONAL = {"reference"}

    class Meta:
        ordering = ["-id"]
        verbose_name = _("movement of hours")
        verbose_name_plural = _("movements of hours")
        indexes = [models.Index(fields=["reference"], condition=~Q(reference=""), name="hours_of_booking")]
        constraints = [
            models.UniqueConstraint(fields=["bag", "number"], name="the_lines_of_a_bag_are_numbered"),
            models.CheckConstraint(condition=Q(balance_after__gte=0), name="no_line_leaves_less_than_nothing"),
            models.CheckConstraint(
                condition=Q(kind__in=["purchase", "refund"], minutes__gt=0)
                | Q(kind="booking", minutes__lt=0)
                | (Q(kind="correction") & ~Q(minutes=0)),
                name="purchases_and_refunds_add_and_bookings_take",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["booking", "refund"], reference=""), name="a_debit_says_of_which_booking"
            ),
            models.UniqueConstraint(fields=["reference"], condition=Q(kind="booking"), name="one_debit_per_booking"),
            models.UniqueConstraint(fields=["reference"], condition=Q(kind="refund"), name="one_refund_per_booking"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.hours}"

    @property
    def hours(self) -> str:
        return in_hours(self.minutes, plus="+")

    @property
    def hours_after(self) -> str:
        return in_hours(self.balance_after)


def in_hours(minutes: int, *, plus: str = "") -> str:
    """Minutes as hours and minutes, “1:30” or “−0:45”; `plus` stands before what is more than nothing."""
    sign = "−" if minutes < 0 else plus
    return f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"


def move(bag: HourBag, minutes: int) -> bool:
    """Add to the balance, or take from it what is there; False when there is less."""
    rows = HourBag.objects.filter(pk=bag.pk, balance__gte=max(-minutes, 0), balance__lte=MOST_MINUTES * 100)
    return rows.update(balance=F("balance") + minutes) == 1


def tell_when_low(bag: HourBag, *, at: datetime) -> None:
    """Tell once that few hours are left, until there are more again."""
    if not bag.is_low:
        HourBag.objects.filter(pk=bag.pk).exclude(low_told_at=None).update(low_told_at=None)
    elif HourBag.objects.filter(pk=bag.pk, low_told_at=None).update(low_told_at=at):
        emails.hours_low(bag, list(User.objects.hearing_of_hours(bag.company)))
