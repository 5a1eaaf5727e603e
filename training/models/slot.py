"""When a trainer offers a session. Offers may overlap, of another length for instance: what is booked may not."""

import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from training.models.refusals import NoSuchTime, NotAQuarter, Offered, SlotGone, TwiceThatTime
from worktime import clock

if TYPE_CHECKING:
    from accounts.models import User

# Minutes.
QUARTER = 15
MOST_MINUTES = 8 * 60


def random_token() -> str:
    """128 bits: a name that nobody guesses, though it is never authority."""
    return secrets.token_urlsafe(16)


def instant(day: date, hour: time, zone: ZoneInfo, *, second: bool | None = None) -> datetime:
    """The instant, in UTC, at which the clocks of a place show this. `second`: of an hour that comes twice, whether the
    later one is meant. Raises NoSuchTime, TwiceThatTime."""
    found = clock.instants(day, hour, zone)
    if not found:
        raise NoSuchTime
    if len(found) > 1 and second is None:
        raise TwiceThatTime
    return found[-1] if second else found[0]


def check_quarters(starts: datetime, minutes: int) -> None:
    """Raises NotAQuarter."""
    is_whole = starts.astimezone(UTC).minute % QUARTER == 0 and not starts.second and not starts.microsecond
    if not is_whole or minutes % QUARTER or not 0 < minutes <= MOST_MINUTES:
        raise NotAQuarter


class SlotQuerySet(models.QuerySet["Slot"]):
    def visible_to(self, user: "User"):
        """Those that are or were offered, taken or not, and those where one's own company has a session. Of others
        nothing is told: a taken slot is only not free."""
        if not user.is_authenticated or user.company_id is None or not user.can_use_training:
            return self.none()
        own = TakenQuarter.objects.filter(slot=OuterRef("pk"), booking__company=user.company_id)
        return self.filter(Q(withdrawn_at=None) | Exists(own))

    def between(self, since: datetime, until: datetime):
        """Those that begin in this time."""
        return self.filter(starts__gte=since, starts__lt=until)

    def offered(self):
        """Those that support has not withdrawn, of trainers who give trainings."""
        return self.filter(withdrawn_at=None, trainer__is_active=True, trainer__user__is_active=True)

    def in_rows(self):
        """With what is said of one: with whom."""
        return self.select_related("trainer__user")

    def free(self, *, at: datetime):
        """Those that may be booked: yet to begin, offered, and the trainer has nothing else in that time."""
        taken = TakenQuarter.objects.filter(
            trainer=OuterRef("trainer"), at__gte=OuterRef("starts"), at__lt=OuterRef("ends")
        )
        return self.offered().filter(~Exists(taken), starts__gt=at)

    def booked(self):
        """Those with a live session."""
        return self.filter(Exists(TakenQuarter.objects.filter(slot=OuterRef("pk"))))

    # --- verbs ---

    @transaction.atomic
    def offer(self, *, trainer, starts: datetime, minutes: int) -> "Slot":
        """Support offers one slot by hand. Raises NotAQuarter, Offered."""
        check_quarters(starts, minutes)
        slot = Slot(trainer=trainer)
        slot.lie(starts, minutes)
        if not slot.put_up():
            raise Offered
        return slot

    @transaction.atomic
    def discard(self, *, at: datetime) -> None:
        """Those to come that are not booked go. One that somebody had booked and cancelled is withdrawn, for that
        session tells of it, and its weekly slot may offer the day again."""
        for slot in self.filter(starts__gt=at, withdrawn_at=None).select_for_update(of=("self",), no_key=True):
            if slot.quarters.exists():
                continue
            if slot.bookings.exists():
                Slot.objects.filter(pk=slot.pk).update(withdrawn_at=at, availability=None, day=None)
            else:
                slot.delete()


