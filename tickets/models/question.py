"""What a topic asks besides the message, and what was answered (S1-35)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import formats
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from accounts.models import Company
from text.search import SearchColumn
from tickets.models.catalogue import Topic

if TYPE_CHECKING:
    from tickets.models.attachment import Attachment

# A form with more questions is not filled in by anybody.
FIELDS_PER_TOPIC = 40
MOST_OPTIONS = 50
OPTION_LENGTH = 150


class Kind(models.TextChoices):
    """What an answer is made of."""

    TEXT = "text", _("Text")
    LONG_TEXT = "long_text", _("Long text")
    CHOICE = "choice", _("One of several options")
    SEVERAL = "several", _("Several options")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    YES_NO = "yes_no", _("Yes or no")
    FILE = "file", _("File")
    CONTACT = "contact", _("Contact of the company")
    MODULE = "module", _("Module of the product")


WITH_OPTIONS = (Kind.CHOICE, Kind.SEVERAL)


class TopicField(models.Model):
    """One question of a topic's form."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="form_fields", verbose_name=_("topic"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.TEXT)
    label = models.CharField(_("question"), max_length=150)
    help = models.CharField(_("help"), max_length=300, blank=True)
    is_required = models.BooleanField(_("compulsory"), default=False)
    options = models.TextField(_("options"), max_length=8000, blank=True, help_text=_("One per line."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    IMPERSONAL = {"label", "help", "options"}

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("question")
        verbose_name_plural = _("questions")

    def __str__(self) -> str:
        return self.label

    @property
    def name(self) -> str:
        """What the form calls its answer."""
        return f"campo_{self.pk}"

    @property
    def choices(self) -> list[str]:
        """The options, each once, in the order in which they were written."""
        return list(dict.fromkeys(filter(None, map(str.strip, self.options.splitlines()))))

    def clean(self) -> None:
        """What is to be chosen from is there, and short enough to be read."""
        if self.kind not in WITH_OPTIONS:
            return
        if not 2 <= len(self.choices) <= MOST_OPTIONS:
            words = _("Write from two to %(most)s options, one per line.")
            raise ValidationError({"options": ValidationError(words, params={"most": MOST_OPTIONS})})
        if any(len(option) > OPTION_LENGTH for option in self.choices):
            words = _("An option has at most %(limit)s characters.")
            raise ValidationError({"options": ValidationError(words, params={"limit": OPTION_LENGTH})})

    def answer(self, given: Any, *, file: "Attachment | None" = None) -> "Answer | None":
        """What is kept of a valid answer, `file` where one was asked for; None where nothing was answered."""
        answer = Answer(label=self.label, kind=self.kind, position=self.position, attachment=file)
        match self.kind:
            case Kind.FILE:
                answer.value = file.name if file else ""
            case Kind.CONTACT:
                answer.person = given
            case Kind.MODULE:
                answer.value = str(given or "")
            case Kind.NUMBER:
                answer.value = "" if given is None else f"{given.normalize():f}"
            case Kind.DATE:
                answer.value = given.isoformat() if given else ""
            case _:
                answer.value = given
        answer.said = said(self.kind, answer.value)
        return answer if answer.value not in ("", [], None) or answer.person else None


def said(kind: str, value: Any) -> str:
    """The words of an answer by which its ticket is found: neither names of people, nor of files, which are found by
    their own, nor yes and no."""
    if kind in (Kind.CONTACT, Kind.FILE, Kind.YES_NO):
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


class AnswerQuerySet(models.QuerySet["Answer"]):
    def in_words(self):
        """With what an answer names."""
        return self.select_related("person", "attachment")


class Answer(models.Model):
    """What somebody answered to one question, as it was asked then: of a ticket, or of a request that awaits approval.

    `value` is a text, a list of them, or yes or no; numbers and dates as computers write them. `said` is what is
    searched of it, in the company of its ticket.
    """

    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, null=True, related_name="answers")
    request = models.ForeignKey("tickets.Request", models.CASCADE, null=True, related_name="answers")
    label = models.CharField(_("question"), max_length=150)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    value = models.JSONField(_("answer"), default=str)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    attachment = models.ForeignKey("tickets.Attachment", models.SET_NULL, null=True, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="+", db_index=False)
    said = models.TextField(blank=True, editable=False)
    search = SearchColumn("said")

    objects = AnswerQuerySet.as_manager()

    KEPT = {"label", "value", "said", "search"}

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.CheckConstraint(
                name="an_answer_is_of_a_ticket_or_of_a_request",
                condition=Q(ticket__isnull=False, request=None) | Q(ticket=None, request__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.words}"

    @property
    def words(self) -> str:
        """The answer as people read it."""
        match self.kind:
            case Kind.CONTACT:
                return self.person.get_full_name() if self.person else ""
            case Kind.YES_NO:
                return pgettext("answer", "Yes") if self.value else pgettext("answer", "No")
            case Kind.SEVERAL:
                return ", ".join(self.value)
            case Kind.NUMBER:
                return str(formats.localize(Decimal(self.value)))
            case Kind.DATE:
                return formats.date_format(date.fromisoformat(self.value), "SHORT_DATE_FORMAT")
        return str(self.value)

    @property
    def file(self) -> "Attachment | None":
        """The file that answers the question, while it is there."""
        return self.attachment if self.attachment_id else None


def in_one_line(answers: Iterable[Answer]) -> str:
    """For a cell of a table: every question with its answer."""
    return "; ".join(map(str, answers))
