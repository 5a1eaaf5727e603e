"""A guest who has an account now takes the tickets into the company, once (decision 74)."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mail.models import OutgoingMail
from portal.invariants import Look
from portal.invariants.tickets import tickets_are_complete
from portal.privacy import erasure
from tests.factories import UserFactory, open_ticket, unverified_guest
from tests.tickets.guest_steps import ADOPT, LOOKUP, found_by, link_in, mailed, opened, page_of
from tests.walls.test_wall_races import at_once
from tickets.models import Guest, Message, Ticket
from tickets.models.guest import GuestQuerySet, NoLongerWaits
from tickets.models.searching import found
from tickets.tasks import tidy_guests

pytestmark = pytest.mark.django_db

OFFER = "abierto como invitado con este correo"


@pytest.fixture(autouse=True)
def guests_may(settings):
    settings.GUESTS = True


@pytest.fixture
def jon(ibarra):
    """Of Ibarra since yesterday; a mailed link has shown that the address is his."""
    person = UserFactory(company=ibarra, first_name="Jon", last_name="Vidal Ruiz", email="jon@fuera.example")
    person.prove_email()
    return person


def words(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_portal_offers_what_was_opened_as_a_guest(browse, jon, ana):
    opened(browse())

    for path in ("/tickets/", "/inicio/"):
        assert f"Tiene 1 ticket {OFFER}" in words(browse(jon).get(path))
        assert OFFER not in words(browse(ana).get(path))
    assert "No imprime" in words(browse(jon).get(ADOPT))
    assert "No imprime" not in words(browse(ana).get(ADOPT))


def test_nothing_is_offered_for_an_address_that_nobody_has_shown_to_be_theirs(browse, ibarra):
    opened(browse())
    person = UserFactory(company=ibarra, email="jon@fuera.example")

    assert OFFER not in words(browse(person).get("/tickets/"))
    browse(person).post(ADOPT)

    assert Ticket.objects.get().company is None


def test_a_mailed_link_shows_whose_the_address_is(browse, jon, ibarra):
    guest = opened(browse())
    jon.edit(by=None, data={"email": "otro@fuera.example"})
    assert not Guest.objects.visible_to(jon).exists()
    jon.edit(by=None, data={"email": "jon@fuera.example"})
    type(jon).objects.update(proved_email="")

    client = browse(jon)
    client.get(link_in(mailed("ticket_received")))

    jon.refresh_from_db()
    assert list(Guest.objects.visible_to(jon)) == [guest]


def test_so_does_the_link_to_choose_a_password(browse, ibarra):
    person = UserFactory(company=ibarra, email="jon@fuera.example")
    person.invite(by=None)
    link = re.search(r"/cuenta/invitacion/\S+", OutgoingMail.objects.get(kind="invited").text)[0]

    browse().post(link, {"password1": "Otra-2027", "password2": "Otra-2027"})

    person.refresh_from_db()
    assert person.proved_email == person.email


def test_adopting_makes_it_a_ticket_of_the_company(browse, jon, bruno, carla, agent, mails):
    open_ticket(bruno)
    guest = opened(browse(), files=SimpleUploadedFile("planos.txt", b"hola"))
    guest.ticket.reply(by=agent, body="¿Qué impresora?")
    guest.close()
    mails.clear()

    answer = browse(jon).post(ADOPT, follow=True)

    ticket = Ticket.objects.get(subject="No imprime")
    assert (ticket.company, ticket.number, ticket.author, ticket.reference) == (jon.company, 2, jon, "IBA-2")
    assert "Su ticket ya está entre los de su empresa: #2." in words(answer) and mails() == set()
    assert {message.company for message in ticket.messages.all()} == {jon.company}
    assert [message.writer for message in ticket.messages.all()] == ["Jon Vidal Ruiz", "Marta Soler"]
    assert ticket.attachments.get().company == jon.company
    page = words(browse(bruno).get("/tickets/2/"))
    assert f"Jon Vidal Ruiz, que lo abrió como invitado ({guest.called}), lo incorporó a la empresa" in page
    assert "Marcado como resuelto por Jon Vidal Ruiz" in page
    assert not Ticket.objects.visible_to(carla).exists()
    assert not Ticket.objects.alarming(jon).exists()
    for term in ("imprime", "blanco", "planos"):
        assert list(found(Ticket.objects.visible_to(jon), term, company=jon.company_id)) == [ticket]
    assert list(tickets_are_complete(Look(at=timezone.now()))) == []


def test_then_the_guests_ways_lead_nowhere(browse, jon):
    visitor = browse()
    guest = opened(visitor, files=SimpleUploadedFile("planos.txt", b"hola"))
    link, file = link_in(mailed("ticket_received")), guest.ticket.attachments.get()
    browse(jon).post(ADOPT)

    stranger = browse()
    assert "No hay ningún ticket con este código" in words(found_by(stranger, guest))
    assert stranger.get(link).url == LOOKUP
    page = words(visitor.get(page_of(guest)))
    assert "Inicie sesión para seguir" in page and "La hoja sale en blanco." not in page
    assert visitor.get(f"{page_of(guest)}adjuntos/{file.token}/").status_code == 404
    visitor.post(page_of(guest), {"body": "Sigo aquí.", "key": "k1"})
    visitor.post(f"{page_of(guest)}resuelto/")
    ticket = Ticket.objects.get()
    assert (ticket.reply_count, ticket.status) == (0, "new")


def test_a_ticket_is_adopted_once(browse, jon):
    guest = opened(browse())
    guest.adopt(by=jon)

    with pytest.raises(NoLongerWaits):
        guest.adopt(by=jon)
    browse(jon).post(ADOPT)

    assert Ticket.objects.get().number == jon.company.tickets.count() == 1
    assert Ticket.objects.get().events.filter(kind="adopted").count() == 1
    assert tidy_guests() == 0


def test_several_are_taken_together_in_their_order(browse, jon):
    visitor = browse()
    opened(visitor, subject="El primero")
    opened(visitor, subject="El segundo")
    opened(browse(), subject="De otra persona", email="otra@fuera.example")

    answer = browse(jon).post(ADOPT, follow=True)

    assert "#1, #2" in words(answer)
    numbered = Ticket.objects.filter(company=jon.company).order_by("number").values_list("subject", flat=True)
    assert list(numbered) == ["El primero", "El segundo"]
    assert Ticket.objects.get(subject="De otra persona").company is None


def test_the_offer_needs_the_tickets_area(browse, jon):
    opened(browse())
    type(jon).objects.update(can_use_tickets=False, can_use_requests=True)

    assert browse(jon).get(ADOPT).status_code == 403
    assert browse(jon).post(ADOPT).status_code == 403
    assert OFFER not in words(browse(jon).get("/inicio/"))


def test_the_list_costs_one_query_more_where_guests_may(browse, jon, settings):
    client, counts = browse(jon), []
    client.get("/tickets/")
    for may in (False, True):
        settings.GUESTS = may
        with CaptureQueriesContext(connection) as captured:
            client.get("/tickets/")
        counts.append(len(captured))

    assert counts[1] - counts[0] == 1


# --- people's data ---


@pytest.mark.parametrize("adopts", [False, True])
def test_an_erased_person_leaves_nothing_as_a_guest(browse, jon, boss, adopts):
    guest = opened(browse())
    guest.close()
    if adopts:
        guest.adopt(by=jon)
    jon.deactivate(by=boss)

    assert erasure.erase(jon, by=boss, reason="Lo pidió.")

    guest = Guest.objects.get()
    ticket = Ticket.objects.get()
    assert (guest.name, guest.email) == ("", "")
    left = f"{[m.writer for m in ticket.messages.all()]} {[e.data for e in ticket.events.all()]}"
    left += " ".join(
        f"{mail.subject} {mail.text} {mail.html} {mail.name}" for mail in OutgoingMail.objects.exclude(person_id=jon.pk)
    )
    assert "Vidal" not in left and "jon@fuera" not in left
    assert Message.objects.get().body == "La hoja sale en blanco."


# --- at once ---


def adoptions(guest, person) -> list:
    """Three clicks at once: which of them took it."""
    return [isinstance(one, Ticket) for one in at_once(*[lambda: Guest.objects.get(pk=guest.pk).adopt(by=person)] * 3)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_adoptions_at_once_one_wins(browse, jon):
    guest = opened(browse())

    assert sorted(adoptions(guest, jon)) == [False, False, True]
    jon.company.refresh_from_db()
    assert (jon.company.ticket_counter, Ticket.objects.get().events.filter(kind="adopted").count()) == (1, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_claim_several_would(browse, jon, monkeypatch):
    guest = opened(browse())
    monkeypatch.setattr(GuestQuerySet, "readable", lambda rows: rows.filter(ticket__isnull=False))
    monkeypatch.setattr(Ticket, "followers", type("Nobody", (), {"create": staticmethod(lambda **_row: None)}))

    assert sum(adoptions(guest, jon)) > 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_link_that_is_confirmed_many_times_at_once_is_one_ticket(browse):
    guest = unverified_guest("token-de-prueba")

    outcomes = at_once(*[lambda: Guest.objects.get(pk=guest.pk).verify()] * 3)

    assert sorted(type(one).__name__ for one in outcomes) == ["NoLongerWaits", "NoLongerWaits", "Ticket"]
    assert Ticket.objects.count() == 1
