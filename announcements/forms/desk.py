"""What staff fill in: announcements, rules, ways to contact them, and how the service is."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from announcements.models import (
    Announcement,
    ContactEntry,
    Incident,
    IncidentUpdate,
    InformationPage,
    RulesOfUse,
    ServiceComponent,
)
from text.words import one_line, printable

LONG = {"rows": 14, "cols": 90}
SHORT = {"rows": 5, "cols": 90}


def moment_field(**options) -> forms.SplitDateTimeField:
    attrs = {
        "date_attrs": {"type": "date", "aria-label": _("Day")},
        "time_attrs": {"type": "time", "aria-label": _("Hour")},
    }
    formats = {"date_format": "%Y-%m-%d", "time_format": "%H:%M"}  # what the browser's own fields read
    return forms.SplitDateTimeField(widget=forms.SplitDateTimeWidget(**attrs, **formats), **options)


class RenderedForm(forms.ModelForm):
    """Of a row whose text is rendered when it is written."""

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])

    def clean_text(self) -> str:
        return printable(self.cleaned_data["text"]).strip()

    def save(self, commit: bool = True):
        self.instance.render()
        return super().save(commit)


class AnnouncementForm(RenderedForm):
    """What is announced, and to whom; when it comes out is another form's matter."""

    until = moment_field(label=_("Shown until"), required=False, help_text=_("Empty: until you withdraw it."))

    class Meta:
        model = Announcement
        fields = ["title", "slug", "level", "text", "audience", "companies", "modules", "is_pinned", "until"]
        widgets = {"text": forms.Textarea(attrs=LONG), "modules": forms.CheckboxSelectMultiple}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        chosen = cleaned.get("companies") or cleaned.get("modules")
        if cleaned.get("audience") == Announcement.Audience.CHOSEN and not chosen:
            self.add_error("audience", _("Choose companies or modules, else nobody would read it."))
        begins, ends = self.instance.published_at, cleaned.get("until")
        if begins and ends and ends < begins:
            self.add_error("until", _("It would end before it begins."))
        return cleaned


class PublishForm(forms.Form):
    """When people see it, and whether those who get general mail are told. Ends in `Announcement.publish`."""

    at = moment_field(
        label=_("When"),
        required=False,
        help_text=_("Empty: now. At a time to come, it stays out of sight until then."),
    )
    tell = forms.BooleanField(required=False)

    def __init__(self, *args, announcement: Announcement, people: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.announcement = announcement
        words = ngettext("Tell %(count)s person by e-mail", "Tell %(count)s people by e-mail", people)
        self.fields["tell"].label = words % {"count": people}

    def save(self) -> bool:
        """Whether it was published; if not, the form says why."""
        now = timezone.now()
        try:
            self.announcement.publish(at=self.cleaned_data["at"] or now, tell=self.cleaned_data["tell"], now=now)
        except ValidationError as refusal:
            self.add_error(None, refusal)
            return False
        return True


class RulesForm(RenderedForm):
    """The words of a version that nobody has been asked to accept."""

    class Meta:
        model = RulesOfUse
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs=LONG)}


