"""What somebody without an account writes: a ticket, an answer, and the code with which they read."""

import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts import limits
from files import types
from files.forms import ManyFilesField
from files.receiving import Refused, Upload, discard, receive
from text.quoting import quoted
from text.words import normalised, one_line, printable
from tickets.forms.composer import ComposerForm, too_many_files
from tickets.forms.opening import TicketForm, grouped
from tickets.models import Guest, Message, Topic
from tickets.models.guest import is_code, read_code
from tickets.status import CUSTOMER_PRIORITIES, Priority

HELD_SALT = "tickets.guest.files"
# A form that was refused goes on with its files for so long; the janitor leaves them alone for longer.
HELD_FOR = 12 * 3600
WRITTEN = ("priority", "subject", "body")


class Held:
    """A file that a refused form goes on with, by its signed word; the page shows it like one that was stored."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self.name, self.size = upload.name, upload.size
        self.word = signing.dumps(upload.packed(), salt=HELD_SALT, compress=True)
        self.icon = "photo" if upload.kind == types.Kind.PICTURE else "document"

    @classmethod
    def read(cls, word: str) -> "Held | None":
        """None for a word that is not ours, or too old."""
        try:
            return cls(Upload.unpacked(signing.loads(word, salt=HELD_SALT, max_age=HELD_FOR)))
        except signing.BadSignature:
            return None


class GuestWriting(forms.Form):
    """Text with files and without a draft: what a refused form had brought it goes on with, each file by a word that
    we have signed, which is unchecked to leave it out."""

    key = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    body = forms.CharField(label=_("Message"), required=False, strip=False, widget=forms.Textarea)
    files = ManyFilesField(label=_("Files"), required=False)

    def __init__(self, *args, spend: limits.Spend, **kwargs):
        self.spend = spend
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", secrets.token_urlsafe(16))
        self.uploads: list[Upload] = []

    def clean_key(self) -> str:
        """A key of ours, whatever was posted."""
        key = self.cleaned_data["key"]
        return key if key.isascii() and key.replace("-", "").replace("_", "").isalnum() else secrets.token_urlsafe(16)

    clean_body = ComposerForm.clean_body

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.receive_files(cleaned.pop("files", []))
        if "body" in cleaned:
            cleaned["body"] = printable(cleaned["body"])
            if not cleaned["body"].strip() and not self.uploads:
                self.add_error("body", _("Write your message, or attach a file."))
        return cleaned

    def receive_files(self, chosen: list) -> None:
        """The files of before that were not left out, and those that came now: all of these, or none with a reason."""
        words = self.data.getlist("held")[: settings.FILES_PER_MESSAGE]
        kept = {held.upload.temporary: held.upload for word in words if (held := Held.read(word))}
        self.uploads = [upload for upload in kept.values() if upload.temporary.exists()]
        if len(self.uploads) < len(words):
            self.add_error("files", _("A file that you had chosen is there no longer: choose it again."))
        if len(self.uploads) + len(chosen) > settings.FILES_PER_MESSAGE:
            self.add_error("files", too_many_files())
            return
        fresh: list[Upload] = []
        try:
            if chosen:
                self.spend("guest_upload", amount=len(chosen))
        except limits.Reached as reached:
            self.add_error("files", reached)
            return
        for file in chosen:
            try:
                fresh.append(receive(file))
            except Refused as refusal:
                self.add_error("files", refusal)
        if len(fresh) == len(chosen):
            self.uploads += fresh
            return
        if len(chosen) > 1:
            self.add_error("files", _("None of the files chosen this time was attached. Choose the others again."))
        for upload in fresh:
            discard(upload)

    @cached_property
    def held(self) -> list[Held]:
        """What the form goes on with."""
        return [Held(upload) for upload in self.uploads]

    def lost(self) -> None:
        """The files were taken by another click, or tidied away, since they were looked at."""
        self.uploads = []
        self.add_error("files", _("A file that you had chosen is there no longer: choose it again."))


class GuestTicketForm(GuestWriting):
    """A ticket by somebody without an account (S4-1…S4-12). Ends in `Guest.objects.ask`."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name", "maxlength": None})
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        help_text=_("We send a link to it. Support receives your ticket when you confirm it there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "maxlength": None}),
    )
    topic = forms.ModelChoiceField(label=_("Topic"), queryset=Topic.objects.none(), empty_label=_("Choose a topic"))
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        coerce=int,
        choices=[(priority.value, priority.label) for priority in CUSTOMER_PRIORITIES],
        initial=Priority.MEDIUM.value,
        widget=forms.RadioSelect,
        help_text=_("High only for what is critical: your work stops."),
    )
    subject = forms.CharField(
        label=_("Subject"),
        max_length=200,
        help_text=_("In a few words: “The invoice of May cannot be printed”."),
        widget=forms.TextInput(attrs={"maxlength": None, "autocomplete": "off"}),
    )

    field_order = ["key", "name", "email", "topic", "priority", "subject", "body", "files"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.topics = list(Topic.objects.offered_to_guests())
        self.fields["topic"].queryset = Topic.objects.offered_to_guests()
        if len(self.topics) == 1:
            del self.fields["topic"]
        else:
            self.fields["topic"].choices = grouped(self.topics)

    def begin_again(self, *, code: str, email: str) -> bool:
        """Begin with what was sent with this code and address, without its files; False where nothing waits."""
        guest = Guest.objects.to_write_again(code=code, email=email)
        if guest is not None:
            self.initial |= {name: getattr(guest, name) for name in ("name", "email", "topic", *WRITTEN)}
        return guest is not None

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        if not name:
            raise ValidationError(_("Write your name."), code="required")
        return name

    def clean_email(self) -> str:
        email = normalised(one_line(self.cleaned_data["email"]))
        if len(email) > 254:
            raise ValidationError(_("This address is too long."))
        return email

    clean_subject = TicketForm.clean_subject

    def save(self) -> Guest | None:
        """None with the reason on the form when its files are there no longer."""
        content = {name: self.cleaned_data[name] for name in ("key", "name", "email", *WRITTEN)}
        topic = self.cleaned_data.get("topic") or self.topics[0]
        try:
            return Guest.objects.ask(topic=topic, language=get_language(), files=self.uploads, **content)
        except FileNotFoundError:
            self.lost()
        return None


class GuestReplyForm(GuestWriting):
    """An answer by a guest (S4-15). Ends in `Guest.reply`."""

    def quote(self, message: Message | None) -> None:
        """Begin with a quotation of this message, if any."""
        if message is not None:
            introduction = _("%(name)s wrote:") % {"name": message.writer}
            self.initial["body"] = quoted(message.body, introduction=introduction)

    body = forms.CharField(label=_("Your answer"), required=False, strip=False, widget=forms.Textarea)

    def save(self, guest: Guest) -> bool:
        """False with the reason on the form when its files are there no longer. Raises NoLongerWaits, IllegalStep."""
        try:
            guest.reply(key=self.cleaned_data["key"], body=self.cleaned_data["body"], files=self.uploads)
        except FileNotFoundError:
            self.lost()
            return False
        return True


class LookupForm(forms.Form):
    """The code of a ticket and the address with which it was opened (S4-14). Whatever is wrong, the same words."""

    code = forms.CharField(
        label=_("Code of the ticket"),
        max_length=60,
        help_text=_("It stood on the page when you opened the ticket, and in our e-mail: K7M9Q-X4TD2."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "maxlength": None}
        ),
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        help_text=_("The one with which you opened the ticket."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "maxlength": None}),
    )

    def clean_code(self) -> str:
        code = read_code(self.cleaned_data["code"])
        if not is_code(code):
            raise ValidationError(_("A code has ten letters and digits, as in K7M9Q-X4TD2."))
        return code

    def clean_email(self) -> str:
        return normalised(one_line(self.cleaned_data["email"]))

    def refuse(self) -> None:
        self.add_error(None, _("There is no ticket with this code and this address. Check both."))
