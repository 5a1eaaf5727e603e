from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext


class DepartmentQuerySet(models.QuerySet["Department"]):
    def make_first(self) -> None:
        """Where there is none: one department with the topics that every support desk has."""
        if self.exists():
            return
        department = self.create(name=_("Support"), email=settings.BRAND["email"])
        names = [str(_("Question")), str(_("Incident")), pgettext("topic", "Enhancement")]
        for position, name in enumerate(names, start=1):
            department.topics.create(name=name, position=position)


class Department(models.Model):
    """A department of support: where mails about its topics' tickets go while nobody is assigned."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    email = models.EmailField(
        _("e-mail address"), help_text=_("New tickets and unassigned replies are announced here.")
    )
    hours = models.CharField(
        _("service hours"),
        max_length=120,
        blank=True,
        help_text=_("In words, as customers read them beside the topic: “Monday to Friday, 9:00 to 18:00”."),
    )
    response_hours = models.PositiveSmallIntegerField(
        _("response target"), null=True, blank=True, help_text=_("Working hours until the first answer.")
    )
    is_always_open = models.BooleanField(
        _("open round the clock"),
        default=False,
        help_text=_("Every hour counts for its response target, not only working hours."),
    )
    notice = models.TextField(_("notice"), max_length=600, blank=True, help_text=_("Shown beside the topic."))
    surcharge = models.TextField(
        _("surcharge"),
        max_length=1000,
        blank=True,
        help_text=_("What using it costs, and when not. With it, whoever writes must accept it: the ticket is urgent."),
    )
    urgency = models.TextField(
        _("what is urgent"), max_length=1000, blank=True, help_text=_("Shown and accepted with the surcharge.")
    )

    objects = DepartmentQuerySet.as_manager()

    IMPERSONAL = {"name", "email", "hours", "notice", "surcharge", "urgency"}

    class Meta:
        ordering = ["name"]
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        constraints = [
            models.CheckConstraint(
                name="a_surcharge_says_what_is_urgent", condition=models.Q(surcharge="") | ~models.Q(urgency="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Whoever accepts a surcharge reads what counts as urgent."""
        if self.surcharge and not self.urgency:
            raise ValidationError(
                {"urgency": _("Say what is urgent: customers accept it together with the surcharge.")}
            )


# Each topic below its parent, wherever it stands by itself.
NESTED = (
    Coalesce("parent__position", "position"),
    Coalesce("parent__name", "name"),
    F("parent").asc(nulls_first=True),
    "position",
    "name",
)


class TopicQuerySet(models.QuerySet["Topic"]):
    def nested(self):
        """All of them in one list, each below its parent."""
        return self.select_related("parent").order_by(*NESTED)

    def offered(self):
        """The topics of a new ticket, in order; a topic with topics below it is only their heading, and those of
        Solicitudes are asked for there."""
        offered = self.filter(is_active=True, children=None, request_type=None)
        return offered.select_related("parent", "department")

    def offered_to_guests(self):
        """Those that a guest may choose: what a topic asks or a department costs is answered by customers alone."""
        return self.offered().filter(for_guests=True, form_fields=None, department__surcharge="")


class Topic(models.Model):
    """What a ticket is about; nested, belongs to a department."""

    department = models.ForeignKey(Department, models.PROTECT, related_name="topics", verbose_name=_("department"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("below")
    )
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)
    for_guests = models.BooleanField(
        _("offered to guests"),
        default=True,
        help_text=_("Where guests may open tickets. One that asks something, or whose department costs, never is."),
    )

    objects = TopicQuerySet.as_manager()

    IMPERSONAL = {"name"}

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="topic_names_differ_below_one_parent"),
            models.UniqueConstraint(
                fields=["name"], name="topic_names_differ_at_the_top", condition=models.Q(parent=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent.name} / {self.name}" if self.parent_id else self.name

    def clean(self) -> None:
        """Two levels: a topic, and the topics below it."""
        if self.parent is not None and (self.parent == self or self.parent.parent_id or self.has_children()):
            raise ValidationError({"parent": _("Topics have two levels: choose one that is at the top.")})

    def has_children(self) -> bool:
        return self.pk is not None and self.children.exists()