class RulesInForceForm(forms.Form):
    """Since when everybody is asked to accept a version. Ends in `RulesOfUse.put_in_force`."""

    since = moment_field(label=_("In force since"), required=False, help_text=_("Empty: now."))

    def __init__(self, *args, rules: RulesOfUse, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.rules = rules

    def save(self) -> bool:
        """Whether it will be in force; if not, the form says why."""
        now = timezone.now()
        try:
            self.rules.put_in_force(since=self.cleaned_data["since"] or now, at=now)
        except ValidationError as refusal:
            self.add_error("since", refusal)
            return False
        return True


class ContactEntryForm(forms.ModelForm):
    """One way to reach the vendor."""

    class Meta:
        model = ContactEntry
        fields = ["name", "text", "phone", "price", "hours", "email", "subject", "position"]

    def clean(self) -> dict[str, Any]:
        """Each of its texts is one line: the subject stands in an address."""
        cleaned = super().clean()
        for name in ("name", "text", "price", "hours", "subject"):
            if name in cleaned:
                cleaned[name] = one_line(cleaned[name])
        return cleaned


class InformationPageForm(RenderedForm):
    class Meta:
        model = InformationPage
        fields = ["key", "text"]
        widgets = {"text": forms.Textarea(attrs=LONG)}


def components_field(**options) -> forms.ModelMultipleChoiceField:
    widget = forms.CheckboxSelectMultiple
    return forms.ModelMultipleChoiceField(ServiceComponent.objects.all(), widget=widget, required=False, **options)


def text_field(**options) -> forms.CharField:
    return forms.CharField(max_length=10_000, widget=forms.Textarea(attrs=SHORT), help_text=_("Markdown."), **options)


def component_state_field() -> forms.ChoiceField:
    choices = [("", _("as it is")), *ServiceComponent.State.choices]
    return forms.ChoiceField(label=_("Its components are now"), choices=choices, required=False)


class SpokenForm(forms.Form):
    """What is said of an incident or of maintenance."""

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])

    def clean_text(self) -> str:
        text = printable(self.cleaned_data["text"]).strip()
        if not text:
            raise ValidationError(_("Write what people should know."), code="required")
        return text


class IncidentForm(SpokenForm):
    """Something fails. Ends in `Incident.objects.open`."""

    title = forms.CharField(label=_("Title"), max_length=150)
    components = components_field(label=_("Components"))
    component_state = component_state_field()
    stage = forms.ChoiceField(label=_("Stage"))
    text = text_field(label=_("What people should know"))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = stages_of(Incident(kind=Incident.Kind.INCIDENT))

    def save(self, *, by: User, at: datetime) -> Incident:
        return Incident.objects.open(by=by, at=at, **self.cleaned_data)


class MaintenanceForm(SpokenForm):
    """Something will be out of use for a while. Ends in `Incident.objects.plan`."""

    title = forms.CharField(label=_("Title"), max_length=150)
    components = components_field(label=_("Components"))
    starts_at = moment_field(label=_("Begins"))
    until = moment_field(label=_("Ends"))
    text = text_field(label=_("What people should know"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        begins, ends = cleaned.get("starts_at"), cleaned.get("until")
        if begins and ends and ends <= begins:
            self.add_error("until", _("It would end before it begins."))
        return cleaned

    def save(self, *, by: User, at: datetime) -> Incident:
        return Incident.objects.plan(by=by, at=at, **self.cleaned_data)


class DetailsForm(forms.ModelForm):
    """What may still be changed of an incident, and the time of maintenance."""

    starts_at = moment_field(label=_("Begins"))
    planned_until = moment_field(label=_("Ends"))

    class Meta:
        model = Incident
        fields = ["title", "components", "starts_at", "planned_until"]
        widgets = {"components": forms.CheckboxSelectMultiple}

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        begins, ends = cleaned.get("starts_at"), cleaned.get("planned_until")
        if begins and ends and ends <= begins:
            self.add_error("planned_until", _("It would end before it begins."))
        return cleaned


class UpdateForm(SpokenForm):
    """What is known now. Ends in `Incident.update`."""

    stage = forms.ChoiceField(label=_("Stage"))
    component_state = component_state_field()
    text = text_field(label=_("What people should know"))

    def __init__(self, *args, incident: Incident, **kwargs) -> None:
        super().__init__(*args, initial={"stage": incident.stage}, **kwargs)
        self.incident = incident
        self.fields["stage"].choices = stages_of(incident)

    def save(self, *, by: User, at: datetime) -> IncidentUpdate:
        return self.incident.update(by=by, at=at, **self.cleaned_data)


def stages_of(incident: Incident) -> list[tuple[str, Any]]:
    return [(stage, Incident.Stage(stage).label) for stage in incident.stages()]
