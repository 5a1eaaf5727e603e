from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from announcements.models import RulesOfUse


class AcceptForm(forms.Form):
    """The person accepts the version that they were shown. Ends in `RulesOfUse.accept`."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args, rules: RulesOfUse, **kwargs) -> None:
        super().__init__(*args, initial={"version": rules.version}, **kwargs)
        self.rules = rules

    def clean_version(self) -> int:
        version = self.cleaned_data["version"]
        if version != self.rules.version:
            raise ValidationError(_("The rules have changed meanwhile. Read them again, please."), code="changed")
        return version

    def save(self, *, by: User, at: datetime) -> None:
        self.rules.accept(by=by, at=at)
