"""What a company says when it books a session, and afterwards."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import limits
from accounts.models import User
from training.models import Booking, Slot, Topic, TopicOfAnotherModule, TopicWish, TrainingModule, checked_link
from training.models.booking import LONGEST_LINK

# In front of the number of a topic.
WISH = "wish_"
LONGEST_NAMES = 4_000


class MeetingLinkField(forms.CharField):
    """An https address of a meeting; empty is our own room."""

    def __init__(self, **kwargs):
        super().__init__(
            label=_("Your own meeting link"),
            required=False,
            max_length=LONGEST_LINK,
            help_text=_(
                "If you prefer your own platform, the trainer connects there. Leave it empty and you get ours."
            ),
            widget=forms.URLInput(attrs={"maxlength": None, "placeholder": "https://", "autocomplete": "off"}),
            **kwargs,
        )

    def clean(self, value):
        return checked_link(super().clean(value))


class BookingForm(forms.Form):
    """A session in a slot. Ends in `Booking.objects.book`. `is_asking` is False while only the outline is asked for:
    then nothing is wrong yet."""

    module = forms.ModelChoiceField(
        label=pgettext_lazy("training", "What would you like to see?"),
        queryset=TrainingModule.objects.none(),
        required=False,
        empty_label=_("Doubts and review"),
        error_messages={"invalid_choice": _("Choose one of the modules.")},
    )
    people = forms.ModelMultipleChoiceField(
        label=_("Who attends"),
        queryset=User.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    names = forms.CharField(
        label=_("Other people"),
        required=False,
        max_length=LONGEST_NAMES,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": None}),
        help_text=_("One in each line."),
    )
    own_link = MeetingLinkField()
    note = forms.CharField(
        label=_("Anything else the trainer should know"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": None}),
    )
    may_record = forms.BooleanField(
        label=_("We agree to the session being recorded"),
        required=False,
        help_text=_("You will find the recording in Training afterwards. Only your company sees it."),
    )

    def __init__(self, data=None, *, slot: Slot, person: User, is_asking: bool, at: datetime):
        self.slot, self.person, self.at = slot, person, at
        initial = self.typed(data) if data is not None else {"people": [person.public_id]}
        super().__init__(data if is_asking else None, initial=initial)
        modules = TrainingModule.objects.visible_to(person).in_order().select_related("product")
        self.fields["module"].queryset = modules
        self.fields["people"].queryset = User.objects.visible_to(person).active()
        self.topics = self.topics_of(self["module"].value())
        for topic in self.topics:
            self.fields[f"{WISH}{topic.pk}"] = forms.ChoiceField(
                label=topic.title,
                choices=WISHES,
                required=False,
                widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
            )

    def typed(self, data) -> dict[str, Any]:
        """What was posted, to go on with."""
        return {name: data.getlist(name) if name == "people" else data.get(name) for name in data}

    def topics_of(self, module) -> list[Topic]:
        """The outline of the module that is chosen; of none, or one that is not offered, nothing."""
        try:
            chosen = self.fields["module"].clean(module)
        except ValidationError:
            return []
        return list(chosen.topics.all()) if chosen else []

    @property
    def wishes(self) -> list[tuple[Topic, Any]]:
        return [(topic, self[f"{WISH}{topic.pk}"]) for topic in self.topics]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        others = [name for name in self.data if name.startswith(WISH) and name not in self.fields and self.data[name]]
        if others:
            self.add_error("module", TopicOfAnotherModule())
        return cleaned

    def wished(self, wish: str) -> list[Topic]:
        return [topic for topic in self.topics if self.cleaned_data[f"{WISH}{topic.pk}"] == wish]

    def book(self, *, spend: limits.Spend) -> Booking | None:
        """The session, or None with the reason on the form."""
        cleaned = self.cleaned_data
        try:
            spend("booking")
            return Booking.objects.book(
                slot=self.slot,
                by=self.person,
                company=self.person.company,
                module=cleaned["module"],
                more=self.wished(TopicWish.Wish.MORE),
                less=self.wished(TopicWish.Wish.LESS),
                people=cleaned["people"],
                names=cleaned["names"].splitlines(),
                own_link=cleaned["own_link"],
                note=cleaned["note"],
                may_record=cleaned["may_record"],
                at=self.at,
            )
        except ValidationError as refusal:
            self.add_error(None, refusal)
            return None


WISHES = [
    ("", pgettext_lazy("topic of an outline", "As planned")),
    (TopicWish.Wish.MORE, pgettext_lazy("topic of an outline", "It interests us more")),
    (TopicWish.Wish.LESS, pgettext_lazy("topic of an outline", "Leave it out")),
]


class LinkForm(forms.Form):
    """The meeting link of a session that is booked. Ends in `Booking.give_link`."""

    own_link = MeetingLinkField()

    def __init__(self, data=None, *, booking: Booking):
        self.booking = booking
        super().__init__(data, initial={"own_link": booking.own_link})

    def save(self, *, by: User, at: datetime) -> bool:
        return self.booking.give_link(self.cleaned_data["own_link"], by=by, at=at)


class CancelForm(forms.Form):
    """Calling a session off, as it was announced: with the hours back, or without. Ends in `Booking.cancel`."""

    refunds = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, data=None, *, booking: Booking, at: datetime):
        self.booking, self.at = booking, at
        self.free_until = booking.free_until()
        self.gives_back = at <= self.free_until
        super().__init__(data, initial={"refunds": self.gives_back})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("refunds") and not self.gives_back:
            raise ValidationError(
                _("Meanwhile it is too late for the hours to come back. Nothing was cancelled: decide anew.")
            )
        return cleaned

    def cancel(self, *, by: User) -> int:
        """How many minutes came back. Raises NotBooked."""
        return self.booking.cancel(by=by, at=self.at)
