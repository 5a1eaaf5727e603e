"""What people of Talleres Ibarra asked their manager for that is no ticket: one waits, one was refused."""

from portal.demo.stage import Stage
from tickets.models import Request


def ask_for_hours(stage: Stage) -> None:
    body = "Para dar la formación de Vigilancia de la salud a las dos personas que entran en enero."
    stage.ask("amaia", "horas-de-formacion", subject="Horas de formación para enero", body=body, answers=["5 horas"])


def ask_for_an_end(stage: Stage) -> None:
    answers = ["El módulo de Coordinación (CAE)", "2026-12-31", "si", "Casi no lo usamos."]
    stage.ask("jon", "baja", subject="Baja del módulo de CAE", body="", answers=answers)


def refuse_the_end(stage: Stage) -> None:
    asked = Request.objects.get(subject="Baja del módulo de CAE")
    asked.refuse(by=stage.people["lucia"], reason="Lo necesitamos para las obras de primavera; lo vemos después.")


# When each was done, and what.
DEEDS = (("41d 10:20", ask_for_an_end), ("40d 09:00", refuse_the_end), ("1d 12:15", ask_for_hours))
