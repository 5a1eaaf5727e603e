"""What conversations are written in: text with files, behind a draft."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import limits
from accounts.models import User
from files.forms import ManyFilesField
from files.names import canonical
from files.receiving import Refused, Upload, discard, receive
from text.quoting import quoted
from text.rendering import MESSAGE_LIMIT
from tickets.models import Attachment, Draft, IllegalStep, Message, RequestType, Ticket
from tickets.models.draft import ANSWER, AlreadySent, InfectedFiles, SomebodyElses, TooManyFiles
from tickets.models.question import FIELDS_PER_TOPIC
from tickets.models.seal import Seal
from tickets.status import AFTER_SUPPORT, STICKY, Status

# The fields of a new ticket that its draft remembers, besides the answers.
OF_A_NEW_TICKET = ("topic", "product", "priority", "subject", "body", "followers", "outside", "continues")
ANSWER_NAME = re.compile(rf"{ANSWER}[0-9]{{1,9}}")


class ComposerForm(forms.Form):
    """Text with files, behind a draft: a form with an error loses neither (the key names the draft)."""

    key = forms.CharField(max_length=40, widget=forms.HiddenInput)
    body = forms.CharField(label=_("Message"), required=False, strip=False, widget=forms.Textarea)
    files = ManyFilesField(label=_("Files"), required=False)

    kept_fields: tuple[str, ...] = ("body",)
    allow_executables = False
    limit = ""  # what sending counts as, a name of accounts/limits.py

    def __init__(
        self,
        data=None,
        files=None,
        *,
        person: User,
        ticket: Ticket | None = None,
        request_type: RequestType | None = None,
        draft: Draft | None = None,
        spend: limits.Spend = limits.without_limit,
    ):
        self.person, self.ticket, self.request_type = person, ticket, request_type
        self.draft, self.spend = draft, spend
        initial = (draft.fields | {"key": draft.key}) if draft else {"key": Draft.new_key()}
        super().__init__(data, files, initial=initial)

    def quote(self, message: Message | None) -> None:
        """Begin, or go on, with a quotation of this message, if any."""
        if message is None:
            return
        typed = self.initial.get("body", "").rstrip()
        introduction = _("%(name)s wrote:") % {"name": message.writer}
        self.initial["body"] = (f"{typed}\n\n" if typed else "") + quoted(message.body, introduction=introduction)

    @property
    def seal(self) -> Seal:
        """What lets this form's text be kept, whatever becomes of the session."""
        return Seal(self["key"].value(), self.person, self.ticket, self.request_type)

    # --- what was typed ---

    def clean_body(self) -> str:
        body = self.cleaned_data["body"].replace("\r\n", "\n")
        if len(body) > MESSAGE_LIMIT:
            raise ValidationError(
                _("The text has %(length)s characters; at most %(limit)s fit. Attach the rest as a file."),
                params={"length": f"{len(body):,}".replace(",", "."), "limit": f"{MESSAGE_LIMIT:,}".replace(",", ".")},
            )
        return body

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.chosen = cleaned.pop("files", [])
        self.find_draft()
        if self.draft.became:  # `send` leads to what was sent, or says that this is something else
            return cleaned
        self.receive_files()
        if not self.has_error("body") and not cleaned.get("body", "").strip() and not self.says_enough():
            self.add_error("body", _("Write your message, or attach a file."))
        if self.errors:
            self.keep_typed()
        return cleaned

    def says_enough(self) -> bool:
        """Whether it may be sent without a text."""
        return self.draft.attachments.exists()

    def find_draft(self) -> None:
        """The draft that the form's key names; a key of somebody else, or a broken one, is exchanged for a new one."""
        try:
            self.draft = self.draft_of(self.cleaned_data.get("key"))
        except SomebodyElses:
            self.renew()
            self.add_error(None, _("This form had expired. Nothing was lost: send it again."))

    def renew(self) -> None:
        """Go on under a new key, with everything that was typed."""
        self.data = self.data.copy()
        self.data["key"] = Draft.new_key()
        self.draft = self.draft_of(self.data["key"])

    def draft_of(self, key: str | None) -> Draft:
        """Raises SomebodyElses."""
        place = {"person": self.person, "ticket": self.ticket, "request_type": self.request_type}
        return Draft.objects.at(key=key, **place)

    def already_sent(self, sent: AlreadySent) -> None:
        """The form was sent before with another text: keep this one too, and say so."""
        self.renew()
        self.receive_files()
        self.keep_typed()
        if sent.ticket is None:
            words = _("You sent this form before, and it awaits approval. To send this text as well, send it again.")
        else:
            words = _("You sent this form before: see ticket #%(number)s. To send this text as well, send it again.")
            words %= {"number": sent.ticket.number}
        self.add_error(None, words)

    def send(self) -> Any:
        """What `save` made of the form, or None with the reason on the form and nothing lost."""
        try:
            if self.brings_more_files():
                raise AlreadySent(self.draft.became)
            if not self.draft.became:
                self.spend(self.limit)
            return self.save()
        except AlreadySent as sent:
            self.already_sent(sent)
        except InfectedFiles as infected:
            self.keep_typed()
            for file in infected.files:
                self.add_error("files", found_in(file))
        except (IllegalStep, limits.Reached) as refusal:
            self.keep_typed()
            self.add_error(None, refusal)
        except Draft.DoesNotExist:
            self.renew()
            self.keep_typed()
            self.add_error(None, _("This form had expired. Nothing was lost: send it again."))
        except OperationalError:
            self.keep_typed()
            self.add_error(None, _("The portal is very busy. Nothing was lost: send it again in a moment."))
        return None

    def brings_more_files(self) -> bool:
        """Whether the form was sent before and now comes with files that the first one did not have."""
        if not self.draft.became:
            return False
        sent = set(self.draft.sent_files().values_list("name", "stored__size"))
        return any((canonical(file.name), file.size) not in sent for file in self.came_with())

    def came_with(self) -> list[Any]:
        """Every file that was posted with the form."""
        return self.chosen

    def keep_typed(self) -> None:
        typed = {name: self.kept_value(name) for name in self.kept_names if name in self.fields}
        if not self.draft.keep(typed):
            self.renew()
            self.draft.keep(typed)

    @property
    def kept_names(self) -> tuple[str, ...]:
        """The fields that the draft remembers."""
        return self.kept_fields

    def kept_value(self, name: str) -> Any:
        field = self.fields[name]
        return field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))

    # --- files ---

    def receive_files(self) -> None:
        """Store the chosen files in the draft: all of them, or none with a reason for each refusal."""
        uploads: list[Upload] = []
        try:
            if self.chosen:
                self.spend("upload", amount=len(self.chosen))
        except limits.Reached as reached:
            self.add_error("files", reached)
            return
        for file in self.chosen:
            try:
                uploads.append(receive(file, allow_executables=self.allow_executables))
            except Refused as refusal:
                self.add_error("files", refusal)
        if not self.has_error("files"):
            try:
                self.added = self.draft.add(uploads)
                return
            except TooManyFiles:
                self.add_error("files", too_many_files())
            except Draft.DoesNotExist:
                self.renew()
                self.added = self.draft.add(uploads)
                return
        elif len(self.chosen) > 1:
            self.add_error("files", _("None of the files chosen this time was attached. Choose the others again."))
        for upload in uploads:
            discard(upload)

    @cached_property
    def attachments(self):
        """The files that the draft holds already; a page that has read them sets them."""
        return self.draft.attachments.select_related("stored") if self.draft else []


