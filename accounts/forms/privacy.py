"""Requests of erasure: by the person, and by support for whoever wrote a letter."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ErasureRequest


class ErasureRequestForm(forms.Form):
    """The person asks for themselves. Ends in `ErasureRequest.objects.ask`."""

    understood = forms.BooleanField(
        label=_("I know that it cannot be undone and that I will not be able to log in any more."),
        error_messages={"required": _("Tick the box to ask for it.")},
    )

    def __init__(self, *args, person, **kwargs):
        self.person = person
        super().__init__(*args, **kwargs)

    def save(self) -> ErasureRequest:
        return ErasureRequest.objects.ask(person=self.person, by=self.person)


class DeskErasureForm(forms.ModelForm):
    """Support enters what somebody asked by letter or telephone. Ends in `ErasureRequest.objects.ask`."""

    class Meta:
        model = ErasureRequest
        fields = ["person"]
        help_texts = {"person": _("Who asked for it, other than in the portal. Their managers are told.")}

    def clean_person(self):
        person = self.cleaned_data["person"]
        if person.erased_at is not None:
            raise forms.ValidationError(_("This person was erased before."))
        return person

    def save_by(self, by) -> ErasureRequest:
        return ErasureRequest.objects.ask(person=self.cleaned_data["person"], by=by)
