"""The questions of a topic as fields of a form (S1-35), and what is answered to them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import limits
from accounts.models import User
from contracts.models import Product
from files.receiving import Refused, discard, receive
from tables.days import DAYS
from tickets.forms.composer import ANSWER_NAME, ComposerForm, DraftFilesForm, too_many_files, typed
from tickets.models import Answer, Topic, TopicField
from tickets.models.draft import ANSWER, TooManyFiles
from tickets.models.question import FIELDS_PER_TOPIC, Kind

TEXT_LIMIT, LONG_TEXT_LIMIT = 300, 5_000  # characters
YES, NO = "si", "no"
NOT_OFFERED = _("Choose one of those that are offered.")
CHOOSE = {"invalid_choice": NOT_OFFERED, "invalid_list": NOT_OFFERED, "invalid_pk_value": NOT_OFFERED}


def text(question: TopicField, person: User) -> forms.Field:
    return forms.CharField(max_length=TEXT_LIMIT, widget=forms.TextInput(attrs={"maxlength": None}))


def long_text(question: TopicField, person: User) -> forms.Field:
    area = forms.Textarea(attrs={"rows": 4, "maxlength": None})
    return forms.CharField(max_length=LONG_TEXT_LIMIT, widget=area)


def choice(question: TopicField, person: User) -> forms.Field:
    options = [("", _("Choose an option")), *((option, option) for option in question.choices)]
    return forms.ChoiceField(choices=options, error_messages=CHOOSE)


def several(question: TopicField, person: User) -> forms.Field:
    options = [(option, option) for option in question.choices]
    return forms.MultipleChoiceField(choices=options, error_messages=CHOOSE, widget=forms.CheckboxSelectMultiple)


def number(question: TopicField, person: User) -> forms.Field:
    return forms.DecimalField(max_digits=12, decimal_places=2, widget=forms.NumberInput(attrs={"step": "any"}))


def day(question: TopicField, person: User) -> forms.Field:
    return forms.DateField(validators=DAYS, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def yes_no(question: TopicField, person: User) -> forms.Field:
    words = [(YES, pgettext_lazy("answer", "Yes")), (NO, pgettext_lazy("answer", "No"))]
    radio = forms.RadioSelect
    return forms.TypedChoiceField(
        choices=words, coerce=YES.__eq__, empty_value=None, error_messages=CHOOSE, widget=radio
    )


class AnswerFile(forms.FileField):
    """A file that the draft may hold already: what is lacking is said when files have been received."""

    def validate(self, value: Any) -> None:
        pass


def file(question: TopicField, person: User) -> forms.Field:
    return AnswerFile(max_length=None, allow_empty_file=True)  # the receiving says what is wrong with it


def contact(question: TopicField, person: User) -> forms.Field:
    colleagues = User.objects.visible_to(person).active().order_by("first_name", "last_name", "pk")
    return forms.ModelChoiceField(
        colleagues, to_field_name="public_id", empty_label=_("Choose a person"), error_messages=CHOOSE
    )


def module(question: TopicField, person: User) -> forms.Field:
    return forms.ModelChoiceField(
        Product.objects.offered().modules(), empty_label=_("Choose a module"), error_messages=CHOOSE
    )


FIELDS: dict[str, Callable[[TopicField, User], forms.Field]] = {
    Kind.TEXT: text,
    Kind.LONG_TEXT: long_text,
    Kind.CHOICE: choice,
    Kind.SEVERAL: several,
    Kind.NUMBER: number,
    Kind.DATE: day,
    Kind.YES_NO: yes_no,
    Kind.FILE: file,
    Kind.CONTACT: contact,
    Kind.MODULE: module,
}


def answerable(questions: list[TopicField]) -> list[TopicField]:
    """Without those for a module where the vendor offers none."""
    asks_module = any(question.kind == Kind.MODULE for question in questions)
    if not asks_module or Product.objects.offered().modules().exists():
        return questions
    return [question for question in questions if question.kind != Kind.MODULE]


class QuestionsForm(ComposerForm):
    """A composer with the questions of a topic. Only they are read: whatever else is posted is nobody's answer."""

    def ask_about(self, topic: Topic | None) -> None:
        """Ask what this topic asks, and what its department wants to be accepted."""
        self.about = topic
        self.ask(answerable(list(topic.form_fields.all()[:FIELDS_PER_TOPIC])) if topic else [])
        if topic and topic.department.surcharge:
            self.fields["accepts_surcharge"] = forms.BooleanField(
                label=_("I accept the surcharge, and that this is urgent as defined here"),
                error_messages={"required": _("Without accepting it this department takes no tickets.")},
            )

    def ask(self, questions: list[TopicField]) -> None:
        self.questions = questions
        for question in questions:
            field = FIELDS[question.kind](question, self.person)
            field.label, field.help_text = question.label, question.help
            field.required = field.widget.is_required = question.is_required
            self.fields[question.name] = field

    @property
    def kept_names(self) -> tuple[str, ...]:
        asked = [question.name for question in self.questions if question.kind != Kind.FILE]
        return (*self.kept_fields, *asked)

    def asked(self) -> list[tuple[TopicField, BoundField, Any]]:
        """Each question with its field and the file that waits as its answer, for the page."""
        return [(question, self[question.name], self.held.get(question.pk)) for question in self.questions]

    def carried(self) -> list[tuple[str, str]]:
        """Answers to what another topic asked, in case it is chosen again: hidden in the page, and nobody's answer."""
        given = typed(self.data) if self.is_bound else self.initial
        others = [name for name in given if ANSWER_NAME.fullmatch(name) and name not in self.fields]
        several = {name: given[name] if isinstance(given[name], list) else [given[name]] for name in others}
        return [(name, value) for name, values in several.items() for value in values if value]

    @cached_property
    def held(self) -> dict[int | None, Any]:
        """The files that the draft holds as answers."""
        asks_files = any(question.kind == Kind.FILE for question in self.questions)
        return self.draft.answering() if asks_files and self.draft and self.draft.pk else {}

    def says_enough(self) -> bool:
        """A form that asks needs no message besides."""
        return bool(self.questions)

    def receive_files(self) -> None:
        super().receive_files()
        for question in self.questions:
            if question.kind == Kind.FILE and not self.has_error(question.name):
                self.receive_answer(question)
        self.__dict__.pop("held", None)
        for question in self.questions:
            lacks = question.kind == Kind.FILE and question.is_required and question.pk not in self.held
            if lacks and not self.has_error(question.name):
                self.add_error(question.name, _("Choose a file."))

    def receive_answer(self, question: TopicField) -> None:
        """Keep the file that was chosen, or say why not."""
        chosen = self.cleaned_data.get(question.name)
        if not chosen:
            return
        try:
            self.spend("upload")
            upload = receive(chosen)
        except (Refused, limits.Reached) as refusal:
            self.add_error(question.name, refusal)
            return
        try:
            self.draft.answer(question.pk, upload)
        except TooManyFiles:
            discard(upload)
            self.add_error(question.name, too_many_files())

    def came_with(self) -> list[Any]:
        files = [question.name for question in self.questions if question.kind == Kind.FILE]
        return [*super().came_with(), *filter(None, map(self.cleaned_data.get, files))]

    @property
    def answers(self) -> list[Answer]:
        """What was answered, in the order in which it was asked."""
        given = (
            question.answer(self.cleaned_data.get(question.name), file=self.held.get(question.pk))
            for question in self.questions
        )
        return [answer for answer in given if answer is not None]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for question in self.questions:
            if question.kind == Kind.SEVERAL and isinstance(chosen := cleaned.get(question.name), list):
                cleaned[question.name] = [option for option in question.choices if option in chosen]
        return cleaned


class KeptFilesForm(QuestionsForm):
    """The files chosen in a form, kept in its draft before the page comes again: those of the message, and the answers
    to what topics ask."""

    clean = DraftFilesForm.clean

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        asked = TopicField.objects.filter(kind=Kind.FILE, topic__in=Topic.objects.offered())
        named = [name.removeprefix(ANSWER) for name in self.files if ANSWER_NAME.fullmatch(name)]
        self.ask(list(asked.filter(pk__in=named[:FIELDS_PER_TOPIC])))

    def reasons(self) -> list[str]:
        """Why some were not kept."""
        return [reason for reasons in self.errors.values() for reason in reasons]
