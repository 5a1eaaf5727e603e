import zoneinfo
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models.logbook import AuditEntry

if TYPE_CHECKING:
    from accounts.models.user import User


def validate_time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("There is no time zone with this name."), code="time_zone")


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
    region = models.CharField(_("region"), max_length=50, blank=True, help_text=_("Decides its public holidays."))
    email_domains = models.CharField(
        _("e-mail domains"), max_length=300, blank=True, help_text=_("Separated by commas: ibarra.example, ibarra.eus")
    )
    is_active = models.BooleanField(_("active"), default=True, help_text=_("While suspended, nobody of it can log in."))
    is_demo = models.BooleanField(_("demonstration"), default=False, help_text=_("Its tickets are not attended."))
    ticket_counter = models.PositiveIntegerField(_("last ticket number"), default=0, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("company")
        verbose_name_plural = _("companies")

    def __str__(self) -> str:
        return self.name

    def next_ticket_number(self) -> int:
        """Take the next number of this company's tickets; the row stays locked until the transaction ends."""
        Company.objects.filter(pk=self.pk).update(ticket_counter=F("ticket_counter") + 1)
        return Company.objects.values_list("ticket_counter", flat=True).get(pk=self.pk)

    @transaction.atomic
    def change(self, *, by: "User", changes: Mapping[str, list[str]]) -> "Company":
        """Keep what support changed about the company; `changes` maps field to [old, new]."""
        self.save(update_fields=list(changes))  # never the counter of tickets, which others move meanwhile
        AuditEntry.write(AuditEntry.Kind.COMPANY_CHANGED, by=by, on=self, company=self, changes=dict(changes))
        return self
