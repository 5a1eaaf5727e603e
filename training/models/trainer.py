"""Who gives trainings, and when they offer them: every week, save for the days on which they are away."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.company import validate_time_zone
from training.models.refusals import NotAQuarter
from training.models.slot import MOST_MINUTES, QUARTER, Slot, SlotQuerySet
from worktime import clock
from worktime.calendars import WorkCalendar, days
from worktime.models import Holiday
from worktime.regions import Region


class TrainerQuerySet(models.QuerySet["Trainer"]):
    def active(self):
        """Those whose slots may be offered."""
        return self.filter(is_active=True, user__is_active=True)


class Trainer(models.Model):
    """Somebody of support who gives trainings. Weekly hours are told by the clocks where they are."""

    user = models.OneToOneField(User, models.PROTECT, verbose_name=_("person"), related_name="trainer")
    time_zone = models.CharField(
        _("time zone"), max_length=50, default=settings.TIME_ZONE, validators=[validate_time_zone]
    )
    region = models.CharField(
        _("region"),
        max_length=2,
        choices=Region.choices,
        blank=True,
        help_text=_("On its holidays no slot is offered."),
    )
    is_active = models.BooleanField(_("gives trainings"), default=True)

    objects = TrainerQuerySet.as_manager()

    IMPERSONAL = {"time_zone"}

    class Meta:
        ordering = ["user__first_name", "user__last_name", "id"]
        verbose_name = _("trainer")
        verbose_name_plural = _("trainers")

    def __str__(self) -> str:
        return self.user.get_full_name()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def calendar(self) -> WorkCalendar:
        """The holidays where the trainer is."""
        return Holiday.objects.calendar(region=self.region, zone=self.time_zone)

    @transaction.atomic
    def keep(self, *, at: datetime) -> None:
        """Save a new or changed trainer: what is offered ahead and not booked follows clocks, holidays and whether
        trainings are given at all."""
        self.save()
        for availability in self.availabilities.all():
            availability.slots.discard(at=at)
            if self.is_active:
                availability.offer(at=at)


class AvailabilityQuerySet(models.QuerySet["Availability"]):
    def current(self):
        return self.filter(trainer__in=Trainer.objects.active())

    def offer_ahead(self, *, at: datetime) -> int:
        """Make the slots of the next weeks that are not there yet; says how many. Safe to run twice."""
        return sum(each.offer(at=at) for each in self.current().select_related("trainer__user"))


class Availability(models.Model):
    """A trainer offers a session every week at the same time of their clocks, summer and winter."""

    trainer = models.ForeignKey(Trainer, models.CASCADE, verbose_name=_("trainer"), related_name="availabilities")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=list(WEEKDAYS.items()))
    starts = models.TimeField(_("from"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=90, validators=[MinValueValidator(QUARTER), MaxValueValidator(MOST_MINUTES)]
    )
    first_day = models.DateField(_("first day"), null=True, blank=True)
    last_day = models.DateField(_("last day"), null=True, blank=True)

    objects = AvailabilityQuerySet.as_manager()

    class Meta:
        ordering = ["trainer", "weekday", "starts"]
        verbose_name = _("weekly slot")
        verbose_name_plural = _("weekly slots")
        constraints = [
            models.UniqueConstraint(
                fields=["trainer", "weekday", "starts", "minutes"],
                name="a_weekly_slot_is_written_once",
                violation_error_message=_("This weekly slot is there already."),
            ),
            models.CheckConstraint(
                condition=Q(first_day=None) | Q(last_day=None) | Q(last_day__gte=F("first_day")),
                name="a_weekly_slot_ends_after_it_begins",
                violation_error_message=_("The last day comes before the first one."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}"

    def clean(self) -> None:
        whole = self.starts is None or (self.starts.minute % QUARTER == 0 and not self.starts.second)
        if not whole or (self.minutes or QUARTER) % QUARTER:
            raise NotAQuarter

    def days_ahead(self, *, at: datetime) -> Iterator[date]:
        """The days of the next weeks on which it is offered."""
        today = timezone.localdate(at, self.trainer.zone)
        calendar, away = self.trainer.calendar(), list(self.trainer.absences.values_list("first_day", "last_day"))
        for day in days(today, today + timedelta(weeks=settings.TRAINING_WEEKS)):
            if day.weekday() != self.weekday or day in calendar.holidays:
                continue
            if (self.first_day and day < self.first_day) or (self.last_day and day > self.last_day):
                continue
            if not any(first <= day <= last for first, last in away):
                yield day

    @transaction.atomic
    def offer(self, *, at: datetime) -> int:
        """Make its slots that are not there yet. In the night without its hour there is none; of a doubled hour the
        first counts."""
        there = set(self.slots.values_list("day", flat=True))
        made = 0
        for day in self.days_ahead(at=at):
            starts = next(iter(clock.instants(day, self.starts, self.trainer.zone)), None)
            if day in there or starts is None or starts <= at:
                continue
            slot = Slot(trainer=self.trainer, availability=self, day=day)
            slot.lie(starts, self.minutes)
            made += slot.put_up()
        return made

    @transaction.atomic
    def keep(self, *, at: datetime) -> None:
        """Save a new or changed weekly slot: what it offered ahead and nobody has booked follows it."""
        if self.pk:
            self.slots.discard(at=at)
        self.save()
        if self.trainer.is_active:
            self.offer(at=at)

    @transaction.atomic
    def end(self, *, at: datetime) -> None:
        """It is no longer offered; what is booked stays."""
        self.slots.discard(at=at)
        self.delete()


class Absence(models.Model):
    """Days on which a trainer offers nothing: holidays, a journey."""

    trainer = models.ForeignKey(Trainer, models.CASCADE, verbose_name=_("trainer"), related_name="absences")
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    note = models.CharField(_("note"), max_length=120, blank=True, help_text=_("Only support reads it."))

    KEPT = {"note"}

    class Meta:
        ordering = ["-first_day"]
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="an_absence_ends_after_it_begins",
                violation_error_message=_("The last day comes before the first one."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day:%d/%m/%Y} – {self.last_day:%d/%m/%Y}"

    def slots(self) -> SlotQuerySet:
        """The trainer's slots of these days."""
        zone = self.trainer.zone
        begins = clock.first_at(self.first_day, datetime.min.time(), zone)
        ends = clock.first_at(self.last_day + timedelta(days=1), datetime.min.time(), zone)
        return self.trainer.slots.between(begins, ends)

    @transaction.atomic
    def keep(self, *, at: datetime) -> int:
        """Save it: free slots of these days go, and those of days that are free again come back. Says how many booked
        sessions stay, which support has to move or cancel."""
        if self.pk:
            Absence.objects.filter(pk=self.pk).delete()
            self.pk = None
            self.trainer.availabilities.offer_ahead(at=at)
        self.save(force_insert=True)
        self.slots().discard(at=at)
        return self.slots().booked().filter(starts__gt=at).count()

    @transaction.atomic
    def end(self, *, at: datetime) -> None:
        """The trainer is there after all."""
        self.delete()
        self.trainer.availabilities.offer_ahead(at=at)
