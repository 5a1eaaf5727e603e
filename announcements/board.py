"""How the service is at a moment, put together from its components and what is going on."""

from dataclasses import dataclass
from datetime import datetime

from announcements.models import Incident, ServiceComponent
from announcements.models.service import LOOKS, Look

# Nobody plans or suffers more at once.
SHOWN = 20

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
