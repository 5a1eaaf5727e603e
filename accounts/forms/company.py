"""What a company says of itself."""

import re
import zoneinfo
from copy import copy

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, CompanyProposal, User
from accounts.models.proposal import PROPOSABLE
from text.words import normalised, one_line, printable

DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}")


class ProposalForm(forms.ModelForm):
    """A manager asks for other data of the company. Ends in `CompanyProposal.objects.propose`."""

    time_zone = forms.ChoiceField(label=_("Time zone"))

    class Meta:
        model = Company
        fields = PROPOSABLE
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "organization"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
            "address": forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
        }

    def __init__(self, *args, company: Company, **kwargs):
        super().__init__(*args, instance=copy(company), **kwargs)  # the page goes on showing the company as it is
        self.company = company
        places = {zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/")}
        self.fields["time_zone"].choices = [(zone, zone) for zone in sorted(places | {company.time_zone})]

    def clean_address(self) -> str:
        return printable(self.cleaned_data["address"]).strip()

    def clean_email_domains(self) -> str:
        domains = [normalised(domain) for domain in self.cleaned_data["email_domains"].split(",") if domain.strip()]
        if wrong := [domain for domain in domains if not DOMAIN.fullmatch(domain)]:
            raise ValidationError(_("“%(domain)s” is no domain."), params={"domain": one_line(wrong[0])[:60]})
        return ", ".join(dict.fromkeys(domains))

    def clean(self):
        cleaned = super().clean()
        for name in ("name", "tax_id", "phone"):
            if name in cleaned:
                cleaned[name] = one_line(cleaned[name])
        if not self.errors and not self.company.differences(cleaned):
            raise ValidationError(_("Nothing would change: correct what is wrong, then send it."))
        return cleaned

    def save(self, *, by: User) -> CompanyProposal:
        """Raises AlreadyProposed."""
        return CompanyProposal.objects.propose(by=by, company=self.company, data=self.cleaned_data)
