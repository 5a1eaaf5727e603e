from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tickets.models.ticket import Ticket


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, user):
        return self.filter(ticket__in=Ticket.objects.visible_to(user))


class Event(models.Model):
    """A line of a ticket's timeline. `data` holds what the words need: old and new status, a name."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("opened")
        MOVED = "moved", _("changed the status")
        ASSIGNED = "assigned", _("assigned")
        UNASSIGNED = "unassigned", _("unassigned")
        PRIORITISED = "prioritised", _("changed the priority")
        FOLLOWER_ADDED = "follower_added", _("put in copy")
        FOLLOWER_REMOVED = "follower_removed", _("took out of copy")
        IMPORTED = "imported", _("imported")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["ticket", "created_at"], name="timeline_of_ticket")]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind}"
