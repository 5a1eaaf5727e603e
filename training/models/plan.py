"""What there is to learn: modules with their sessions and outline, and how one prepares a session."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, User
from contracts.models import Product
from files.models import StoredFile
from files.receiving import Upload
from text import rendering
from training.models.slot import MOST_MINUTES, QUARTER, random_token

# In the guide the headings of the page stand above those of the text.
TOP_HEADING = 3


class TrainingModuleQuerySet(models.QuerySet["TrainingModule"]):
    def visible_to(self, user: User):
        """The plan, for those who have the training area."""
        if not user.is_authenticated or user.company_id is None or not user.can_use_training:
            return self.none()
        return self.offered()

    def offered(self):
        return self.filter(is_active=True, product__is_active=True)

    def in_order(self):
        """As the catalogue of products has them."""
        return self.order_by("product__position", "product__name")

    def with_had(self, company: Company, *, at: datetime):
        """Adds `had`: how many sessions of the module the company has had."""
        theirs = Q(bookings__company=company, bookings__slot__ends__lte=at)
        return self.annotate(had=Count("bookings", filter=theirs & ~Q(bookings__state="cancelled")))


class TrainingModule(models.Model):
    """What an initial training in a module takes, and what is seen in it (S0-54 to S0-57)."""

    public_id = models.CharField(max_length=32, unique=True, default=random_token, editable=False)
    product = models.OneToOneField(
        Product,
        models.PROTECT,
        limit_choices_to={"kind": Product.Kind.MODULE},
        verbose_name=_("module"),
        related_name="training",
    )
    sessions = models.PositiveSmallIntegerField(
        _("sessions"), default=1, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    minutes = models.PositiveSmallIntegerField(
        _("minutes of each"), default=90, validators=[MinValueValidator(QUARTER), MaxValueValidator(MOST_MINUTES)]
    )
    outline = models.OneToOneField(
        StoredFile,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("outline"),
        related_name="outline_of",
    )
    remark = models.TextField(
        _("remark"),
        max_length=500,
        blank=True,
        help_text=_("For instance, that some weeks later a session to go over doubts is worth while."),
    )
    is_active = models.BooleanField(_("offered"), default=True)

    objects = TrainingModuleQuerySet.as_manager()

    had: int  # of `with_had`

    IMPERSONAL = {"public_id", "remark"}

    class Meta:
        ordering = ["product__position", "product__name"]
        verbose_name = _("training module")
        verbose_name_plural = _("training modules")
        constraints = [
            models.CheckConstraint(condition=Q(sessions__gte=1), name="an_initial_training_has_a_session"),
        ]

    def __str__(self) -> str:
        return self.product.name

    def actions_for(self, user: User) -> set[str]:
        """What somebody who sees the plan may do with it."""
        if user.is_viewed or not self.outline_id:
            return set()
        return {"download"}

    @transaction.atomic
    def keep(self, *, outline: Upload | None = None) -> None:
        """Save it, with another outline where one is given."""
        former = self.outline if outline is not None else None
        if outline is not None:
            self.outline = StoredFile.objects.keep(outline)
        self.save()
        if former is not None:
            former.delete()


class Topic(models.Model):
    """A line of the outline: what is seen in which session."""

    module = models.ForeignKey(TrainingModule, models.CASCADE, verbose_name=_("training module"), related_name="topics")
    session = models.PositiveSmallIntegerField(_("session"), default=1, validators=[MinValueValidator(1)])
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    title = models.CharField(_("title"), max_length=160)

    IMPERSONAL = {"title"}

    class Meta:
        ordering = ["session", "position", "id"]
        verbose_name = _("topic of the outline")
        verbose_name_plural = _("topics of the outline")
        constraints = [models.UniqueConstraint(fields=["module", "title"], name="a_topic_stands_once_in_an_outline")]

    def __str__(self) -> str:
        return self.title


class PreparationGuideQuerySet(models.QuerySet["PreparationGuide"]):
    def make_first(self) -> None:
        """Where there is none: what holds for every session, for staff to go on from."""
        if self.exists():
            return
        text = gettext(
            "## Before the day\n\n"
            "- Open the video call once with the button of this page and allow microphone and camera.\n"
            "- Choose a computer with your usual program, a headset and a cable instead of wifi.\n"
            "- Say in the booking which topics interest you most.\n\n"
            "## On the day\n\n"
            "- Enter ten minutes before.\n"
            "- Have the program open, with data that you may show.\n"
            "- Close what rings or shows messages."
        )
        self.create(pk=1, text=text, **rendered(text))


class PreparationGuide(models.Model):
    """How one prepares a session and avoids trouble on the day (S0-53): one text, kept by staff in Markdown."""

    text = models.TextField(_("text"), max_length=20_000, help_text=_("Markdown."))
    html = models.TextField(editable=False)
    html_version = models.PositiveSmallIntegerField(editable=False, default=0)
    changed_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, verbose_name=_("changed by"), related_name="+"
    )
    changed_at = models.DateTimeField(_("changed"), null=True, editable=False)

    objects = PreparationGuideQuerySet.as_manager()

    IMPERSONAL = {"text", "html"}

    class Meta:
        verbose_name = _("preparation guide")
        verbose_name_plural = _("preparation guide")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_preparation_guide")]

    def __str__(self) -> str:
        return str(_("Preparation guide"))

    @classmethod
    def current(cls) -> "PreparationGuide":
        """The one guide; empty until somebody writes it."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @transaction.atomic
    def write(self, text: str, *, by: User, at: datetime) -> None:
        """Keep another text, and its HTML."""
        self.pk, self.text, self.changed_by, self.changed_at = 1, text, by, at
        for name, value in rendered(text).items():
            setattr(self, name, value)
        self.save()


def rendered(text: str) -> dict[str, Any]:
    """What is kept beside the text of the guide."""
    return {"html": rendering.article_html(text, top=TOP_HEADING), "html_version": rendering.RENDERER_VERSION}


def of_module(topics: Sequence[Topic], module: TrainingModule | None) -> bool:
    """Whether all of these stand in the outline of that module."""
    return all(module is not None and topic.module_id == module.pk for topic in topics)
