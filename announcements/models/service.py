from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from accounts.models.user import random_id
from text import rendering

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# So far back the page of the service looks.
HISTORY = timedelta(days=90)
NEWEST_FIRST = ("-starts_at", "-public_id")
TOP_HEADING = 4


class ServiceComponentQuerySet(models.QuerySet["ServiceComponent"]):
    def visible_to(self, user):
        """Whoever may open the page of the service sees them all."""
        return self.all()


class ServiceComponent(models.Model):
    """A part of what the vendor runs, and how it is at the moment."""

    class State(models.TextChoices):
        OPERATIONAL = "operational", pgettext_lazy("service", "Working")
        MAINTENANCE = "maintenance", pgettext_lazy("service", "Under maintenance")
        DEGRADED = "degraded", pgettext_lazy("service", "Degraded")
        OUTAGE = "outage", pgettext_lazy("service", "Out of service")

    name = models.CharField(_("name"), max_length=80, unique=True)
    text = models.CharField(_("what it is"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPERATIONAL)
    position = models.PositiveIntegerField(_("position"), default=0)

    objects = ServiceComponentQuerySet.as_manager()

    IMPERSONAL = {"name", "text"}

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("component of the service")
        verbose_name_plural = _("components of the service")

    def __str__(self) -> str:
        return self.name

    @property
    def look(self) -> "Look":
        return LOOKS[self.State(self.state)]


@dataclass(frozen=True, slots=True)
class Look:
    """How a state of a component is shown: a colour, an icon, and always its word; the worse the heavier."""

    state: str
    icon: str
    word: "str | Promise | _StrPromise"
    weight: int


State = ServiceComponent.State
LOOKS = {
    State.OPERATIONAL: Look("closed", "check-circle", State.OPERATIONAL.label, 0),
    State.MAINTENANCE: Look("scheduled", "wrench-screwdriver", State.MAINTENANCE.label, 1),
    State.DEGRADED: Look("waiting", "exclamation-triangle", State.DEGRADED.label, 2),
    State.OUTAGE: Look("alert", "x-circle", State.OUTAGE.label, 3),
}


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user):
        """Whoever may open the page of the service sees them all."""
        return self.all()

    def going_on(self, *, at: datetime):
        """Incidents that are not resolved, and maintenance under way."""
        return self.filter(starts_at__lte=at, ended_at=None).filter(
            Q(kind=Incident.Kind.INCIDENT) | Q(planned_until__gt=at)
        )

    def planned(self, *, at: datetime):
        """Maintenance to come, the next one first."""
        return self.filter(kind=Incident.Kind.MAINTENANCE, starts_at__gt=at, ended_at=None).order_by("starts_at", "pk")

    def not_over(self, *, at: datetime):
        """What goes on or is planned: what something else may still depend on."""
        return self.filter(ended_at=None).filter(Q(planned_until=None) | Q(planned_until__gt=at))

    def past(self, *, at: datetime):
        """What is over, of the last ninety days."""
        over = Q(ended_at__isnull=False) | Q(planned_until__lte=at)
        return self.filter(over, starts_at__gt=at - HISTORY)

    def in_full(self):
        """With the updates of each, newest first, and its components."""
        return self.prefetch_related("updates", "components")

    @transaction.atomic
    def open(
        self,
        *,
        by: User,
        title: str,
        text: str,
        at: datetime,
        components: Iterable[ServiceComponent] = (),
        component_state: str = "",
        stage: str = "investigating",
    ) -> "Incident":
        """Something fails: people read the first words about it from now on."""
        row = self.create(title=title, kind=Incident.Kind.INCIDENT, stage=stage, starts_at=at)
        row.components.set(components)
        row.update(by=by, stage=stage, text=text, component_state=component_state, at=at)
        return row

    @transaction.atomic
    def plan(
        self,
        *,
        by: User,
        title: str,
        text: str,
        starts_at: datetime,
        until: datetime,
        at: datetime,
        components: Iterable[ServiceComponent] = (),
    ) -> "Incident":
        """Maintenance at a time to come; while it lasts its components are shown as under maintenance."""
        times = {"starts_at": starts_at, "planned_until": until}
        row = self.create(title=title, kind=Incident.Kind.MAINTENANCE, stage=Incident.Stage.PLANNED, **times)
        row.components.set(components)
        row.update(by=by, stage=Incident.Stage.PLANNED, text=text, at=at)
        return row


