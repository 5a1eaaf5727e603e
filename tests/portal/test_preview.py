"""A manager sees menu and home as one of the company's people would have them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, User
from tests.factories import UserFactory, open_ticket
from tickets.models import ReadMark

pytestmark = pytest.mark.django_db


def url(person):
    return reverse("handover:preview", args=[person.public_id])


def seen(browser, person):
    answer = browser.get(url(person))
    assert answer.status_code == 200
    return answer


def test_menu_and_counters_are_those_of_the_person(browse, bruno, ana, agent):
    open_ticket(bruno)
    ticket = open_ticket(ana, subject="Lo de Ana")
    ticket.reply(by=agent, body="¿Y ahora?")

    answer = seen(browse(bruno), ana)

    assert [tile["count"] for tile in answer.context["panel"].tiles] == [0, 1, 1, 0]
    assert answer.context["panel"].unread == [ticket]
    assert "Lo de Ana" in answer.content.decode()


def test_what_is_closed_to_the_person_is_named(browse, bruno, ibarra):
    person = UserFactory(company=ibarra, can_use_tickets=False)

    answer = seen(browse(bruno), person)

    closed = [area.namespace for area in answer.context["closed"]]
    assert closed == ["tickets", "requests", "training", "webinars", "releases", "downloads"]
    assert "panel" not in answer.context


def test_a_manager_without_company_tickets_reads_no_subject(browse, ibarra, ana, agent):
    manager = UserFactory(company=ibarra, is_company_manager=True)
    open_ticket(ana, subject="Secreto de Ana").reply(by=agent, body="Secreto de soporte")

    text = seen(browse(manager), ana).content.decode()

    assert "Secreto" not in text
    assert "Sus asuntos solo los ve quien puede ver todos los tickets de la empresa." in text


def test_looking_reads_nothing_and_leaves_no_trace(browse, bruno, ana, agent):
    open_ticket(ana).reply(by=agent, body="Lo miramos.")
    before = list(User.objects.values())
    browser = browse(bruno)
    before = list(User.objects.values())

    seen(browser, ana)

    assert list(User.objects.values()) == before
    assert not ReadMark.objects.exists()
    assert not AuditEntry.objects.filter(kind__startswith="view_").exists()


def test_nothing_of_it_can_be_clicked(browse, bruno, ana, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="Lo miramos.")

    preview = seen(browse(bruno), ana).content.decode().split('class="as-seen"')[1].split("</main>")[0]

    assert "<a " not in preview and "<form" not in preview and "<button" not in preview


@pytest.mark.parametrize("state", ["no access", "deactivated"])
def test_for_whoever_does_not_enter_there_is_nothing_to_see(browse, bruno, ana, state):
    if state == "deactivated":
        ana.deactivate(by=bruno)
    else:
        ana.set_permissions(by=bruno, changes={"has_portal_access": False})

    answer = seen(browse(bruno), ana)

    assert not answer.context["enters"]
    assert "Esta persona no entra en el portal" in answer.content.decode()


def test_only_managers_look_and_only_at_their_own_people(browse, bruno, ana, carla, agent):
    assert browse(ana).get(url(bruno)).status_code == 403
    assert browse(bruno).get(url(carla)).status_code == 404
    assert browse(bruno).get(url(agent)).status_code == 404
    assert browse(bruno).get(reverse("handover:preview", args=["nadie"])).status_code == 404
    assert browse(bruno).post(url(ana)).status_code == 405


def test_a_preview_costs_the_same_with_many_tickets(browse, bruno, ana, agent):
    open_ticket(ana).reply(by=agent, body="Lo miramos.")
    browser = browse(bruno)
    seen(browser, ana)
    with CaptureQueriesContext(connection) as few:
        seen(browser, ana)
    for _ticket in range(30):
        open_ticket(ana).reply(by=agent, body="Lo miramos.")

    with CaptureQueriesContext(connection) as many:
        seen(browser, ana)

    assert len(many) == len(few)
