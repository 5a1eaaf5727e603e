"""What a manager says to a request, and support to a surcharge."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.models import Request, Ticket


class RefuseForm(forms.Form):
    """No, and why: its author reads it. Ends in `Request.refuse`."""

    reason = forms.CharField(
        label=_("Why not?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": None}),
        help_text=_("Whoever asked for it reads it."),
    )

    def __init__(self, *args, asked: Request, **kwargs):
        self.asked = asked
        super().__init__(*args, **kwargs)

    def save(self, *, by: User) -> None:
        """Raises IllegalStep."""
        self.asked.refuse(by=by, reason=self.cleaned_data["reason"])


class ChargeForm(forms.Form):
    """Whether the surcharge of a ticket is charged. Ends in `Ticket.charge`."""

    is_charged = forms.TypedChoiceField(
        label=_("Surcharge"),
        choices=[("", _("Choose an option")), ("1", _("It is charged")), ("0", _("It is not charged"))],
        coerce="1".__eq__,
    )
    reason = forms.CharField(label=_("Why"), max_length=600, help_text=_("The customer reads it."))

    def __init__(self, *args, ticket: Ticket, **kwargs):
        self.ticket = ticket
        super().__init__(*args, **kwargs)

    def save(self, *, by: User) -> None:
        """Raises IllegalStep."""
        self.ticket.charge(by=by, **self.cleaned_data)
