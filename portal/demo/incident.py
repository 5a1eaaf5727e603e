"""A morning on which the service failed, and what was said of it to the tickets that the stories tie to it."""

from django.utils import timezone

from announcements.models import Incident, ServiceComponent
from portal.demo.stage import Stage
from tickets.models import Ticket

TITLE = "Retrasos en la sincronización móvil"


def begin(stage: Stage) -> None:
    words = "Algunas inspecciones hechas desde el móvil no llegan al programa. Quedan guardadas en el teléfono."
    Incident.objects.open(
        by=stage.people["olga"], title=TITLE, text=words, at=timezone.now(),
        components=ServiceComponent.objects.filter(name="Sincronización móvil"),
        component_state=ServiceComponent.State.DEGRADED,
    )  # fmt: skip


def find_the_cause(stage: Stage) -> None:
    say(stage, "identified", "Un servidor se ha quedado sin espacio. Lo estamos ampliando.")


def watch(stage: Stage) -> None:
    say(stage, "monitoring", "Las inspecciones pendientes se están enviando; no hay que repetir nada.")


def end(stage: Stage) -> None:
    say(stage, "resolved", "Todo lo pendiente ha llegado. Vigilaremos el espacio para que no se repita.")


def say(stage: Stage, phase: str, text: str) -> None:
    incident = Incident.objects.get(title=TITLE)
    incident.update(by=stage.people["olga"], stage=phase, text=text, at=timezone.now())
    for ticket in Ticket.objects.with_news_of_incident():
        ticket.hear_of_incident()


# When each was said.
DEEDS = (("1d 09:20", begin), ("1d 09:55", find_the_cause), ("1d 10:50", watch), ("1d 11:35", end))
