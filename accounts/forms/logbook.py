"""What the logbook may be asked for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.logbook import GROUPS, kinds_in
from accounts.models import AuditEntry, User
from accounts.models.logbook import AuditEntryQuerySet
from tables.days import DAYS, beginning_of, end_of


def a_day(label) -> forms.DateField:
    return forms.DateField(label=label, required=False, validators=DAYS, widget=forms.DateInput(attrs={"type": "date"}))


class LogbookFilter(forms.Form):
    """What is not understood narrows nothing, and is said beside its field."""

    tipo = forms.ChoiceField(label=_("What"), required=False, choices=[("", _("Everything")), *GROUPS.items()])
    persona = forms.ModelChoiceField(
        label=_("Who did it, or to whom"),
        required=False,
        queryset=User.objects.none(),
        to_field_name="public_id",
        empty_label=_("Anybody"),
    )
    desde = a_day(_("From"))
    hasta = a_day(_("Until"))

    def __init__(self, query, *, manager: User) -> None:
        super().__init__(query)
        self.manager = manager
        self.fields["persona"].queryset = User.objects.visible_to(manager).filter(erased_at=None)

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("desde"), cleaned.get("hasta")
        if first and last and last < first:
            self.add_error("hasta", _("This day is before the first one."))
        return cleaned

    @property
    def is_narrowing(self) -> bool:
        """Whether anything is left out."""
        self.is_valid()
        return any(self.cleaned_data.values())

    def rows(self) -> AuditEntryQuerySet:
        self.is_valid()
        rows, asked = AuditEntry.objects.visible_to(self.manager), self.cleaned_data
        if group := asked.get("tipo"):
            rows = rows.filter(kind__in=kinds_in(group))
        if person := asked.get("persona"):
            rows = rows.about(person)
        if first := asked.get("desde"):
            rows = rows.filter(at__gte=beginning_of(first))
        if last := asked.get("hasta"):
            rows = rows.filter(at__lte=end_of(last))
        return rows.newest_first()
