"""Hours of training that support adds or takes away."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, User
from contracts.models import HourEntry
from contracts.models.hours import LONGEST_REASON, MOST_MINUTES
from text.words import one_line

MOST_HOURS = MOST_MINUTES // 60


class HoursForm(forms.Form):
    """Hours, in quarters of an hour, and why."""

    hours = forms.DecimalField(label=_("Hours"), max_digits=6, decimal_places=2, max_value=MOST_HOURS)
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, help_text=_("The company reads it."))

    def __init__(self, *args, company: Company | None = None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.company = company
        self.fields["hours"].widget.attrs["step"] = "0.25"

    def clean_hours(self) -> Decimal:
        hours = self.cleaned_data["hours"]
        if (hours * 60) % 15 or not hours:
            raise ValidationError(_("Write hours in quarters: 1.5 or 0.25."))
        return hours

    def clean_reason(self) -> str:
        return one_line(self.cleaned_data["reason"])

    def about(self, by: User) -> dict:
        minutes = int(self.cleaned_data["hours"] * 60)
        return {"by": by, "company": self.company, "minutes": minutes, "reason": self.cleaned_data["reason"]}


class PurchaseForm(HoursForm):
    """A company has bought hours. Ends in `HourEntry.objects.purchase`."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hours"].widget.attrs["min"] = "0.25"

    def clean_hours(self) -> Decimal:
        hours = super().clean_hours()
        if hours < 0:
            raise ValidationError(_("Hours that are bought are more than none."))
        return hours

    def save(self, *, by: User) -> HourEntry:
        return HourEntry.objects.purchase(**self.about(by))


class FirstPurchaseForm(PurchaseForm):
    """The same for a company that may never have had any."""

    company_code = forms.CharField(label=_("Company (code)"), max_length=8)

    field_order = ["company_code", "hours", "reason"]

    def clean_company_code(self) -> str:
        code = one_line(self.cleaned_data["company_code"]).strip().upper()
        self.company = Company.objects.filter(code=code).first()
        if self.company is None:
            raise ValidationError(_("No company has this code."))
        return code


class CorrectionForm(HoursForm):
    """Hours added (+) or taken away (–). Ends in `HourEntry.objects.correct`."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hours"].help_text = _("With – before them they are taken away, at most what is left.")

    def save(self, *, by: User) -> HourEntry:
        """Raises NotEnoughHours."""
        return HourEntry.objects.correct(**self.about(by))
