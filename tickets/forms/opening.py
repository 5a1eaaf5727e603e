"""The forms that open something: a ticket, or a request of Solicitudes."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from contracts.models import Product
from text.words import one_line
from tickets.forms.composer import OF_A_NEW_TICKET
from tickets.forms.modules import offer_modules
from tickets.forms.questions import QuestionsForm
from tickets.models import Request, RequestType, Ticket, Topic
from tickets.status import CUSTOMER_PRIORITIES, Priority


class TicketForm(QuestionsForm):
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
    kept_fields = OF_A_NEW_TICKET
    field_order = ["key", "topic", "product", "priority", "subject", "body", "files", "followers", "outside"]

    def __init__(self, *args, continues: str = "", topic: str = "", subject: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("continues", continues)
        self.initial["subject"] = self.initial.get("subject") or one_line(subject)[:200]
        if topic:
            self.initial["topic"] = topic
        topics = list(Topic.objects.offered())
        self.fields["topic"].queryset = Topic.objects.offered()
        self.ask_about(self.chosen_among(topics))
        if len(topics) == 1:
            del self.fields["topic"]
        else:
            self.fields["topic"].choices = grouped(topics)
        if "accepts_surcharge" in self.fields:
            del self.fields["priority"]  # what is accepted there is that it is urgent
        offer_modules(self, Product.objects.offered().modules())
        self.fields["followers"].queryset = User.objects.visible_to(self.person).active().exclude(pk=self.person.pk)
        if not settings.OUTSIDE_FOLLOWERS:
            del self.fields["outside"]

    def chosen_among(self, topics: list[Topic]) -> Topic | None:
        """The topic whose questions are asked: the only one, or the one that is chosen."""
        if len(topics) == 1:
            return topics[0]
        chosen = str(self["topic"].value() or "")
        return next((topic for topic in topics if str(topic.pk) == chosen), None)

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

    def save(self) -> Ticket:
        """Raises AlreadySent when this form was sent before with another text."""
        return self.draft.open_ticket(
            topic=self.about,
            subject=self.cleaned_data["subject"],
            body=self.cleaned_data["body"],
            product=self.cleaned_data.get("product"),
            priority=self.cleaned_data.get("priority", Priority.URGENT),
            followers=self.cleaned_data["followers"],
            outside=self.cleaned_data.get("outside", []),
            follows_up=self.continued,
            answers=self.answers,
            accepts_surcharge=self.cleaned_data.get("accepts_surcharge", False),
        )


class RequestForm(QuestionsForm):
    """What somebody asks for in Solicitudes. Ends in `Draft.ask`."""

    subject = forms.CharField(
        label=_("Subject"), max_length=200, widget=forms.TextInput(attrs={"maxlength": None, "autocomplete": "off"})
    )

    limit = "ticket"
    kept_fields = ("subject", "body")

    def __init__(self, *args, request_type: RequestType, **kwargs):
        super().__init__(*args, request_type=request_type, **kwargs)
        self.initial.setdefault("subject", str(request_type))
        self.ask_about(request_type.topic)
        self.asks_approval = request_type.asks_approval_of(self.person)

    clean_subject = TicketForm.clean_subject

    def save(self) -> Ticket | Request:
        """Raises AlreadySent when this form was sent before with another text."""
        return self.draft.ask(
            subject=self.cleaned_data["subject"],
            body=self.cleaned_data["body"],
            answers=self.answers,
            accepts_surcharge=self.cleaned_data.get("accepts_surcharge", False),
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