def typed(data) -> dict[str, Any]:
    """The fields of a composer's form as they were posted, to be kept in its draft."""
    fields = {name: data[name] for name in (*OF_A_NEW_TICKET, *StaffReplyForm.kept_fields) if name in data}
    answers = [name for name in data if ANSWER_NAME.fullmatch(name)][:FIELDS_PER_TOPIC]
    fields |= {name: data.getlist(name) if len(data.getlist(name)) > 1 else data[name] for name in answers}
    return fields | ({"followers": data.getlist("followers")} if "followers" in data else {})


def too_many_files() -> str:
    limit = settings.FILES_PER_MESSAGE
    return ngettext(
        "A message carries at most %(limit)s file. Send the others in another message or as a ZIP.",
        "A message carries at most %(limit)s files. Send the others in another message or as a ZIP.",
        limit,
    ) % {"limit": limit}


def found_in(file: Attachment) -> str:
    words = _("The antivirus found something in “%(name)s” (%(finding)s). Remove it from the list and send again.")
    return words % {"name": file.name, "finding": file.stored.scan_finding}


class DraftFilesForm(ComposerForm):
    """Files chosen while writing, sent ahead by the script. `added`: those that are new in the draft."""

    def clean(self) -> dict[str, Any]:
        self.chosen = self.cleaned_data.get("files", [])
        self.find_draft()
        if self.draft.became:
            self.add_error(None, _("This form was sent already. Reload the page to write another message."))
        if not self.errors:
            self.receive_files()
        return self.cleaned_data


class ReplyForm(ComposerForm):
    """An answer by a customer. Ends in `Draft.reply`."""

    limit = "reply"
    body = forms.CharField(label=_("Your answer"), required=False, strip=False, widget=forms.Textarea)

    def save(self) -> Message:
        """Raises AlreadySent, IllegalStep."""
        return self.draft.reply(body=self.cleaned_data["body"])


class StaffReplyForm(ComposerForm):
    """An answer by support, with what follows. Ends in `Draft.reply`. Staff may attach executables (patches)."""

    allow_executables = True
    kept_fields = ("body", "then")
    then = forms.ChoiceField(label=_("After sending"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        words = {
            Status.WAITING: _("Wait for the customer"),
            Status.OPEN: _("Leave open"),
            Status.CLOSED: _("Resolve"),
        }
        choices = [(status.value, words[status]) for status in AFTER_SUPPORT]
        if self.ticket.status in STICKY:
            choices.insert(0, ("", _("Leave as it is: %(status)s") % {"status": self.ticket.get_status_display()}))
        self.fields["then"].choices = choices

    def save(self) -> Message:
        """Raises AlreadySent, IllegalStep."""
        return self.draft.reply(body=self.cleaned_data["body"], then=self.cleaned_data["then"] or None)
