"""What conversations are written in: text with files, behind a draft."""

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
from contracts.models import Product
from files.forms import ManyFilesField
from files.names import canonical
from files.receiving import Refused, Upload, discard, receive
from text.quoting import quoted
from text.rendering import MESSAGE_LIMIT
from text.words import one_line
from tickets.models import Attachment, Draft, IllegalStep, Message, Ticket, Topic
from tickets.models.draft import AlreadySent, InfectedFiles, SomebodyElses, TooManyFiles
from tickets.models.seal import Seal
from tickets.status import AFTER_SUPPORT, CUSTOMER_PRIORITIES, STICKY, Priority, Status


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
        draft: Draft | None = None,
        spend: limits.Spend = limits.without_limit,
    ):
        self.person, self.ticket, self.draft, self.spend = person, ticket, draft, spend
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
        return Seal(self["key"].value(), self.person, self.ticket)

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
        if self.draft.sent_message_id:  # `send` leads to what was sent, or says that this is something else
            return cleaned
        self.receive_files()
        if not self.has_error("body") and not cleaned.get("body", "").strip() and not self.draft.attachments.exists():
            self.add_error("body", _("Write your message, or attach a file."))
        if self.errors:
            self.keep_typed()
        return cleaned

    def find_draft(self) -> None:
        """The draft that the form's key names; a key of somebody else, or a broken one, is exchanged for a new one."""
        try:
            self.draft = Draft.objects.at(key=self.cleaned_data.get("key"), person=self.person, ticket=self.ticket)
        except SomebodyElses:
            self.renew()
            self.add_error(None, _("This form had expired. Nothing was lost: send it again."))

    def renew(self) -> None:
        """Go on under a new key, with everything that was typed."""
        self.data = self.data.copy()
        self.data["key"] = Draft.new_key()
        self.draft = Draft.objects.at(key=self.data["key"], person=self.person, ticket=self.ticket)

    def already_sent(self, sent: AlreadySent) -> None:
        """The form was sent before with another text: keep this one too, and say so."""
        self.renew()
        self.receive_files()
        self.keep_typed()
        self.add_error(
            None,
            _("You sent this form before: see ticket #%(number)s. To send this text as well, send it again.")
            % {"number": sent.ticket.number},
        )

    def send(self) -> Any:
        """What `save` made of the form, or None with the reason on the form and nothing lost."""
        try:
            if self.brings_more_files():
                raise AlreadySent(self.draft.sent_message)
            if not self.draft.sent_message_id:
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
        if not self.draft.sent_message_id:
            return False
        sent = set(self.draft.sent_message.attachments.values_list("name", "stored__size"))
        return any((canonical(file.name), file.size) not in sent for file in self.chosen)

    def keep_typed(self) -> None:
        typed = {name: self.kept_value(name) for name in self.kept_fields if name in self.fields}
        if not self.draft.keep(typed):
            self.renew()
            self.draft.keep(typed)

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
    fields = {name: data[name] for name in StaffReplyForm.kept_fields + TicketForm.kept_fields if name in data}
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
        if self.draft.sent_message_id:
            self.add_error(None, _("This form was sent already. Reload the page to write another message."))
        if not self.errors:
            self.receive_files()
        return self.cleaned_data


class TicketForm(ComposerForm):
    """A new ticket (S0-41, S1-34…S1-43). Ends in `Draft.open_ticket`."""

    topic = forms.ModelChoiceField(label=_("Topic"), queryset=Topic.objects.none(), empty_label=_("Choose a topic"))
    product = forms.ModelChoiceField(
        label=_("Module"),
        queryset=Product.objects.none(),
        required=False,
        empty_label=_("None in particular"),
        help_text=_("The part of the program where it happens, if you know it."),
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        coerce=int,
        choices=[(priority.value, priority.label) for priority in CUSTOMER_PRIORITIES],
        initial=Priority.MEDIUM.value,
        widget=forms.RadioSelect,
        help_text=_("High only when the work of your company stops."),
    )
    subject = forms.CharField(
        label=_("Subject"),
        max_length=200,
        help_text=_("A short summary. One matter per ticket: it is answered sooner."),
        widget=forms.TextInput(attrs={"maxlength": None, "autocomplete": "off"}),
    )
    followers = forms.ModelMultipleChoiceField(
        label=_("People in copy"),
        queryset=User.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They are told of every answer. Whoever uses the tickets area may also read and answer this one."),
    )
    outside = forms.CharField(
        label=_("Addresses outside your company"),
        required=False,
        max_length=2000,
        help_text=_("Separated by commas or spaces. They only receive the e-mails."),
    )

    continues = forms.Field(required=False, widget=forms.HiddenInput)

    limit = "ticket"
    kept_fields = ("topic", "product", "priority", "subject", "body", "followers", "outside", "continues")
    field_order = ["key", "topic", "product", "priority", "subject", "body", "files", "followers", "outside"]

    def __init__(self, *args, continues: str = "", subject: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("continues", continues)
        self.initial["subject"] = self.initial.get("subject") or one_line(subject)[:200]
        topics = list(Topic.objects.offered())
        self.fields["topic"].queryset = Topic.objects.offered()
        if len(topics) == 1:
            self.only_topic = topics[0]
            del self.fields["topic"]
        else:
            self.fields["topic"].choices = grouped(topics)
        self.fields["product"].queryset = Product.objects.offered().modules()
        self.fields["followers"].queryset = User.objects.visible_to(self.person).active().exclude(pk=self.person.pk)
        if not settings.OUTSIDE_FOLLOWERS:
            del self.fields["outside"]

    @cached_property
    def continued(self) -> Ticket | None:
        """The resolved ticket that this one continues."""
        number = self["continues"].value() or ""
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            return None
        return Ticket.objects.visible_to(self.person).filter(number=number).first()

    def clean_subject(self) -> str:
        subject = one_line(self.cleaned_data["subject"])
        if not subject:
            raise ValidationError(_("Write a subject."), code="required")
        return subject

    def clean_outside(self) -> list[str]:
        return addresses(self.cleaned_data["outside"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned.setdefault("topic", getattr(self, "only_topic", None))
        return cleaned

    def save(self) -> Ticket:
        """Raises AlreadySent when this form was sent before with another text."""
        details = {name: self.cleaned_data[name] for name in ("topic", "product", "priority", "followers")}
        return self.draft.open_ticket(
            subject=self.cleaned_data["subject"],
            body=self.cleaned_data["body"],
            outside=self.cleaned_data.get("outside", []),
            follows_up=self.continued,
            **details,
        )


def grouped(topics: list[Topic]) -> list:
    """Choices for a nested catalogue: the topics without parent, then each parent's under its name."""
    loose = [(topic.pk, topic.name) for topic in topics if topic.parent is None]
    groups: dict[str, list] = {}
    for topic in topics:
        if topic.parent is not None:
            groups.setdefault(topic.parent.name, []).append((topic.pk, topic.name))
    return [("", _("Choose a topic")), *loose, *groups.items()]


def addresses(typed: str) -> list[str]:
    """E-mail addresses separated by comma, semicolon or white space. Raises ValidationError naming the wrong one."""
    field = forms.EmailField()
    found = []
    for word in typed.replace(",", " ").replace(";", " ").split():
        try:
            found.append(field.clean(word).lower())
        except ValidationError as error:
            raise ValidationError(_("“%(word)s” is not an e-mail address."), params={"word": word}) from error
    return found


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
