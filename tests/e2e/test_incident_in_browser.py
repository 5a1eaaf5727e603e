"""Two companies suffer from one incident: support ties their tickets to it, and what is said of it reaches both."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from mail.models import OutgoingMail
from tests.e2e.looks import DESKTOP, PHONE
from tests.e2e.steps import overflow
from tests.e2e.test_pages import grave_faults
from tests.factories import new_incident, open_ticket
from tickets import tasks

pytestmark = pytest.mark.e2e


def say(desk, incident, stage: str, text: str) -> None:
    """Support says what is known now, and the clock wakes the sweep."""
    desk.goto(reverse("admin:announcements_incident_novedad", args=[incident.pk]))
    desk.get_by_label("Fase").select_option(label=stage)
    desk.get_by_label("Lo que se debe saber").fill(text)
    desk.get_by_role("button", name="Publicar").click()
    expect(desk.get_by_text("Ya se lee en la página de estado del servicio")).to_be_visible()
    tasks.tell_of_incidents()


def test_two_companies_hear_of_their_incident_and_say_if_all_is_well(open_browser, ana, carla, agent, boss):
    incident = new_incident(title="Retrasos en la sincronización")
    hers, theirs = open_ticket(ana, subject="No llegan las inspecciones"), open_ticket(carla, subject="Móvil parado")

    desk = open_browser(agent, DESKTOP)
    desk.goto(reverse("admin:tickets_ticket_change", args=[hers.pk]))
    desk.get_by_label("Depende de").select_option(label="Retrasos en la sincronización")
    desk.locator("form", has=desk.get_by_label("Depende de")).get_by_role("button").click()
    expect(desk.get_by_text("Queda anotado de qué incidencia depende el ticket.")).to_be_visible()
    assert grave_faults(desk) == []
    desk.get_by_role("link", name="1 ticket depende de ella").click()
    desk.get_by_label("Vincular tickets").fill("nor-1")
    desk.get_by_role("button", name="Vincular").click()
    expect(desk.get_by_text("2 tickets dependen de ella")).to_be_visible()
    assert grave_faults(desk) == []
    assert not OutgoingMail.objects.filter(kind="ticket_incident_told").exists()

    page = open_browser(ana, DESKTOP)
    page.goto("/tickets/1/")
    details = page.locator("#datos")
    expect(details).to_contain_text("En investigación")
    news = open_browser(boss)
    say(news, incident, "Causa encontrada", "Un servidor se quedó **sin espacio**.")
    page.reload()
    expect(page.get_by_text("Un servidor se quedó sin espacio.")).to_be_visible()
    details.get_by_role("link", name="Retrasos en la sincronización").click()
    expect(page.get_by_role("heading", name="Retrasos en la sincronización")).to_be_visible()

    say(news, incident, "Resuelta", "Todo lo pendiente ha llegado.")
    told = OutgoingMail.objects.filter(kind="ticket_incident_told").order_by("pk")
    assert sorted(told.values_list("address", flat=True)) == sorted([ana.email, carla.email] * 2)

    page.goto("/tickets/1/")
    assert (grave_faults(page), overflow(page)) == ([], 0)
    page.get_by_role("button", name="Sí, está resuelto").click()
    expect(page.get_by_role("heading", name="¿Ha quedado resuelto?")).to_have_count(0)

    phone = open_browser(carla, PHONE)
    phone.goto("/tickets/1/")
    assert (grave_faults(phone), overflow(phone)) == ([], 0)
    phone.get_by_role("link", name="No, cuento qué ocurre").click()
    phone.get_by_label("Su respuesta").fill("Las mías siguen sin llegar.")
    phone.get_by_role("button", name="Responder").click()
    expect(phone.get_by_role("article").last).to_contain_text("Las mías siguen sin llegar.")

    hers.refresh_from_db()
    theirs.refresh_from_db()
    assert (hers.status, theirs.status) == ("closed", "open")
