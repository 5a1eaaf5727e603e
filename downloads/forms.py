from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from downloads.models import AlreadyOut, Component, Delivery, Installation, ReleaseFile
from downloads.publishing import terms_of_updates
from files.receiving import Upload, discard, receive
from files.uploading import Received

# Beside versions: what the first field says, and what is not there.
SAME, UNUSED = "", "-"
# So many versions may be chosen from.
VERSIONS = 200


class InstalledForm(forms.Form):
    """What a company runs: one version for everything, and others for single components."""

    everything = forms.ChoiceField(label=_("Installed version"), required=False)

    def __init__(self, *args, person: User, at: datetime, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.at = person, at
        releases = Delivery.objects.visible_to(person, at=at).newest_first()[:VERSIONS]
        self.releases = {release.version: release for release in releases}
        theirs = ReleaseFile.objects.visible_to(person, at=at)
        self.components = list(Component.objects.delivered().filter(files__in=theirs).distinct())
        versions = [(version, version) for version in self.releases]
        self.fields["everything"].choices = [(SAME, _("I do not know")), *versions]
        for component in self.components:
            choices = [(SAME, pgettext_lazy("version", "The same")), (UNUSED, _("We do not use it")), *versions]
            self.fields[self.field_of(component)] = forms.ChoiceField(
                label=component.name, choices=choices, required=False
            )
        self.initial |= self.said()

    @staticmethod
    def field_of(component: Component) -> str:
        return f"component-{component.slug}"

    @property
    def component_fields(self) -> list[forms.BoundField]:
        return [self[self.field_of(component)] for component in self.components]

    @property
    def has_exceptions(self) -> bool:
        """Whether the fields of components say anything, or have errors."""
        return any(field.value() or field.errors for field in self.component_fields)

    def said(self) -> dict[str, str]:
        """What was said before: the version that most components have stands for all."""
        rows = Installation.objects.visible_to(self.person).select_related("release")
        of_component = {row.component_id: row.release.version if row.release else UNUSED for row in rows}
        versions = [version for version in of_component.values() if version != UNUSED]
        general = max(sorted(set(versions)), key=versions.count, default=SAME)
        said = {
            self.field_of(component): of_component[component.pk]
            for component in self.components
            if of_component.get(component.pk, general) != general
        }
        return said | {"everything": general}

    def clean(self) -> dict:
        """Nothing is said where everything is unknown."""
        cleaned = super().clean()
        if not self.errors and not any(cleaned.values()):
            self.add_error("everything", _("Choose the version that you have installed."))
        return cleaned

    def save(self) -> None:
        installed: dict[Component, Delivery | None] = {}
        for component in self.components:
            value = self.cleaned_data[self.field_of(component)] or self.cleaned_data["everything"]
            if value == UNUSED:
                installed[component] = None
            elif value:
                installed[component] = self.releases[value]
        Installation.objects.say(installed, by=self.person, at=self.at)


class ReleaseFileForm(forms.Form):
    """Support gives a component of an update its file. What was taken in and is refused here stays nowhere."""

    component = forms.ModelChoiceField(Component.objects.delivered(), label=_("Component"))
    file = forms.FileField(label=_("File"))
    sha256 = forms.CharField(
        label="SHA-256",
        required=False,
        max_length=100,
        help_text=_("The one that the file must have, if you know it: with another one it is refused."),
        widget=forms.TextInput(attrs={"size": 68, "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args, delivery: Delivery, at: datetime, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.delivery, self.at = delivery, at
        self.upload: Upload | None = None

    def clean_file(self):
        """Raises Refused."""
        file = self.cleaned_data["file"]
        self.upload = file.upload() if isinstance(file, Received) else receive(file, terms=terms_of_updates())
        return file

    def clean_sha256(self) -> str:
        return "".join(self.cleaned_data["sha256"].split()).lower()

    def clean(self) -> dict:
        cleaned = super().clean()
        expected = cleaned.get("sha256")
        if self.upload and expected and expected != self.upload.sha256:
            words = _("The file has another SHA-256: %(found)s. It was not kept; send it again.")
            self.add_error("sha256", ValidationError(words, code="sha256", params={"found": self.upload.sha256}))
        if self.errors and self.upload:
            discard(self.upload)
        return cleaned

    def save(self) -> ReleaseFile | None:
        """The new file of the component; None, with the reason among the errors, when the update came out meanwhile."""
        try:
            return self.delivery.put(component=self.cleaned_data["component"], upload=self.upload, at=self.at)
        except AlreadyOut as refusal:
            self.add_error(None, refusal)
            discard(self.upload)
            return None
