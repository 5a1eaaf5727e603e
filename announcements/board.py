"""How the service is at a moment, put together from its components and what is going on."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.cache import caches
from django.utils import timezone

from accounts.areas import is_there
from announcements.models import Incident, ServiceComponent
from announcements.models.service import LOOKS, Look

# Nobody plans or suffers more at once.
SHOWN = 20
# What goes on is said on pages where people write of it, and costs them no query; each process knows it for a while.
UNDER_WAY, UNDER_WAY_KEPT = "announcements:under_way", 30  # seconds
UNDER_WAY_SHOWN = 3

State = ServiceComponent.State


@dataclass(frozen=True, slots=True)
class Board:
    """`overall`: the worst state of a component, None without any."""

    components: list[ServiceComponent]
    going_on: list[Incident]
    planned: list[Incident]
    overall: str | None

    @property
    def look(self) -> Look | None:
        return LOOKS[State(self.overall)] if self.overall else None


def is_open_to(user) -> bool:
    """Whether the page of the service is there for this person or visitor."""
    return is_there("status") and (settings.STATUS_PUBLIC or user.is_authenticated)


def under_way(user) -> list[Incident]:
    """What goes on, newest first, for whoever may open the page of the service."""
    if not is_open_to(user):
        return []
    return caches["process"].get_or_set(UNDER_WAY, newest_under_way, UNDER_WAY_KEPT) or []


def newest_under_way() -> list[Incident]:
    return list(Incident.objects.going_on(at=timezone.now()).order_by("-starts_at", "-pk")[:UNDER_WAY_SHOWN])


def board(user, *, at: datetime) -> Board:
    """What maintenance holds is under maintenance while it lasts, unless it is worse."""
    incidents = Incident.objects.visible_to(user)
    going_on = list(incidents.going_on(at=at).in_full().order_by("-starts_at", "-pk")[:SHOWN])
    planned = list(incidents.planned(at=at).in_full()[:SHOWN])
    held = {part.pk for one in going_on if one.is_maintenance for part in one.components.all()}
    components = list(ServiceComponent.objects.visible_to(user))
    for component in components:
        if component.pk in held and component.state == State.OPERATIONAL:
            component.state = State.MAINTENANCE
    overall = max((component.state for component in components), key=lambda one: LOOKS[State(one)].weight, default=None)
    return Board(components, going_on, planned, overall)
