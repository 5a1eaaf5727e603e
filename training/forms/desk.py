"""What staff fill in to plan trainings and to look after sessions."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from accounts.models.company import validate_time_zone
from files.receiving import Refused, Terms, Upload, receive
from text.words import one_line, printable
from training.models import (
    Absence,
    Availability,
    Booking,
    PreparationGuide,
    Recording,
    Slot,
    Topic,
    Trainer,
    TrainingModule,
    checked_link,
    instant,
)
from training.models.slot import MOST_MINUTES, QUARTER

# Free slots of so many weeks may be chosen from.
WEEKS_SHOWN = 26
RECORDING_MEGABYTES = 2048


def day_field(**more: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


class TrainerForm(forms.ModelForm):
    """Somebody of support becomes a trainer."""

    class Meta:
        model = Trainer
        fields = ["user", "time_zone", "region", "is_active"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "user" in self.fields:
            self.fields["user"].queryset = User.objects.staff()

    def clean_time_zone(self) -> str:
        validate_time_zone(self.cleaned_data["time_zone"])
        return self.cleaned_data["time_zone"]


class CellsForm(forms.ModelForm):
    """A row of a table, in which the names of the fields stand far above."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = capfirst(field.label)


class AvailabilityForm(CellsForm):
    class Meta:
        model = Availability
        fields = ["weekday", "starts", "minutes", "first_day", "last_day"]
        widgets = {"starts": forms.TimeInput(attrs={"type": "time", "step": 900}, format="%H:%M")}


class AbsenceForm(CellsForm):
    class Meta:
        model = Absence
        fields = ["first_day", "last_day", "note"]


class SlotForm(forms.ModelForm):
    """One slot by hand, at a time of the trainer's clocks. Ends in `Slot.objects.offer`, or in `change`."""

    date = day_field(label=_("Day"))
    hour = forms.TimeField(
        label=_("From"),
        widget=forms.TimeInput(attrs={"type": "time", "step": QUARTER * 60}, format="%H:%M"),
        help_text=_("On a quarter of an hour, on the trainer's clocks."),
    )
    minutes = forms.IntegerField(label=_("Minutes"), min_value=QUARTER, max_value=MOST_MINUTES, initial=90)
    which = forms.ChoiceField(
        label=_("If that time comes twice"),
        required=False,
        choices=[
            ("", "–"),
            ("first", _("The first one, in summer time")),
            ("second", _("The second one, in winter time")),
        ],
        help_text=_("Only in the night in which clocks go back."),
    )

    class Meta:
        model = Slot
        fields = ["trainer"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "trainer" not in self.fields:
            return
        self.fields["trainer"].queryset = Trainer.objects.active().select_related("user")
        if self.instance.pk:
            local = self.instance.starts.astimezone(self.instance.trainer.zone)
            self.initial |= {"date": local.date(), "hour": local.time(), "minutes": self.instance.minutes}
            twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
            self.initial["which"] = ("second" if local.fold else "first") if twice else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors:
            which = cleaned["which"]
            second = which == "second" if which else None
            try:
                self.starts = instant(cleaned["date"], cleaned["hour"], cleaned["trainer"].zone, second=second)
            except ValidationError as refusal:
                self.add_error("which" if refusal.code == "twice" else "hour", refusal)
        return cleaned

    def _post_clean(self) -> None:
        """The verbs write the row: a form that is refused leaves it as it is."""

    def save_at(self, at: datetime) -> Slot:
        """Raises NotAQuarter, Offered, SlotGone."""
        trainer, minutes = self.cleaned_data["trainer"], self.cleaned_data["minutes"]
        if self.instance.pk is None:
            return Slot.objects.offer(trainer=trainer, starts=self.starts, minutes=minutes)
        self.instance.change(starts=self.starts, minutes=minutes, trainer=trainer, at=at)
        return self.instance


class ModuleForm(forms.ModelForm):
    """A training module. Ends in `TrainingModule.keep`."""

    outline_file = forms.FileField(
        label=_("Outline"), required=False, help_text=_("What is seen in each session; another one takes its place.")
    )

    class Meta:
        model = TrainingModule
        fields = ["product", "sessions", "minutes", "remark", "is_active"]

    def clean_outline_file(self) -> Upload | None:
        file = self.cleaned_data["outline_file"]
        if not file:
            return None
        try:
            return receive(file)
        except Refused as refusal:
            raise ValidationError(refusal.messages) from refusal


class TopicForm(CellsForm):
    class Meta:
        model = Topic
        fields = ["session", "position", "title"]


class GuideForm(forms.ModelForm):
    """The preparation guide. Ends in `PreparationGuide.write`."""

    class Meta:
        model = PreparationGuide
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 24, "cols": 100})}

    def clean_text(self) -> str:
        return printable(self.cleaned_data["text"]).strip()


def free_slots(at: datetime):
    free = Slot.objects.free(at=at).select_related("trainer__user").order_by("starts", "pk")
    return free.filter(starts__lt=at + timedelta(weeks=WEEKS_SHOWN))


class SlotChoice(forms.ModelChoiceField):
    """A free slot, told on its trainer's clocks."""

    def label_from_instance(self, obj: Slot) -> str:
        local = obj.starts.astimezone(obj.trainer.zone)
        return f"{local:%d/%m/%Y %H:%M} · {obj.minutes} min · {obj.trainer}"


