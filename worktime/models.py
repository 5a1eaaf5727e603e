from datetime import date
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from worktime import official
from worktime.calendars import WorkCalendar
from worktime.regions import Region


class HolidayQuerySet(models.QuerySet["Holiday"]):
    def of_region(self, region: str):
        """Those of a region, which are also those of the whole country; without a region these alone."""
        return self.filter(Q(region=official.NATIONWIDE) | Q(region=region))

    def between(self, first: date, last: date):
        return self.filter(day__range=(first, last))

    def calendar(self, *, region: str, zone: str) -> WorkCalendar:
        """The working days of a region, on the clocks of a time zone."""
        return WorkCalendar(ZoneInfo(zone), frozenset(self.of_region(region).values_list("day", flat=True)))

    def fill_year(self, year: int) -> None:
        """Write the public holidays of a year down, once: from then on staff correct them. A year is there when its
        first of January is."""
        if self.filter(region=official.NATIONWIDE, day=date(year, 1, 1)).exists():
            return
        rows = [Holiday(region=region, day=day, name=name) for region, day, name in official.of_year(year)]
        Holiday.objects.bulk_create(rows, ignore_conflicts=True)


class Holiday(models.Model):
    """A day that is not worked, in a region or in the whole country."""

    region = models.CharField(
        _("region"), max_length=2, choices=Region.choices, blank=True, help_text=_("None: the whole country.")
    )
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=100)

    objects = HolidayQuerySet.as_manager()

    IMPERSONAL = {"name"}

    class Meta:
        ordering = ["day", "region"]
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        constraints = [models.UniqueConstraint(fields=["region", "day"], name="one_holiday_a_day_in_a_region")]

    def __str__(self) -> str:
        return f"{self.name} ({self.day:%d/%m/%Y})"
