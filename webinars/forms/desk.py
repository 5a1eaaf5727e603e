"""What staff fill in to prepare, announce and keep a webinar."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from files.models import StoredFile
from files.receiving import Terms, Upload, discard, receive
from files.uploading import Received
from text.words import one_line, printable
from webinars import lengths
from webinars.models import Webinar
from webinars.models.webinar import LONGEST

MOST_CHAPTERS = 100
TITLE = 120
CLOCK = {"placeholder": "45:30", "size": 10}


def terms_of_videos() -> Terms:
    """Recordings come from the vendor, and are large."""
    return Terms(settings.RELEASE_FILE_MEGABYTES)


def moment_field(**options) -> forms.SplitDateTimeField:
    attrs = {
        "date_attrs": {"type": "date", "aria-label": _("Day")},
        "time_attrs": {"type": "time", "aria-label": _("Hour")},
    }
    formats = {"date_format": "%Y-%m-%d", "time_format": "%H:%M"}  # what the browser's own fields read
    return forms.SplitDateTimeField(widget=forms.SplitDateTimeWidget(**attrs, **formats), **options)


def minutes_field() -> forms.IntegerField:
    return forms.IntegerField(label=_("Minutes"), min_value=5, max_value=LONGEST, initial=60)


def link_field(**options) -> forms.URLField:
    widget = forms.URLInput(attrs={"size": 60})
    return forms.URLField(required=False, max_length=500, assume_scheme="https", widget=widget, **options)


class WebinarForm(forms.ModelForm):
    """What is said of a webinar. Its time is here while nobody counts on it; afterwards another time is a deed."""

    starts_at = moment_field(label=_("Begins"))
    minutes = minutes_field()
    join_url = link_field(label=_("Link to join"), help_text=_("Only those registered see it."))
    embed_url = link_field(
        label=_("Video on another host"), help_text=_("The address for embedding. It takes the place of the file.")
    )
    clock = forms.CharField(
        label=_("Length of the video"),
        required=False,
        max_length=10,
        help_text=_("As in 45:30 or 1:02:30."),
        widget=forms.TextInput(attrs=CLOCK),
    )
    places = forms.CharField(
        label=_("Chapters"),
        required=False,
        max_length=20_000,
        help_text=_("One per line, as in “12:30 How the wizard works”."),
        widget=forms.Textarea(attrs={"rows": 8, "cols": 60}),
    )

    class Meta:
        model = Webinar
        fields = ["title", "slug", "speaker", "starts_at", "text", "join_url", "embed_url"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        webinar = self.instance
        self.former_video: int | None = None
        if webinar.pk:
            self.initial |= {
                "minutes": webinar.minutes,
                "clock": webinar.clock,
                "places": "\n".join(map(str, webinar.chapters.all())),
            }

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])

    def clean_speaker(self) -> str:
        return one_line(self.cleaned_data["speaker"])

    def clean_text(self) -> str:
        return printable(self.cleaned_data["text"]).strip()

    def clean_clock(self) -> int | None:
        """In seconds."""
        written = self.cleaned_data["clock"].strip()
        if not written:
            return None
        try:
            return lengths.seconds_of(written) or None
        except ValueError as error:
            raise ValidationError(_("Write it as in 45:30 or 1:02:30."), code="clock") from error

    def clean_places(self) -> list[tuple[int, str]]:
        """(second, title), in their order."""
        lines = [line for line in map(one_line, self.cleaned_data["places"].splitlines()) if line]
        if len(lines) > MOST_CHAPTERS:
            words = _("At most %(count)s chapters.")
            raise ValidationError(words, code="many", params={"count": MOST_CHAPTERS})
        chapters = sorted(map(chapter_of, lines))
        if len({seconds for seconds, _title in chapters}) < len(chapters):
            raise ValidationError(_("Two chapters begin at the same place."), code="same")
        return chapters

    def clean_embed_url(self) -> str:
        address = self.cleaned_data["embed_url"]
        if not address and self.instance.is_recorded and not self.instance.video_id:
            raise ValidationError(_("What is in the library needs a video."), code="none")
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        length, places = cleaned.get("clock"), cleaned.get("places")
        if length and places and places[-1][0] >= length:
            params = {"title": places[-1][1]}
            self.add_error("places", ValidationError(_("“%(title)s” lies beyond the video's end."), params=params))
        if (starts_at := cleaned.get("starts_at")) and (minutes := cleaned.get("minutes")):
            self.instance.ends_at = starts_at + timedelta(minutes=minutes)
        if cleaned.get("embed_url"):
            self.former_video, self.instance.video = self.instance.video_id, None
        return cleaned

    def save(self, commit: bool = True) -> Webinar:
        if "clock" in self.cleaned_data:
            self.instance.length = self.cleaned_data["clock"]
        self.instance.render()
        return super().save(commit)

    @transaction.atomic
    def keep_parts(self) -> None:
        """What is no column of the webinar, once it is saved."""
        self.instance.set_chapters(self.cleaned_data.get("places", ()))
        StoredFile.objects.filter(pk=self.former_video).delete()


def chapter_of(line: str) -> tuple[int, str]:
    """Raises ValidationError."""
    written, _space, title = line.partition(" ")
    try:
        seconds = lengths.seconds_of(written)
    except ValueError as error:
        words = _("“%(line)s” does not begin with a place such as 12:30.")
        raise ValidationError(words, code="place", params={"line": line[:60]}) from error
    if not title or len(title) > TITLE:
        words = _("The chapter at %(place)s needs a title of at most %(most)s characters.")
        raise ValidationError(words, code="title", params={"place": written, "most": TITLE})
    return seconds, title


class AnnounceForm(forms.Form):
    """Whether those who get general mail are told. Ends in `Webinar.announce`."""

    tell = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args, webinar: Webinar, people: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.webinar = webinar
        words = ngettext("Tell %(count)s person by e-mail", "Tell %(count)s people by e-mail", people)
        self.fields["tell"].label = words % {"count": people}

    def save(self, *, at: datetime) -> None:
        """Raises IllegalStep."""
        self.webinar.announce(tell=self.cleaned_data["tell"], at=at)


class RescheduleForm(forms.Form):
    """Another time for what was announced. Ends in `Webinar.reschedule`."""

    starts_at = moment_field(label=_("Begins"))
    minutes = minutes_field()

    def __init__(self, *args, webinar: Webinar, **kwargs) -> None:
        initial = {"starts_at": timezone.localtime(webinar.starts_at), "minutes": webinar.minutes}
        super().__init__(*args, initial=initial, **kwargs)
        self.webinar = webinar

    def save(self, *, at: datetime) -> None:
        """Raises IllegalStep."""
        starts_at = self.cleaned_data["starts_at"]
        ends_at = starts_at + timedelta(minutes=self.cleaned_data["minutes"])
        self.webinar.reschedule(starts_at=starts_at, ends_at=ends_at, at=at)


class FileForm(forms.Form):
    """A file of a webinar. What was taken in and is refused here stays nowhere."""

    VIDEO, POSTER, MATERIAL = "video", "poster", "material"

    what = forms.ChoiceField(
        label=_("What it is"), choices=[(VIDEO, _("Video")), (POSTER, _("Poster")), (MATERIAL, _("Material"))]
    )
    file = forms.FileField(label=_("File"))

    def __init__(self, *args, webinar: Webinar, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.webinar = webinar
        self.upload: Upload | None = None

    def clean_file(self):
        """Raises Refused."""
        file = self.cleaned_data["file"]
        self.upload = file.upload() if isinstance(file, Received) else receive(file, terms=terms_of_videos())
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.errors and self.upload:
            discard(self.upload)
        return cleaned

    def save(self) -> bool:
        """Whether it was kept; if not, the reason is among the errors."""
        deeds = {
            self.VIDEO: self.webinar.put_video,
            self.POSTER: self.webinar.put_poster,
            self.MATERIAL: self.webinar.add_material,
        }
        try:
            deeds[self.cleaned_data["what"]](self.upload)
        except ValidationError as refusal:
            self.add_error("file", refusal)
            return False
        return True
