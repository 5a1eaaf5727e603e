"""The small forms around a conversation: one for each deed."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from contracts.models import Product
from releases.models import ReleaseNote
from text.rendering import MESSAGE_LIMIT
from text.search import matching
from text.words import normalised, one_line
from tickets.forms.modules import offer_modules
from tickets.models import Ticket, Topic
from tickets.status import Priority, Status

# Notes that are offered at once as the solution of a ticket.
SOLUTIONS = 100


class NoteForm(forms.Form):
    """An internal note."""

    body = forms.CharField(label=_("Internal note"), max_length=MESSAGE_LIMIT, strip=False, widget=forms.Textarea)

    def __init__(self, *args, ticket: Ticket, **kwargs):
        self.ticket = ticket
        super().__init__(*args, **kwargs)

    def save(self, *, by: User):
        return self.ticket.note(by=by, body=self.cleaned_data["body"].replace("\r\n", "\n"))


class OpenForm(forms.Form):
    """Support opens a ticket for somebody of a company. Ends in `Ticket.objects.open`."""

    author = forms.CharField(
        label=_("Contact (e-mail address)"), max_length=254, help_text=_("Whose ticket it is: gets the confirmation.")
    )
    topic = forms.ModelChoiceField(label=_("Topic"), queryset=Topic.objects.none())
    product = forms.ModelChoiceField(label=_("Module"), queryset=Product.objects.none(), required=False)
    priority = forms.TypedChoiceField(label=_("Priority"), coerce=int, choices=Priority.choices)
    subject = forms.CharField(label=_("Subject"), max_length=200)
    body = forms.CharField(label=_("Description"), max_length=MESSAGE_LIMIT, strip=False, widget=forms.Textarea)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # What costs is accepted by the customer, in the form of the portal.
        self.fields["topic"].queryset = Topic.objects.offered().filter(department__surcharge="")
        offer_modules(self, Product.objects.offered().modules())
        self.initial.setdefault("priority", Priority.MEDIUM)

    def clean_author(self) -> User:
        people = User.objects.reachable().filter(email=normalised(self.cleaned_data["author"]), company__isnull=False)
        found = list(people.select_related("company")[:2])
        if len(found) != 1:
            raise forms.ValidationError(_("No contact of a company, or more than one, has this e-mail address."))
        return found[0]

    def clean_subject(self) -> str:
        return one_line(self.cleaned_data["subject"])

    def save(self, *, by: User) -> Ticket:
        data = {**self.cleaned_data, "body": self.cleaned_data["body"].replace("\r\n", "\n")}
        return Ticket.objects.open(by=data.pop("author"), entered_by=by, **data)


class AssignForm(forms.Form):
    assignee = forms.ModelChoiceField(
        label=_("Assigned to"), queryset=User.objects.none(), required=False, empty_label=_("Nobody")
    )

    def __init__(self, *args, ticket: Ticket, **kwargs):
        self.ticket = ticket
        super().__init__(*args, initial={"assignee": ticket.assignee_id}, **kwargs)
        self.fields["assignee"].queryset = User.objects.agents()

    def save(self, *, by: User) -> None:
        self.ticket.assign(by=by, to=self.cleaned_data["assignee"])


class StatusForm(forms.Form):
    status = forms.ChoiceField(label=_("Status"))

    def __init__(self, *args, ticket: Ticket, **kwargs):
        self.ticket = ticket
        super().__init__(*args, initial={"status": ticket.status}, **kwargs)
        self.fields["status"].choices = [
            (status.value, status.label) for status in Status if status != Status.NEW or ticket.status == Status.NEW
        ]

    def save(self, *, by: User) -> None:
        """Raises IllegalStep."""
        if self.cleaned_data["status"] != self.ticket.status:
            self.ticket.set_status(self.cleaned_data["status"], by=by)


class SolutionsForm(forms.Form):
    """Looks among the notes of the coming and the last releases for the one that solves a ticket."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200)

    def __init__(self, *args, ticket: Ticket, **kwargs):
        super().__init__(*args, **kwargs)
        self.notes = ReleaseNote.objects.in_the_making(at=timezone.now(), also=ticket.release_note_id)
        if self.is_valid() and (words := self.cleaned_data["q"]):
            self.notes = matching(self.notes, words)

    @cached_property
    def rows(self) -> list[ReleaseNote]:
        return list(self.notes[:SOLUTIONS])

    @property
    def is_cut(self) -> bool:
        """Whether there may be more than are shown."""
        return len(self.rows) == SOLUTIONS


class ScheduleForm(forms.Form):
    """Which change of the product solves the ticket; without one, nothing does yet."""

    note = forms.ModelChoiceField(label=_("Solved by"), queryset=ReleaseNote.objects.none(), required=False)

    def __init__(self, *args, ticket: Ticket, **kwargs):
        self.ticket = ticket
        super().__init__(*args, **kwargs)
        self.fields["note"].queryset = ReleaseNote.objects.in_the_making(at=timezone.now(), also=ticket.release_note_id)

    def save(self, *, by: User) -> None:
        """Raises IllegalStep."""
        self.ticket.schedule(by=by, note=self.cleaned_data["note"])


class ClassifyForm(forms.ModelForm):
    class Meta:
        model = Ticket
        fields = ["topic", "product", "priority"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["topic"].queryset = Topic.objects.filter(children=None).nested()
        offer_modules(self, self.fields["product"].queryset)

    def save(self, *, by: User) -> None:
        self.instance.classify(by=by, **{"product": None} | self.cleaned_data)


class FollowerForm(forms.Form):
    """Put a colleague in copy of a ticket, or an address outside the company where the setting allows it."""

    person = forms.ModelChoiceField(
        label=_("Person"),
        queryset=User.objects.none(),
        to_field_name="public_id",
        required=False,
        empty_label=_("Choose a person"),
    )
    address = forms.EmailField(
        label=_("Or an address outside your company"), required=False, help_text=_("It only receives the e-mails.")
    )

    def __init__(self, *args, ticket: Ticket, **kwargs):
        self.ticket = ticket
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = (
            User.objects.active().filter(company=ticket.company_id).exclude(follows__ticket=ticket)
        )
        if not settings.OUTSIDE_FOLLOWERS:
            del self.fields["address"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and bool(cleaned.get("person")) == bool(cleaned.get("address")):
            self.add_error("person", _("Choose a person of your company who is not in copy yet."))
        return cleaned

    def save(self, *, by: User):
        address = normalised(self.cleaned_data.get("address", ""))
        return self.ticket.add_follower(by=by, person=self.cleaned_data["person"], address=address)
