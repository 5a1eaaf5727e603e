"""On which incident of the service tickets depend."""

import re

from django import forms
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from announcements.models import Incident
from tickets.models import Ticket
from tickets.models.tickets import TicketQuerySet

REFERENCE = re.compile(r"#?([A-Z][A-Z0-9]*)-([0-9]{1,9})", re.ASCII)
# References that are taken at once.
AT_ONCE = 100


class LinkForm(forms.Form):
    """The incident on which one ticket depends; without one, on none."""

    incident = forms.ModelChoiceField(
        label=_("Depends on"), queryset=Incident.objects.none(), required=False, empty_label=_("No incident")
    )

    def __init__(self, *args, ticket: Ticket, **kwargs):
        self.ticket = ticket
        super().__init__(*args, initial={"incident": ticket.incident_id}, **kwargs)
        offered = Incident.objects.not_over(at=timezone.now())
        own = Incident.objects.filter(pk=ticket.incident_id)
        self.fields["incident"].queryset = offered | own

    def save(self, *, by: User) -> None:
        """Raises IllegalStep."""
        if self.cleaned_data["incident"] != self.ticket.incident:
            self.ticket.link(by=by, incident=self.cleaned_data["incident"])


class LinkTicketsForm(forms.Form):
    """Ties tickets to an incident, by their references."""

    references = forms.CharField(
        label=pgettext_lazy("several tickets", "Link tickets"),
        max_length=2_000,
        help_text=_("Their references, with commas or spaces between them: IBA-12, NOR-7."),
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )

    def __init__(self, *args, incident: Incident, tickets: TicketQuerySet, **kwargs):
        """`tickets`: those that whoever fills it in may know of."""
        self.incident, self.known = incident, tickets
        super().__init__(*args, **kwargs)

    def clean_references(self) -> list[Ticket]:
        words = dict.fromkeys(re.split(r"[\s,;]+", self.cleaned_data["references"].upper().strip(" ,;\r\n")))
        if len(words) > AT_ONCE:
            raise forms.ValidationError(_("At most %(count)s at once.") % {"count": AT_ONCE})
        asked = {word: REFERENCE.fullmatch(word) for word in words}
        wanted = Q(pk__in=[])
        for match in filter(None, asked.values()):
            wanted |= Q(company__code=match[1], number=int(match[2]))
        found = {ticket.reference: ticket for ticket in self.known.filter(wanted).select_related("company")}
        missing = [word for word, match in asked.items() if not match or f"{match[1]}-{int(match[2])}" not in found]
        if missing:
            raise forms.ValidationError(_("There is no ticket %(names)s.") % {"names": ", ".join(missing)[:200]})
        return list(found.values())

    @transaction.atomic
    def save(self, *, by: User) -> int:
        """How many; all of them or, raising IllegalStep, none."""
        for ticket in sorted(self.cleaned_data["references"], key=lambda ticket: ticket.pk):
            ticket.link(by=by, incident=self.incident)
        return len(self.cleaned_data["references"])