class Incident(models.Model):
    """A failure of the service, or maintenance, with dated updates. Other apps find the new ones by their number."""

    class Kind(models.TextChoices):
        INCIDENT = "incident", pgettext_lazy("service", "Incident")
        MAINTENANCE = "maintenance", pgettext_lazy("service", "Planned maintenance")

    class Stage(models.TextChoices):
        INVESTIGATING = "investigating", pgettext_lazy("incident", "Being investigated")
        IDENTIFIED = "identified", pgettext_lazy("incident", "Cause found")
        MONITORING = "monitoring", pgettext_lazy("incident", "Being watched")
        RESOLVED = "resolved", pgettext_lazy("incident", "Resolved")
        PLANNED = "planned", pgettext_lazy("maintenance", "Planned")
        UNDER_WAY = "under_way", pgettext_lazy("maintenance", "Under way")
        COMPLETED = "completed", pgettext_lazy("maintenance", "Completed")
        CANCELLED = "cancelled", pgettext_lazy("maintenance", "Cancelled")

    public_id = models.CharField(max_length=16, unique=True, default=random_id, editable=False)
    title = models.CharField(_("title"), max_length=150)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.INCIDENT, editable=False)
    stage = models.CharField(_("stage"), max_length=14, choices=Stage.choices, editable=False)
    components = models.ManyToManyField(
        ServiceComponent, blank=True, verbose_name=_("components"), related_name="incidents"
    )
    starts_at = models.DateTimeField(_("begins"))
    planned_until = models.DateTimeField(_("planned until"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    objects = IncidentQuerySet.as_manager()

    IMPERSONAL = {"public_id", "title"}

    class Meta:
        ordering = NEWEST_FIRST
        verbose_name = _("incident or maintenance")
        verbose_name_plural = _("incidents and maintenance")
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="maintenance") | Q(planned_until__isnull=False, planned_until__gt=F("starts_at")),
                name="maintenance_ends_after_it_begins",
                violation_error_message=_("It would end before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["resolved", "completed", "cancelled"], ended_at__isnull=False)
                | (~Q(stage__in=["resolved", "completed", "cancelled"]) & Q(ended_at=None)),
                name="an_incident_has_ended_when_it_says_so",
            ),
        ]
        indexes = [
            models.Index(fields=NEWEST_FIRST, name="incidents_by_day"),
            models.Index(fields=["starts_at"], name="incidents_going_on", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("status:incident", args=[self.public_id])

    # --- questions ---

    @property
    def is_maintenance(self) -> bool:
        return self.kind == self.Kind.MAINTENANCE

    @property
    def look(self) -> str:
        """The colour of its stage; the word stands beside it."""
        return STAGE_LOOKS[self.Stage(self.stage)]

    def stages(self) -> list[str]:
        """What an update may say of it."""
        return list(STAGES[self.Kind(self.kind)])

    def is_over(self, *, at: datetime) -> bool:
        return self.ended_at is not None or (self.planned_until is not None and self.planned_until <= at)

    # --- verbs ---

    @transaction.atomic
    def update(self, *, by: User, stage: str, text: str, at: datetime, component_state: str = "") -> "IncidentUpdate":
        """Say what is known now. `component_state` becomes that of its components; without it, a resolved incident puts
        those back to work that no other one holds. Raises ValidationError for a stage that is not of its kind."""
        if stage not in self.stages():
            raise ValidationError(_("This is not said of it."), code="stage")
        ended_at = at if stage in ENDS else None
        Incident.objects.filter(pk=self.pk).update(stage=stage, ended_at=ended_at)
        self.stage, self.ended_at = stage, ended_at
        if component_state:
            ServiceComponent.objects.filter(incidents=self).update(state=component_state)
        elif stage == self.Stage.RESOLVED:
            others = Incident.objects.exclude(pk=self.pk).filter(kind=self.Kind.INCIDENT, ended_at=None)
            mended = ServiceComponent.objects.filter(incidents=self).exclude(incidents__in=others)
            mended.update(state=ServiceComponent.State.OPERATIONAL)
        html, version = rendering.article_html(text, top=TOP_HEADING), rendering.RENDERER_VERSION
        return self.updates.create(stage=stage, text=text, html=html, html_version=version, author=by, at=at)


# It is done; what was cancelled has ended too.
MENDED = frozenset({Incident.Stage.RESOLVED, Incident.Stage.COMPLETED})
ENDS = MENDED | {Incident.Stage.CANCELLED}
STAGES = {
    Incident.Kind.INCIDENT: (
        Incident.Stage.INVESTIGATING, Incident.Stage.IDENTIFIED, Incident.Stage.MONITORING, Incident.Stage.RESOLVED,
    ),
    Incident.Kind.MAINTENANCE: (
        Incident.Stage.PLANNED, Incident.Stage.UNDER_WAY, Incident.Stage.COMPLETED, Incident.Stage.CANCELLED,
    ),
}  # fmt: skip
STAGE_LOOKS = {
    Incident.Stage.INVESTIGATING: "alert",
    Incident.Stage.IDENTIFIED: "waiting",
    Incident.Stage.MONITORING: "open",
    Incident.Stage.RESOLVED: "closed",
    Incident.Stage.PLANNED: "scheduled",
    Incident.Stage.UNDER_WAY: "waiting",
    Incident.Stage.COMPLETED: "closed",
    Incident.Stage.CANCELLED: "scheduled",
}


class IncidentUpdate(models.Model):
    """What was known of an incident at a moment."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="updates")
    stage = models.CharField(_("stage"), max_length=14, choices=Incident.Stage.choices)
    text = models.TextField(_("text"), max_length=10_000)
    html = models.TextField(editable=False)
    html_version = models.PositiveSmallIntegerField(editable=False, default=0)
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("when"))

    IMPERSONAL = {"text", "html"}

    class Meta:
        ordering = ["-at", "-pk"]
        default_permissions = ()
        verbose_name = _("update of an incident")
        verbose_name_plural = _("updates of incidents")

    def __str__(self) -> str:
        return f"{self.incident} · {self.get_stage_display()}"

    @property
    def says_it_is_mended(self) -> bool:
        return self.stage in MENDED

    @property
    def look(self) -> str:
        return STAGE_LOOKS[Incident.Stage(self.stage)]
