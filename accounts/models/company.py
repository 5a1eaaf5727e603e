import zoneinfo
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.logbook import AuditEntry
from text.words import normalised
from worktime.calendars import WorkCalendar
from worktime.models import Holiday
from worktime.regions import Region

if TYPE_CHECKING:
    from accounts.models.user import User

# Column → [old, new].
Changed = dict[str, list]

# Of these the logbook tells only that they changed: those of a small company are a person's.
UNTOLD = frozenset({"tax_id", "email", "phone", "address"})


def told(changes: Mapping[str, list]) -> Changed:
    """What the logbook may keep for ever of changes of a company."""
    return {name: [None, None] if name in UNTOLD else values for name, values in changes.items()}


def validate_time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("There is no time zone with this name."), code="time_zone")


@cache
def clocks() -> tuple[zoneinfo.ZoneInfo, ...]:
    return tuple(zoneinfo.ZoneInfo(name) for name in sorted(zoneinfo.available_timezones()))


def zones_by_day(at: datetime) -> dict[date, list[str]]:
    """Which day it is where: at any instant two or three days, each with the names of its time zones."""
    days = defaultdict(list)
    for clock in clocks():
        days[at.astimezone(clock).date()].append(clock.key)
    return days


class Company(models.Model):
    """A customer company: the tenant. Everything that a customer sees belongs to exactly one."""

    name = models.CharField(_("name"), max_length=150)
    code = models.CharField(
        _("code"),
        max_length=8,
        unique=True,
        validators=[
            RegexValidator(r"^[A-Z][A-Z0-9]{1,7}$", _("Two to eight capital letters or digits, a letter first."))
        ],
        help_text=_("Staff and mails call its tickets by it: IBA gives IBA-12."),
    )
    tax_id = models.CharField(_("tax number"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=30, blank=True)
    address = models.TextField(_("address"), max_length=500, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=50, default="Europe/Madrid", validators=[validate_time_zone]
    )
    region = models.CharField(
        _("region"),
        max_length=50,
        choices=Region.choices,
        blank=True,
        help_text=_("Decides its public holidays; without one, those of the whole country."),
    )
    email_domains = models.CharField(
        _("e-mail domains"), max_length=300, blank=True, help_text=_("Separated by commas: ibarra.example, ibarra.eus")
    )
    is_active = models.BooleanField(_("active"), default=True, help_text=_("While suspended, nobody of it can log in."))
    is_demo = models.BooleanField(_("demonstration"), default=False, help_text=_("Its tickets are not attended."))
    ticket_counter = models.PositiveIntegerField(_("last ticket number"), default=0, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    KEPT = {"name", "tax_id", "email", "phone", "address", "email_domains"}
    IMPERSONAL = {"code", "time_zone"}

    class Meta:
        ordering = ["name"]
        verbose_name = _("company")
        verbose_name_plural = _("companies")

    def __str__(self) -> str:
        return self.name

    def today(self, at: datetime | None = None) -> date:
        """Which day it is where the company is."""
        return timezone.localdate(at, zoneinfo.ZoneInfo(self.time_zone))

    def calendar(self) -> WorkCalendar:
        """The days that are worked where the company is."""
        return Holiday.objects.calendar(region=self.region, zone=self.time_zone)

    def own_domains(self) -> set[str]:
        """The domains of e-mail addresses that the company says are its own."""
        return {normalised(domain).lstrip("@") for domain in self.email_domains.split(",")} - {""}

    def next_ticket_number(self) -> int:
        """Take the next number of this company's tickets; the row stays locked until the transaction ends."""
        Company.objects.filter(pk=self.pk).update(ticket_counter=F("ticket_counter") + 1)
        return Company.objects.values_list("ticket_counter", flat=True).get(pk=self.pk)

    @transaction.atomic
    def change(self, *, by: "User", data: Mapping[str, Any], reason: str = "") -> Changed:
        """Keep new data about the company. Returns {column: [old, new]} of what really changed."""
        changed = self.differences(data)
        for name, (_old, new) in changed.items():
            setattr(self, name, new)
        if changed:
            self.save(update_fields=list(changed))  # never the counter of tickets, which others move meanwhile
            kind = AuditEntry.Kind.COMPANY_CHANGED
            AuditEntry.write(kind, by=by, on=self, company=self, changes=told(changed), reason=reason)
        return changed

    def differences(self, data: Mapping[str, Any]) -> Changed:
        """In which columns the stored row is another than `data`: a form has changed this object already."""
        stored = Company.objects.values(*data).get(pk=self.pk)
        return {name: [stored[name], new] for name, new in data.items() if stored[name] != new}
