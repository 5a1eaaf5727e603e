"""What staff fill in to write and to publish a release."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from releases.models import Release, ReleaseNote
from releases.versions import sort_key
from text.words import one_line, printable


class ReleaseForm(forms.ModelForm):
    """A version and its title; when it comes out is another form's matter."""

    class Meta:
        model = Release
        fields = ["version", "title"]

    def clean_version(self) -> str:
        return one_line(self.cleaned_data["version"])

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])

    def clean(self) -> dict:
        """The place of the version among the others goes with it."""
        super().clean()
        if version := self.cleaned_data.get("version"):
            self.instance.version_key = sort_key(version)
        return self.cleaned_data


class NoteForm(forms.ModelForm):
    """One note. Without a position it stands after the others."""

    class Meta:
        model = ReleaseNote
        fields = ["kind", "product", "text", "is_public", "position"]
        error_messages = {
            "product": {"required": _("Choose the module that this note is about.")},
            "text": {"required": _("Write what the release brings.")},
        }
        widgets = {"text": forms.Textarea(attrs={"rows": 2, "cols": 60})}

    def __init__(self, *args, modules=None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "text" not in self.fields:  # whoever may only look gets no fields
            return
        self.fields["position"].required = False
        self.fields["kind"].initial = ReleaseNote.Kind.ENHANCEMENT
        self.fields["kind"].choices = ReleaseNote.Kind.choices
        if self.instance._state.adding:
            self.initial["position"] = None
        for field in self.fields.values():  # in a table the names stand far above
            inner = getattr(field.widget, "widget", field.widget)  # the admin wraps what relates
            inner.attrs["aria-label"] = capfirst(field.label)
        if modules is not None:
            self.fields["product"].choices = modules

    def clean_text(self) -> str:
        return printable(self.cleaned_data["text"]).strip()

    def clean_position(self) -> int:
        """The place it has, or 0: `ReleaseNote.place` then finds the last one."""
        given = self.cleaned_data["position"]
        return self.instance.position if given is None else given

    def save(self, commit: bool = True) -> ReleaseNote:
        self.instance.render()
        self.instance.place()
        return super().save(commit)


class PublishForm(forms.Form):
    """When customers see the release, and whether those who get update mails are told. Ends in `Release.publish`."""

    at = forms.SplitDateTimeField(
        label=_("When"),
        required=False,
        help_text=_("Empty: now. At a time to come, it stays out of sight until then."),
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date", "aria-label": _("Day")}, time_attrs={"type": "time", "aria-label": _("Hour")}
        ),
    )
    tell = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args, release: Release, people: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.release = release
        words = ngettext("Tell %(count)s person by e-mail", "Tell %(count)s people by e-mail", people)
        self.fields["tell"].label = words % {"count": people}

    def save(self) -> bool:
        """Whether it was published; if not, the form says why."""
        now = timezone.now()
        try:
            self.release.publish(at=self.cleaned_data["at"] or now, tell=self.cleaned_data["tell"], now=now)
        except ValidationError as refusal:
            self.add_error(None, refusal)
            return False
        return True