class BehalfForm(forms.Form):
    """Support books for a contact of a company. Ends in `Booking.objects.book`."""

    slot = SlotChoice(Slot.objects.none(), label=_("Slot"))
    contact = forms.CharField(
        label=_("Contact (e-mail address)"), max_length=254, help_text=_("Somebody of the company; mails go there.")
    )
    module = forms.ModelChoiceField(
        TrainingModule.objects.offered(), label=_("Module"), required=False, empty_label=_("Doubts and review")
    )
    own_link = forms.CharField(
        label=_("Their own meeting link"), required=False, max_length=500, help_text=_("Empty: a room of ours.")
    )
    note = forms.CharField(
        label=_("What else to say"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    may_record = forms.BooleanField(label=_("They agree to the session being recorded"), required=False)

    def __init__(self, *args, by: User, at: datetime, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.by, self.at = by, at
        self.fields["slot"].queryset = free_slots(at)
        self.fields["module"].queryset = TrainingModule.objects.offered().select_related("product").in_order()

    def clean_contact(self) -> User:
        typed = one_line(self.cleaned_data["contact"]).strip().casefold()
        people = User.objects.reachable().filter(email=typed, company__isnull=False).select_related("company")
        found = list(people[:2])
        if len(found) != 1:
            raise ValidationError(_("No contact of a company, or more than one, has this e-mail address."))
        return found[0]

    def clean_own_link(self) -> str:
        return checked_link(self.cleaned_data["own_link"])

    def clean_note(self) -> str:
        return printable(self.cleaned_data["note"]).strip()

    def save(self) -> Booking:
        """Raises SlotGone, NotEnoughHours."""
        contact = self.cleaned_data["contact"]
        details = {name: self.cleaned_data[name] for name in ("slot", "module", "own_link", "note", "may_record")}
        return Booking.objects.book(by=self.by, contact=contact, company=contact.company, at=self.at, **details)


class MoveForm(forms.Form):
    """Support moves a session. Ends in `Booking.change`."""

    slot = SlotChoice(Slot.objects.none(), label=_("Slot"))

    def __init__(self, *args, booking: Booking, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.booking = booking
        self.fields["slot"].queryset = free_slots(timezone.now())

    def save(self, *, by: User) -> str:
        self.booking.change(to=self.cleaned_data["slot"], by=by)
        return _("The session has moved, and its people are told.")


class CancelForm(forms.Form):
    """Support calls a session off. Ends in `Booking.cancel`."""

    refunds = forms.BooleanField(label=_("The hours go back to the bag"), required=False, initial=True)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200, help_text=_("The company reads it."))

    def __init__(self, *args, booking: Booking, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.booking = booking

    def save(self, *, by: User) -> str:
        reason = one_line(self.cleaned_data["reason"])
        self.booking.cancel(by=by, refunds=self.cleaned_data["refunds"], reason=reason)
        return _("The session is cancelled, and its people are told.")


class LinkForm(forms.Form):
    """Another meeting link for a session. Ends in `Booking.give_link`."""

    own_link = forms.CharField(label=_("Their own meeting link"), required=False, max_length=500)

    def __init__(self, *args, booking: Booking, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.booking = booking
        self.initial.setdefault("own_link", booking.own_link)

    def clean_own_link(self) -> str:
        return checked_link(self.cleaned_data["own_link"])

    def save(self, *, by: User) -> str:
        self.booking.give_link(self.cleaned_data["own_link"], by=by)
        return _("The link was kept, and its people are told.")


class CompleteForm(forms.Form):
    """After the session: who was there and how long it took. Ends in `Booking.complete`."""

    minutes_used = forms.IntegerField(label=_("Minutes used"), min_value=0, max_value=MOST_MINUTES)
    refunds = forms.BooleanField(label=_("Unused minutes go back to the bag"), required=False, initial=True)

    def __init__(self, *args, booking: Booking, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.booking = booking
        self.initial.setdefault("minutes_used", booking.minutes)
        attendees = list(booking.attendees.select_related("user"))
        self.fields["attended"] = forms.TypedMultipleChoiceField(
            label=_("Who was there"),
            coerce=int,
            required=False,
            choices=[(attendee.pk, str(attendee)) for attendee in attendees],
            initial=[attendee.pk for attendee in attendees],
            widget=forms.CheckboxSelectMultiple,
        )

    def save(self, *, by: User) -> str:
        minutes = self.booking.complete(by=by, **self.cleaned_data)
        if minutes:
            return _("The session counts as held; %(minutes)s minutes went back.") % {"minutes": minutes}
        return _("The session counts as held.")


class RecordingForm(forms.Form):
    """What was recorded: a file or a link. Ends in `Recording.objects.add`."""

    title = forms.CharField(label=_("Title"), max_length=160)
    file = forms.FileField(label=_("File"), required=False)
    link = forms.CharField(
        label=pgettext_lazy("of a recording", "or a link"), required=False, max_length=500,
        help_text=_("It begins with https://"),
    )  # fmt: skip

    def __init__(self, *args, booking: Booking, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.booking = booking
        self.upload: Upload | None = None

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])

    def clean_link(self) -> str:
        return checked_link(self.cleaned_data["link"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and bool(cleaned.get("file")) == bool(cleaned["link"]):
            raise ValidationError(_("Give either a file or a link."))
        if not self.errors and cleaned.get("file"):
            try:
                self.upload = receive(cleaned["file"], terms=Terms(RECORDING_MEGABYTES))
            except Refused as refusal:
                self.add_error("file", refusal)
        return cleaned

    def save(self, *, by: User) -> str:
        title, link = self.cleaned_data["title"], self.cleaned_data["link"]
        Recording.objects.add(booking=self.booking, by=by, title=title, upload=self.upload, link=link)
        return _("The recording was added, and the people of the session are told.")
