"""What support decides on a request of erasure."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import ErasureRequest, User
from portal.privacy import erasure
from text.words import one_line


class DecisionForm(forms.ModelForm):
    """Erase the person, or say why not. `by` is who of support decides."""

    ERASE, REFUSE = "erase", "refuse"

    by: User
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[(ERASE, _("Erase the person. It cannot be undone.")), (REFUSE, _("Refuse, and tell the person why."))],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = ErasureRequest
        fields = ["reason"]
        help_texts = {"reason": _("Stays in the company's logbook: name nobody in it.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True

    @property
    def erases(self) -> bool:
        return self.cleaned_data.get("decision") == self.ERASE

    def clean_reason(self) -> str:
        return one_line(self.cleaned_data["reason"])

    def clean(self):
        cleaned = super().clean()
        refusal = erasure.obstacle(self.instance.person, by=self.by) if self.erases else None
        if refusal:
            self.add_error("decision", refusal)
        return cleaned

    def decide(self) -> bool:
        """False when somebody was quicker."""
        reason, request = self.cleaned_data["reason"], self.instance
        if self.erases:
            return erasure.erase(request.person, by=self.by, reason=reason)
        return request.refuse(by=self.by, reason=reason)
