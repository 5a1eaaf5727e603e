"""What is filled in on the pages that compose apps."""

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from portal.leaving import Belongings, let_go
from tickets.models import IllegalStep
from training.models import Stranger

DEACTIVATE, WITHDRAW = "deactivate", "withdraw"
NOBODY = "nobody"
# So many of those who can read the tickets anyway are named.
NAMED = 3


class LeavingForm(forms.Form):
    """What becomes of the person, and who inherits. Ends in `let_go`."""

    how = forms.ChoiceField(label=gettext_lazy("What should happen?"), widget=forms.RadioSelect)
    tickets_to = forms.ChoiceField(
        label=gettext_lazy("Who follows their open tickets?"),
        help_text=gettext_lazy(
            "The colleague is put in copy of all of them. Only those with the tickets area are listed: others could "
            "not read them."
        ),
        error_messages={"invalid_choice": gettext_lazy("Choose somebody of the list: others could not read them.")},
    )
    sessions_to = forms.ChoiceField(
        label=gettext_lazy("Who is the contact of their trainings?"),
        required=False,
        help_text=gettext_lazy(
            "Gets the link, the reminders and what changes. Only those with the training area are listed."
        ),
        error_messages={"invalid_choice": gettext_lazy("Choose somebody of the list.")},
    )
    marks_to = forms.ChoiceField(
        label=gettext_lazy("Who gets their e-mails and contact marks?"),
        required=False,
        help_text=gettext_lazy(
            "No e-mail reaches somebody who is deactivated; a contact without access goes on getting them."
        ),
        error_messages={"invalid_choice": gettext_lazy("Choose somebody of the list.")},
    )

    def __init__(self, *args, person: User, belongings: Belongings, by: User, **kwargs):
        self.person, self.by = person, by
        super().__init__(*args, initial={"how": DEACTIVATE}, **kwargs)
        colleagues = User.objects.visible_to(by).active().exclude(pk=person.pk)
        self.colleagues = {colleague.public_id: colleague for colleague in colleagues.select_related("company")}
        self.fields["how"].choices = self.ways()
        self.fields["tickets_to"].choices = self.heirs_of_tickets(belongings)
        self.fields["marks_to"].choices = self.heirs_of_marks()
        if not belongings.ticket_count:
            del self.fields["tickets_to"]
        self.fields["sessions_to"].choices = self.heirs_of_sessions()
        if not belongings.sessions:
            del self.fields["sessions_to"]
        if not belongings.marks:
            del self.fields["marks_to"]

    def ways(self) -> list[tuple[str, str]]:
        ways = [(DEACTIVATE, _("Deactivate: no access and no more e-mails"))]
        if self.person.has_portal_access:
            ways.append((WITHDRAW, _("Only withdraw the access: stays a contact of the company")))
        return ways

    def heirs_of_tickets(self, belongings: Belongings) -> list[tuple[str, str]]:
        able = [person for person in self.colleagues.values() if person.may_log_in() and person.can_use_tickets]
        return [
            ("", _("Choose a person")),
            *((person.public_id, person.get_full_name()) for person in able),
            (NOBODY, words_for_nobody(belongings, [person for person in able if person.can_see_company_tickets])),
        ]

    def heirs_of_sessions(self) -> list[tuple[str, str]]:
        able = [person for person in self.colleagues.values() if person.may_log_in() and person.can_use_training]
        stay = _("Nobody: they stay with %(name)s")
        people = [(person.public_id, person.get_full_name()) for person in able]
        return [("", stay % {"name": self.person.get_short_name()}), *people]

    def heirs_of_marks(self) -> list[tuple[str, str]]:
        people = [(person.public_id, person.get_full_name()) for person in self.colleagues.values()]
        stay = _("Nobody: they stay with %(name)s")
        return [("", stay % {"name": self.person.get_short_name()}), *people]

    def save(self) -> int | None:
        """How many tickets have an heir now; None with the reason on the form when nothing was done."""
        chosen = self.cleaned_data
        try:
            return let_go(
                self.person,
                by=self.by,
                deactivates=chosen["how"] == DEACTIVATE,
                tickets_to=self.colleagues.get(chosen.get("tickets_to", "")),
                sessions_to=self.colleagues.get(chosen.get("sessions_to", "")),
                marks_to=self.colleagues.get(chosen.get("marks_to", "")),
            )
        except IllegalStep:
            self.add_error("tickets_to", _("This person can no longer read tickets. Choose somebody else."))
        except Stranger:
            self.add_error("sessions_to", _("This person no longer sees the trainings. Choose somebody else."))
        except ValidationError as refusal:
            self.add_error(None, refusal)
        return None


def words_for_nobody(belongings: Belongings, seeing_all: Sequence[User]) -> str:
    """Who could read the tickets if nobody followed them."""
    if seeing_all:
        names = [person.get_full_name() for person in seeing_all[:NAMED]]
        if more := len(seeing_all) - len(names):
            names.append(ngettext("%(count)s more", "%(count)s more", more) % {"count": more})
        words = _("Nobody: those who see the tickets of the whole company read them anyway (%(names)s)")
        return words % {"names": get_text_list(names, _("and"))}
    alone = belongings.unread_by_all
    if not alone:
        return _("Nobody: those in copy go on reading them")
    words = ngettext(
        "Nobody: %(count)s ticket is left that no one of the company can read",
        "Nobody: %(count)s tickets are left that no one of the company can read",
        alone,
    )
    return words % {"count": alone}
