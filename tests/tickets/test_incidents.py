"""Tickets that depend on an incident: what is said of it reaches them; at its end their people say if all is well."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from announcements.models import Incident
from mail.models import OutgoingMail
from portal.invariants import INVARIANTS, check
from portal.invariants.looking import Look
from tests.factories import StaffFactory, new_incident, open_ticket
from tests.walls.test_wall_races import at_once
from tickets import tasks, timeline
from tickets.models import IllegalStep, Ticket
from tickets.status import Turn

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return new_incident(title="Retrasos en el envío")


def linked(incident, *authors, agent):
    tickets = [open_ticket(author) for author in authors]
    for ticket in tickets:
        ticket.link(by=agent, incident=incident)
    return tickets


def say(incident, stage="identified", text="Es el **disco**."):
    return incident.update(by=StaffFactory(), stage=stage, text=text, at=timezone.now())


def lines(ticket):
    ticket.refresh_from_db()
    return [entry.words for entry in timeline.of(ticket, now=timezone.now()).entries if entry.kind == "event"]


def broken():
    return [words for result in check(Look(timezone.now()), INVARIANTS[:3]) for words in result.told]


# --- support links them ---


def test_support_links_a_ticket_on_its_page(browse, agent, ana, incident, mails):
    ticket = open_ticket(ana)
    over = new_incident(title="Otra")
    say(over, "resolved")
    desk, page = browse(agent), reverse("admin:tickets_ticket_change", args=[ticket.pk])
    mails.clear()
    offered = desk.get(page).context["link_form"].fields["incident"].queryset
    assert list(offered) == [incident]

    desk.post(reverse("admin:tickets_ticket_incidencia", args=[ticket.pk]), {"incident": incident.pk})
    tasks.tell_of_incidents()

    ticket.refresh_from_db()
    assert (ticket.incident, ticket.status, ticket.answered_at) == (incident, "open", None)
    assert lines(ticket)[0] == "Depende de la incidencia «Retrasos en el envío» · En investigación"
    assert mails() == set()
    assert "1 ticket depende de ella" in desk.get(page).content.decode()
    assert broken() == []


def test_support_links_many_from_the_incident(browse, agent, ana, carla, incident):
    tickets = [open_ticket(ana), open_ticket(carla), open_ticket(carla)]
    page = reverse("admin:announcements_incident_tickets", args=[incident.pk])
    desk = browse(agent)

    desk.post(page, {"references": "iba-1,  NOR-1\n#nor-2 NOR-2"})

    assert set(incident.tickets.all()) == set(tickets)
    shown = desk.get(page).content.decode()
    assert "3 tickets dependen de ella" in shown and "NOR-2" in shown
    assert [row.ticket_count for row in desk.get("/admin/announcements/incident/").context["cl"].result_list] == [3]
    assert "(3)" in desk.get(f"/admin/announcements/incident/{incident.pk}/change/").content.decode()


@pytest.mark.parametrize(
    "references",
    ["", "IBA-1 NOR-9", "IBA", "1", "IBA-1; DROP TABLE", "\0IBA-1", "IBA-" + "9" * 40, "IBA-٣", "x" * 2_001,
     " ".join(f"IBA-{n}" for n in range(101)), "' OR 1=1 --"],
)  # fmt: skip
def test_references_that_are_none_link_nothing(browse, agent, ana, incident, references):
    open_ticket(ana)
    page = reverse("admin:announcements_incident_tickets", args=[incident.pk])

    answer = browse(agent).post(page, {"references": references})

    assert (answer.status_code, bool(answer.context["form"].errors)) == (200, True)
    assert not incident.tickets.exists()


def test_one_that_cannot_be_linked_leaves_all_as_they_are(browse, agent, ana, incident):
    open_ticket(ana)
    open_ticket(ana).close(by=ana)

    page = reverse("admin:announcements_incident_tickets", args=[incident.pk])
    answer = browse(agent).post(page, {"references": "IBA-1 IBA-2"}, follow=True)

    assert "el ticket ha cambiado" in answer.content.decode()
    assert not incident.tickets.exists()


@pytest.mark.parametrize("wrong", ["abc", "1,2,x", "\0", "9" * 30, "-1", "987654"])
def test_hostile_incidents_are_refused_in_words(browse, agent, ana, incident, wrong):
    ticket = open_ticket(ana)
    address = reverse("admin:tickets_ticket_incidencia", args=[ticket.pk])

    answer = browse(agent).post(address, {"incident": wrong}, follow=True)

    assert (answer.status_code, len(answer.context["messages"])) == (200, 1)
    ticket.refresh_from_db()
    assert ticket.incident is None


def test_what_is_over_holds_no_ticket(ana, agent, incident):
    ticket = open_ticket(ana)
    say(incident, "resolved")
    with pytest.raises(IllegalStep):
        ticket.link(by=agent, incident=incident)
    ticket.close(by=ana)
    with pytest.raises(IllegalStep):
        ticket.link(by=agent, incident=new_incident())


def test_unlinked_it_hears_no_more(ana, agent, incident, mails):
    (ticket,) = linked(incident, ana, agent=agent)
    ticket.link(by=agent, incident=None)
    mails.clear()
    say(incident)

    tasks.tell_of_incidents()

    assert (lines(ticket)[-1], mails()) == ("Ya no depende de la incidencia «Retrasos en el envío»", set())


def test_linked_again_it_hears_what_comes_then(ana, agent, incident, mails):
    (ticket,) = linked(incident, ana, agent=agent)
    say(incident)
    tasks.tell_of_incidents()
    ticket.link(by=agent, incident=None)
    ticket.link(by=agent, incident=incident)
    mails.clear()

    tasks.tell_of_incidents()
    assert mails() == set()
    say(incident, "monitoring")
    tasks.tell_of_incidents()
    assert mails() == {("ticket_incident_told", ana.email)}


# --- what is said reaches them ---


def test_each_company_hears_what_is_said_once(browse, ana, bruno, carla, agent, incident, mails):
    tickets = linked(incident, ana, carla, agent=agent)
    tickets[0].add_follower(by=ana, person=bruno)
    other = open_ticket(carla)
    mails.clear()
    say(incident)

    tasks.tell_of_incidents()
    tasks.tell_of_incidents()

    assert mails() == {("ticket_incident_told", person.email) for person in (ana, bruno, carla)}
    for ticket in tickets:
        assert lines(ticket)[-1] == "Incidencia «Retrasos en el envío» · Causa encontrada"
        assert (ticket.status, ticket.turn) == ("open", Turn.SUPPORT)
    assert lines(other) == []
    text = OutgoingMail.objects.get(address=carla.email).text
    assert "Causa encontrada: Es el disco." in text and "IBA" not in text and "damos por resuelto" not in text
    assert Ticket.objects.alarming(ana).get() == tickets[0]
    page = browse(ana).get(tickets[0].get_absolute_url()).content.decode()
    assert "Es el <strong>disco</strong>." in page
    assert not Ticket.objects.alarming(ana).exists()
    assert broken() == []


def test_what_piled_up_is_one_mail_with_each_of_it(ana, agent, incident, mails):
    (ticket,) = linked(incident, ana, agent=agent)
    mails.clear()
    say(incident, "identified", "Primero.")
    say(incident, "monitoring", "Segundo.")

    tasks.tell_of_incidents()

    assert mails() == {("ticket_incident_told", ana.email)}
    text = OutgoingMail.objects.get(kind="ticket_incident_told").text
    assert text.index("Primero.") < text.index("Segundo.")
    assert [line.split(" · ")[1] for line in lines(ticket)[-2:]] == ["Causa encontrada", "En observación"]


def test_a_run_that_dies_goes_on_where_it_was(ana, carla, agent, incident, mails, monkeypatch):
    tickets = linked(incident, ana, carla, agent=agent)
    mails.clear()
    say(incident)

    monkeypatch.setattr(tasks, "TOLD_AT_ONCE", 1)
    tasks.tell_of_incidents()
    assert mails() == {("ticket_incident_told", ana.email)}
    tasks.tell_of_incidents()
    tasks.tell_of_incidents()

    assert mails() == {("ticket_incident_told", person.email) for person in (ana, carla)}
    assert [len(lines(ticket)) for ticket in tickets] == [3, 3]


def test_what_was_resolved_meanwhile_is_left_alone(ana, agent, incident, mails):
    (ticket,) = linked(incident, ana, agent=agent)
    ticket.close(by=ana)
    mails.clear()
    say(incident, "resolved")

    tasks.tell_of_incidents()

    ticket.refresh_from_db()
    assert (ticket.status, ticket.mended_at, mails()) == ("closed", None, set())


def test_the_database_refuses_to_tell_twice(ana, agent, incident):
    (ticket,) = linked(incident, ana, agent=agent)
    update = say(incident)
    ticket.hear_of_incident()

    with pytest.raises(IntegrityError), transaction.atomic():
        ticket.record_update("incident_told", update, by=None, at=timezone.now())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_two_workers_tell_once(ana, agent, incident, mails, monkeypatch, guarded):
    """Without the lock the second one would write what the database refuses: it fails instead of doing nothing."""
    (ticket,) = linked(incident, ana, agent=agent)
    say(incident)
    mails.clear()
    if not guarded:
        monkeypatch.setattr(Ticket, "lock", lambda self: None)

    outcomes = at_once(*[lambda: Ticket.objects.get(pk=ticket.pk).hear_of_incident()] * 2)

    assert OutgoingMail.objects.filter(kind="ticket_incident_told").count() == 1
    assert (sorted(map(str, outcomes)) == ["False", "True"]) is guarded


# --- its end ---


@pytest.fixture
def mended(ana, agent, incident, mails):
    """A ticket whose incident is resolved."""
    (ticket,) = linked(incident, ana, agent=agent)
    say(incident, "resolved", "Disco nuevo.")
    tasks.tell_of_incidents()
    ticket.refresh_from_db()
    return ticket


def test_its_end_asks_whether_all_is_well(browse, ana, mended):
    assert (mended.status, mended.turn, mended.asks_whether_solved) == ("waiting", Turn.COMPANY, True)
    page = browse(ana).get(mended.get_absolute_url()).content.decode()
    assert "¿Ha quedado resuelto?" in page and "La incidencia «Retrasos en el envío» está resuelta" in page
    text = OutgoingMail.objects.get(kind="ticket_incident_told").text
    assert "Disco nuevo." in text and "en 15 días" in text
    assert broken() == []


def test_yes_resolves_it(browse, ana, mended):
    browse(ana).post(reverse("thread:close", args=[mended.number]))

    mended.refresh_from_db()
    assert mended.status == "closed"


def test_no_is_an_answer_and_brings_it_back_to_support(ana, mended):
    mended.reply(by=ana, body="Sigue igual.")

    assert (mended.status, mended.turn, mended.asks_whether_solved) == ("open", Turn.SUPPORT, False)


def test_silence_resolves_it_after_fifteen_days(ana, mended, mails):
    mails.clear()
    end = mended.mended_at + timedelta(days=15)

    assert not mended.close_without_verdict(at=end - timedelta(seconds=1))
    assert mended.close_without_verdict(at=end)

    assert mails() == {("ticket_closed_without_verdict", ana.email)}
    assert "Retrasos en el envío" in OutgoingMail.objects.get(kind="ticket_closed_without_verdict").text
    assert broken() == []


def test_one_that_had_waited_long_gets_its_fifteen_days_too(ana, agent, incident):
    (ticket,) = linked(incident, ana, agent=agent)
    ticket.reply(by=agent, body="¿Qué ve?")
    long_ago = timezone.now() - timedelta(days=20)
    Ticket.objects.filter(pk=ticket.pk).update(turn_since=long_ago, last_message_at=long_ago)
    say(incident, "resolved")
    tasks.tell_of_incidents()

    ticket.refresh_from_db()
    assert ticket.asks_whether_solved
    assert not ticket.close_without_verdict(at=timezone.now())


def test_what_comes_back_asks_no_more(ana, incident, mended):
    say(incident, "investigating", "Otra vez.")
    tasks.tell_of_incidents()

    mended.refresh_from_db()
    assert (mended.status, mended.turn, mended.mended_at) == ("open", Turn.SUPPORT, None)
    assert broken() == []


def test_one_that_waits_for_a_version_goes_on_waiting(ana, agent, incident):
    (ticket,) = linked(incident, ana, agent=agent)
    ticket.set_status("scheduled", by=agent)
    say(incident, "resolved")
    tasks.tell_of_incidents()

    ticket.refresh_from_db()
    assert (ticket.status, ticket.asks_whether_solved) == ("scheduled", False)
    assert broken() == []


def test_maintenance_that_was_done_asks_and_one_that_was_cancelled_does_not(ana, carla, agent):
    now, tickets = timezone.now(), []
    for author, end in ((ana, "completed"), (carla, "cancelled")):
        times = {"starts_at": now, "until": now + timedelta(hours=1), "at": now}
        planned = Incident.objects.plan(by=agent, title="Cambio", text="Una hora.", **times)
        tickets += linked(planned, author, agent=agent)
        say(planned, end)
    tasks.tell_of_incidents()

    for ticket in tickets:
        ticket.refresh_from_db()
    assert [ticket.asks_whether_solved for ticket in tickets] == [True, False]


# --- its page ---


def test_the_page_names_the_incident_and_leads_to_it(browse, ana, agent, incident):
    (ticket,) = linked(incident, ana, agent=agent)

    page = browse(ana).get(ticket.get_absolute_url()).content.decode()

    facts = page.split('id="datos"')[1]
    assert "Retrasos en el envío" in facts and "En investigación" in facts
    assert f'href="{incident.get_absolute_url()}"' in facts


def test_it_leads_nowhere_for_whom_the_page_of_the_service_is_closed(browse, ana, agent, incident, monkeypatch):
    (ticket,) = linked(incident, ana, agent=agent)
    monkeypatch.setattr("accounts.areas.AREAS", ())

    facts = browse(ana).get(ticket.get_absolute_url()).content.decode().split('id="datos"')[1]

    assert "Retrasos en el envío" in facts and incident.get_absolute_url() not in facts


def test_an_incident_costs_the_page_one_query(browse, ana, agent, incident):
    ticket, page = open_ticket(ana), browse(ana)
    numbers = []
    for link in (None, incident):
        ticket.link(by=agent, incident=link)
        page.get(ticket.get_absolute_url())
        with CaptureQueriesContext(connection) as queries:
            shown = page.get(ticket.get_absolute_url()).content.decode()
        numbers.append(len(queries))

    assert "Retrasos en el envío" in shown
    assert numbers[1] == numbers[0] + 1 <= 8


def test_an_open_page_hears_it_live(browse, ana, agent, incident):
    (ticket,) = linked(incident, ana, agent=agent)
    ticket.refresh_from_db()
    page, since = browse(ana), ticket.version
    say(incident, "resolved")
    tasks.tell_of_incidents()

    news = page.get(reverse("thread:changes", args=[ticket.number, since])).content.decode()

    assert "Es el <strong>disco</strong>." in news and "¿Ha quedado resuelto?" in news


def test_paper_has_what_was_said(browse, ana, agent, incident):
    linked(incident, ana, agent=agent)
    say(incident)
    tasks.tell_of_incidents()

    assert "Es el <strong>disco</strong>." in browse(ana).get(reverse("thread:print", args=[1])).content.decode()


def test_its_page_on_the_desk_costs_the_same_with_many_tickets(browse, agent, ana, incident):
    desk, page = browse(agent), reverse("admin:announcements_incident_tickets", args=[incident.pk])
    numbers = []
    for count in (1, 20):
        linked(incident, *[ana] * count, agent=agent)
        desk.get(page)
        with CaptureQueriesContext(connection) as queries:
            assert "IBA-1" in desk.get(page).content.decode()
        numbers.append(len(queries))

    assert numbers[0] == numbers[1]
