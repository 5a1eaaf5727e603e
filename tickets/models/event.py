from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Company
from announcements.models import IncidentUpdate
from text.personal import Traces
from tickets.models.ticket import Ticket


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user):
        return self.filter(ticket__in=Ticket.objects.visible_to(user))

    def rename(self, traces: Traces, *, company: Company | None, name: str) -> None:
        """Lines that speak of the person call them `name`. Older lines hold no number: they are found by an address,
        or by what the person is called now, in their company."""
        of_that_name = Q(data__name__in=traces.names, **({"ticket__company": company} if company else {}))
        unnumbered = Q(data__person__isnull=True) & (Q(data__name__in=traces.emails) | of_that_name)
        for line in self.filter(Q(data__person__in=traces.ids) | unnumbered):
            line.data["name"] = name
            line.save(update_fields=["data"])


class Event(models.Model):
    """A line of a ticket's timeline. `data` holds what the words need: old and new status, a name and whose it is.
    `incident_update` is what its incident was said to be then."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("opened")
        MOVED = "moved", _("changed the status")
        ASSIGNED = "assigned", _("assigned")
        UNASSIGNED = "unassigned", _("unassigned")
        PRIORITISED = "prioritised", _("changed the priority")
        FOLLOWER_ADDED = "follower_added", _("put in copy")
        FOLLOWER_REMOVED = "follower_removed", _("took out of copy")
        IMPORTED = "imported", _("imported")
        QUARANTINED = "quarantined", _("put in quarantine")
        AVAILABLE = "available", _("available in a release")
        APPROVED = "approved", _("approved")
        CHARGED = "charged", _("charged the surcharge")
        ADOPTED = "adopted", _("taken into the company")
        NOT_CHARGED = "not_charged", _("did not charge the surcharge")
        LINKED = "linked", _("linked to an incident")
        UNLINKED = "unlinked", _("unlinked from its incident")
        INCIDENT_TOLD = "incident_told", _("heard of its incident")

    # Kinds that move the ticket: `data` holds the old status and the new one.
    STEPS = (Kind.MOVED, Kind.AVAILABLE, Kind.INCIDENT_TOLD)
    # Kinds that its people read as an answer by support.
    ANSWERS = (Kind.AVAILABLE, Kind.INCIDENT_TOLD)

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    data = models.JSONField(default=dict)
    incident_update = models.ForeignKey(IncidentUpdate, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = EventQuerySet.as_manager()

    PERSONAL = {"data"}
    WHOSE: dict[str, str] = {}  # a name in the middle of a sentence: `rename`

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["ticket", "created_at"], name="timeline_of_ticket")]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "incident_update"],
                name="a_ticket_hears_once_of_an_update",
                condition=Q(kind="incident_told"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind}"
