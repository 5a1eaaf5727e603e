"""From the error to the version that mends it: support says which one, its people hear of it and say if it works."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from mail.models import OutgoingMail
from portal.invariants import INVARIANTS, check
from portal.invariants.looking import Look
from releases.models import Release
from tests.factories import DeliveryFactory, ReleaseFactory, new_note, open_ticket, published, release_file
from tests.walls.test_wall_races import at_once
from tickets import tasks, timeline
from tickets.models import IllegalStep, Ticket
from tickets.status import Turn

pytestmark = pytest.mark.django_db


@pytest.fixture
def note():
    return new_note(ReleaseFactory(version="2026.12"), "La pantalla ya no se queda en blanco.")


def publish(note, *, at=None):
    note.release.publish(at=at or timezone.now(), tell=False)


def waiting_for(note, *authors, agent):
    tickets = [open_ticket(author) for author in authors]
    for ticket in tickets:
        ticket.schedule(by=agent, note=note)
    return tickets


def lines(ticket):
    ticket.refresh_from_db()
    return [entry.words for entry in timeline.of(ticket, now=timezone.now()).entries if entry.kind == "event"]


def broken():
    return [words for result in check(Look(timezone.now()), INVARIANTS[:3]) for words in result.told]


# --- support says which version solves it ---


def test_support_says_on_the_desk_which_note_solves_a_ticket(browse, agent, ana, note, mails):
    ticket = open_ticket(ana)
    old = new_note(published("2026.8", at=timezone.now() - timedelta(days=91)))
    desk, page = browse(agent), reverse("admin:tickets_ticket_change", args=[ticket.pk])
    mails.clear()
    choice = reverse("admin:tickets_ticket_version", args=[ticket.pk])
    assert choice in desk.get(page).content.decode()
    notes = desk.get(choice).context["form"].rows
    assert (note in notes, old in notes) == (True, False)

    desk.post(choice, {"note": note.pk})

    ticket.refresh_from_db()
    assert (ticket.release_note, ticket.status, ticket.turn) == (note, "scheduled", Turn.NOBODY)
    assert lines(ticket) == ["Incluido en la próxima versión"]
    assert mails() == set()
    assert "2026.12" not in browse(ana).get(ticket.get_absolute_url()).content.decode()


def test_the_solution_is_looked_for_by_its_words(browse, agent, ana, note):
    choice = reverse("admin:tickets_ticket_version", args=[open_ticket(ana).pk])
    other = new_note(note.release, "El informe mensual sale en orden.")

    found = [browse(agent).get(choice, {"q": words}).context["form"].rows for words in ("pantalla", "nada", "x" * 201)]

    assert found == [[note], [], [note, other]]


def test_choosing_a_solution_costs_the_same_with_many_notes(browse, agent, ana, note):
    desk, choice = browse(agent), reverse("admin:tickets_ticket_version", args=[open_ticket(ana).pk])
    numbers = []
    for count in (1, 30):
        for n in range(count):
            new_note(note.release, f"Cambio {n}")
        desk.get(choice)
        with CaptureQueriesContext(connection) as queries:
            assert "Esta lo resuelve" in desk.get(choice).content.decode()
        numbers.append(len(queries))

    assert numbers[0] == numbers[1]


def test_that_none_solves_it_any_more_brings_it_back_to_support(ana, agent, note):
    (ticket,) = waiting_for(note, ana, agent=agent)

    ticket.schedule(by=agent, note=None)

    assert (ticket.release_note, ticket.status, ticket.turn) == (None, "open", Turn.SUPPORT)


def test_a_resolved_ticket_waits_for_no_version(browse, ana, agent, note):
    ticket = open_ticket(ana)
    ticket.close(by=ana)

    with pytest.raises(IllegalStep):
        ticket.schedule(by=agent, note=note)
    answer = browse(agent).post(
        reverse("admin:tickets_ticket_version", args=[ticket.pk]), {"note": note.pk}, follow=True
    )
    assert "el ticket ha cambiado" in answer.content.decode()


# --- the version is out ---


def test_each_company_hears_that_its_own_ticket_is_solved(ana, carla, bruno, agent, note, mails):
    tickets = waiting_for(note, ana, carla, agent=agent)
    tickets[0].add_follower(by=ana, person=bruno)
    mails.clear()

    tasks.tell_of_releases()
    assert mails() == set()
    publish(note)
    tasks.tell_of_releases()
    tasks.tell_of_releases()

    assert mails() == {("ticket_available", person.email) for person in (ana, bruno, carla)}
    for ticket in tickets:
        ticket.refresh_from_db()
        assert (ticket.status, ticket.turn, ticket.asks_whether_solved) == ("waiting", Turn.COMPANY, True)
        assert lines(ticket)[-1] == "La versión 2026.12 está publicada y trae la solución"
    text = OutgoingMail.objects.get(address=carla.email).text
    assert "2026.12" in text and note.text in text and "IBA" not in text
    assert broken() == []


def test_who_may_update_reads_which_files_to_take(ana, bruno, agent):
    update = DeliveryFactory(version="2026.12")
    release_file(update, "servidor", name="servidor-2026.12.zip")
    (ticket,) = waiting_for(new_note(Release.objects.get(pk=update.pk)), ana, agent=agent)
    ticket.add_follower(by=ana, person=bruno)
    User.objects.filter(pk=bruno.pk).update(can_use_downloads=True)

    tasks.tell_of_releases()

    told = {mail.address: mail.text for mail in OutgoingMail.objects.filter(kind="ticket_available")}
    assert "servidor-2026.12.zip" in told[bruno.email] and "/descargas/2026.12/" in told[bruno.email]
    assert "servidor" not in told[ana.email]


def test_the_people_see_the_dot_the_alarm_and_the_question(browse, ana, agent, note):
    (ticket,) = waiting_for(note, ana, agent=agent)
    publish(note)
    tasks.tell_of_releases()

    assert Ticket.objects.alarming(ana).get() == ticket
    page = browse(ana).get(ticket.get_absolute_url()).content.decode()
    assert "¿Ha quedado resuelto?" in page and "Versión 2026.12" in page
    assert not Ticket.objects.alarming(ana).exists()


@pytest.mark.parametrize("area", ["releases", "downloads"])
def test_the_question_leads_to_the_note_and_the_files_where_those_areas_are_open(browse, ana, agent, note, area):
    (ticket,) = waiting_for(note, ana, agent=agent)
    publish(note)
    tasks.tell_of_releases()
    User.objects.filter(pk=ana.pk).update(**{f"can_use_{area}": True})

    _before, question = browse(ana).get(ticket.get_absolute_url()).content.decode().split('id="resuelto"')

    leads = (note.get_absolute_url() in question, f'href="{reverse("downloads:list")}"' in question)
    assert leads == (area == "releases", area == "downloads")


def test_what_is_published_for_a_later_moment_is_told_then(ana, agent, note):
    (ticket,) = waiting_for(note, ana, agent=agent)
    later = timezone.now() + timedelta(hours=2)
    publish(note, at=later)

    assert not ticket.make_available(at=later - timedelta(seconds=1))
    assert ticket.make_available(at=later)
    assert not ticket.make_available(at=later)


def test_an_internal_note_is_not_told(ana, agent, note):
    note.is_public = False
    note.save(update_fields=["is_public"])
    waiting_for(note, ana, agent=agent)
    publish(note)

    tasks.tell_of_releases()

    assert note.text not in OutgoingMail.objects.get(kind="ticket_available").text


def test_what_was_resolved_meanwhile_is_left_alone(ana, agent, note, mails):
    (ticket,) = waiting_for(note, ana, agent=agent)
    ticket.close(by=ana)
    publish(note)
    mails.clear()

    tasks.tell_of_releases()

    ticket.refresh_from_db()
    assert (ticket.status, ticket.available_at, mails()) == ("closed", None, set())


def test_a_ticket_that_is_tied_to_a_version_already_out_is_told_too(ana, agent, note):
    publish(note)
    (ticket,) = waiting_for(note, ana, agent=agent)

    tasks.tell_of_releases()

    ticket.refresh_from_db()
    assert ticket.asks_whether_solved


# --- the verdict ---


@pytest.fixture
def solved(ana, agent, note, mails):
    """A ticket whose version is out."""
    (ticket,) = waiting_for(note, ana, agent=agent)
    publish(note)
    tasks.tell_of_releases()
    ticket.refresh_from_db()
    mails.clear()
    return ticket


def test_yes_resolves_it(browse, ana, solved):
    browse(ana).post(reverse("thread:close", args=[solved.number]))

    solved.refresh_from_db()
    assert solved.status == "closed"


def test_no_is_an_answer_and_brings_it_back_to_support(ana, solved):
    solved.reply(by=ana, body="Sigue igual.")

    assert (solved.status, solved.turn, solved.asks_whether_solved) == ("open", Turn.SUPPORT, False)


def test_silence_resolves_it_after_fifteen_days(ana, solved, mails):
    end = solved.available_at + timedelta(days=15)

    assert not solved.close_without_verdict(at=end - timedelta(seconds=1))
    assert solved.close_without_verdict(at=end)

    assert (solved.status, solved.can_still_reopen()) == ("closed", True)
    assert lines(solved)[-1] == "Resuelto: en 15 días nadie ha dicho que no lo esté"
    assert mails() == {("ticket_closed_without_verdict", ana.email)}
    assert not solved.close_without_verdict(at=end)
    assert broken() == []


def test_a_conversation_that_goes_on_is_no_silence(agent, solved):
    end = solved.available_at + timedelta(days=15)
    solved.reply(by=agent, body="¿Ha podido instalarla?")

    assert solved.asks_whether_solved
    assert not solved.close_without_verdict(at=end)


def test_only_what_a_version_solved_is_closed_by_itself(ana, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="¿Qué versión usa?")

    assert not ticket.close_without_verdict(at=timezone.now() + timedelta(days=100))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_two_workers_tell_once(ana, agent, note, mails, monkeypatch, guarded):
    (ticket,) = waiting_for(note, ana, agent=agent)
    publish(note)
    mails.clear()
    if not guarded:
        monkeypatch.setattr(Ticket, "lock", lambda self: None)

    at_once(*[lambda: Ticket.objects.get(pk=ticket.pk).make_available(at=timezone.now())] * 2)

    told = OutgoingMail.objects.filter(kind="ticket_available").count()
    assert (told == 1) is guarded


# --- the news ---


@pytest.fixture
def readers(ana, carla, diego):
    """They may read the news."""
    for person in (ana, carla, diego):
        User.objects.filter(pk=person.pk).update(can_use_releases=True)


@pytest.mark.usefixtures("readers")
def test_each_company_finds_its_own_tickets_at_the_note(browse, ana, carla, agent, note):
    waiting_for(note, ana, carla, carla, agent=agent)
    publish(note)
    page = "/novedades/"

    pages = [browse(person).get(page).content.decode() for person in (ana, carla)]

    assert [text.count("su ticket #") for text in pages] == [1, 2]
    assert all(ticket.get_absolute_url() in pages[1] for ticket in Ticket.objects.filter(author=carla))
    one = browse(ana).get(note.release.get_absolute_url()).content.decode()
    assert one.count("su ticket #1") == 1


@pytest.mark.usefixtures("readers")
def test_one_sees_only_the_tickets_that_one_may_see(browse, ana, diego, agent, note):
    waiting_for(note, diego, agent=agent)
    publish(note)

    assert "su ticket" not in browse(ana).get("/novedades/").content.decode()


@pytest.mark.usefixtures("readers")
def test_what_we_asked_for_is_a_filter(browse, ana, carla, agent, note):
    other = new_note(note.release, "Se puede imprimir en A3.")
    waiting_for(note, ana, agent=agent)
    publish(note)

    page = browse(ana).get("/novedades/", {"pedidas": "1"}).content.decode()
    assert (note.text in page, other.text in page) == (True, False)
    assert "Todavía no se ha publicado nada" in browse(carla).get("/novedades/", {"pedidas": "1"}).content.decode()
