"""What a company has contracted, as support enters it."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from contracts.models import Subscription
from files.receiving import Refused, Upload, receive

COLUMNS = ("company", "product", "starts", "expires")


class SubscriptionForm(forms.ModelForm):
    """A subscription. Ends in `Subscription.objects.agree`, or in `change` when it is there already."""

    contract_file = forms.FileField(
        label=_("Contract"), required=False, help_text=_("The signed contract; another one takes the place of it.")
    )

    class Meta:
        model = Subscription
        fields = COLUMNS

    def clean_contract_file(self) -> Upload | None:
        file = self.cleaned_data["contract_file"]
        if not file:
            return None
        try:
            return receive(file)
        except Refused as refusal:
            raise ValidationError(refusal.messages) from refusal

    def clean(self):
        cleaned = super().clean()
        starts, expires = cleaned.get("starts"), cleaned.get("expires")
        if starts and expires and expires < starts:
            self.add_error("expires", _("The last day comes before the first one."))
        return cleaned

    def save_by(self, by: User) -> Subscription:
        data = {name: self.cleaned_data[name] for name in COLUMNS if name in self.cleaned_data}
        contract = self.cleaned_data["contract_file"]
        if self.instance.pk is None:
            return Subscription.objects.agree(by=by, contract=contract, **data)
        self.instance.change(by=by, data=data, contract=contract)
        return self.instance