class Slot(models.Model):
    """A time at which a trainer may be booked, from `starts` until `ends`."""

    public_id = models.CharField(max_length=32, unique=True, default=random_token, editable=False)
    trainer = models.ForeignKey(
        "training.Trainer", models.PROTECT, verbose_name=_("trainer"), related_name="slots", db_index=False
    )
    starts = models.DateTimeField(_("from"))
    ends = models.DateTimeField(_("until"))
    withdrawn_at = models.DateTimeField(
        _("withdrawn"), null=True, blank=True, editable=False, help_text=_("Nobody can book it.")
    )
    availability = models.ForeignKey(
        "training.Availability",
        models.SET_NULL,
        null=True,
        editable=False,
        verbose_name=_("weekly slot"),
        related_name="slots",
        help_text=_("Which one made it; none: by hand."),
    )
    day = models.DateField(_("day"), null=True, editable=False, help_text=_("For which day the weekly slot made it."))

    objects = SlotQuerySet.as_manager()

    IMPERSONAL = {"public_id"}

    class Meta:
        ordering = ["starts", "id"]
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        indexes = [models.Index(fields=["starts"], name="slots_in_order")]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="a_slot_ends_after_it_begins"),
            models.UniqueConstraint(
                fields=["trainer", "starts", "ends"], condition=Q(withdrawn_at=None), name="a_slot_is_offered_once"
            ),
            models.UniqueConstraint(fields=["availability", "day"], name="a_weekly_slot_is_offered_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.trainer} · {self.starts.astimezone(self.trainer.zone):%d/%m/%Y %H:%M}"

    @property
    def minutes(self) -> int:
        """How long it lasts, as time elapses."""
        return (self.ends - self.starts) // timedelta(minutes=1)

    def is_free(self, *, at: datetime) -> bool:
        """Whether it may be booked now; the verb asks again, and alone then."""
        return Slot.objects.free(at=at).filter(pk=self.pk).exists()

    def actions_for(self, user: "User") -> set[str]:
        """What somebody who sees the slot may do with it: `book`."""
        return {"book"} if user.can_book_training and not user.is_viewed else set()

    def quarter_hours(self) -> Iterator[datetime]:
        """The quarters of an hour that it touches, in order."""
        step, quarter = timedelta(minutes=QUARTER), self.starts.astimezone(UTC)
        quarter -= timedelta(minutes=quarter.minute % QUARTER, seconds=quarter.second, microseconds=quarter.microsecond)
        while quarter < self.ends:
            yield quarter
            quarter += step

    # --- verbs ---

    def lie(self, starts: datetime, minutes: int) -> None:
        """From when to when it is, in UTC: there minutes are as long as they are."""
        self.starts = starts.astimezone(UTC)
        self.ends = self.starts + timedelta(minutes=minutes)

    def put_up(self) -> bool:
        """Save a new one; False when the trainer offers exactly this already."""
        try:
            with transaction.atomic():
                self.save(force_insert=True)
        except IntegrityError:
            return False
        return True

    @transaction.atomic
    def change(self, *, starts: datetime, minutes: int, trainer=None, at: datetime) -> None:
        """Support moves a slot that nobody has booked. Raises SlotGone, NotAQuarter, Offered."""
        check_quarters(starts, minutes)
        self.lock_free(at=at)
        self.lie(starts, minutes)
        self.trainer = trainer or self.trainer
        try:
            with transaction.atomic():
                self.save(update_fields=["starts", "ends", "trainer"])
        except IntegrityError as error:
            raise Offered from error

    @transaction.atomic
    def withdraw(self, *, at: datetime) -> None:
        """Support takes a slot back: whoever was booking it is told that it is gone. Raises SlotGone when it is
        booked."""
        self.lock()
        if self.quarters.exists():
            raise SlotGone
        Slot.objects.filter(pk=self.pk, withdrawn_at=None).update(withdrawn_at=at)
        self.refresh_from_db(fields=["withdrawn_at"])

    @transaction.atomic
    def restore(self) -> None:
        """Offer it again. Raises Offered when the trainer offers the same by another slot."""
        self.withdrawn_at = None
        try:
            with transaction.atomic():
                self.save(update_fields=["withdrawn_at"])
        except IntegrityError as error:
            raise Offered from error

    def lock(self) -> None:
        """Whoever books, moves or withdraws a slot does so one after the other."""
        list(Slot.objects.select_for_update(no_key=True).filter(pk=self.pk))

    def lock_free(self, *, at: datetime) -> None:
        """Inside a transaction: the slot waits for us, and it is free. Raises SlotGone."""
        self.lock()
        if not Slot.objects.free(at=at).filter(pk=self.pk, starts=self.starts, ends=self.ends).exists():
            raise SlotGone


class TakenQuarter(models.Model):
    """A quarter of an hour in which a trainer gives a session: nobody is in two places (I6)."""

    trainer = models.ForeignKey(
        "training.Trainer", models.PROTECT, verbose_name=_("trainer"), related_name="quarters", db_index=False
    )
    at = models.DateTimeField(_("when"))
    slot = models.ForeignKey(Slot, models.PROTECT, verbose_name=_("slot"), related_name="quarters")
    booking = models.ForeignKey("training.Booking", models.CASCADE, verbose_name=_("booking"), related_name="quarters")

    class Meta:
        default_permissions = ()
        verbose_name = _("taken quarter of an hour")
        verbose_name_plural = _("taken quarters of an hour")
        constraints = [
            models.UniqueConstraint(fields=["trainer", "at"], name="a_trainer_is_in_one_place_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
