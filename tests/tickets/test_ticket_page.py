"""The ticket's page: the thread, its deeds, people in copy, files."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import UserFactory, open_ticket
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def reply_data(**changes):
    return {"key": "clave-de-este-formulario", "body": "Sí, la 4.2."} | changes


def test_an_answer_is_sent_and_shown(browse, ana, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="¿Qué versión usa?")

    answer = browse(ana).post(ticket.get_absolute_url(), reply_data(), follow=True)

    assert "Sí, la 4.2." in answer.content.decode()
    ticket.refresh_from_db()
    assert (ticket.status, ticket.reply_count) == ("open", 2)


def test_files_alone_are_an_answer(browse, ana, ibarra):
    ticket = open_ticket(ana)
    page = browse(ana)
    page.post(f"{ticket.get_absolute_url()}archivos/", {"key": "k" * 20, "files": upload("registro.log")})

    page.post(ticket.get_absolute_url(), reply_data(key="k" * 20, body=""))

    message = ticket.messages.last()
    assert (message.body, [file.name for file in message.attachments.all()]) == ("", ["registro.log"])
    ticket.refresh_from_db()
    assert ticket.file_count == 1


def test_neither_text_nor_files_is_no_answer(browse, ana):
    ticket = open_ticket(ana)

    answer = browse(ana).post(ticket.get_absolute_url(), reply_data(body="  \n "))

    assert "Escriba su mensaje o adjunte un archivo." in answer.content.decode()
    assert ticket.messages.count() == 1


def test_a_colleague_with_the_company_view_resolves_and_the_author_is_told(browse, ana, bruno, mails):
    ticket = open_ticket(ana)
    mails.clear()

    browse(bruno).post(f"{ticket.get_absolute_url()}resuelto/")

    ticket.refresh_from_db()
    assert ticket.status == "closed"
    assert mails() == {("ticket_closed", ana.email)}


def test_what_another_closed_meanwhile_is_said_in_words(browse, ana):
    ticket = open_ticket(ana)
    page = browse(ana)
    ticket.close(by=ana)

    answer = page.post(f"{ticket.get_absolute_url()}resuelto/", follow=True)
    assert "Ya no es posible: el ticket ha cambiado entretanto." in answer.content.decode()
    assert page.post(f"{ticket.get_absolute_url()}reabrir/", follow=True).status_code == 200
    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_after_30_days_a_new_ticket_continues_the_old_one(browse, ana):
    old = open_ticket(ana, subject="La de siempre")
    old.close(by=ana)
    Ticket.objects.filter(pk=old.pk).update(closed_at=timezone.now() - timedelta(days=31))
    page = browse(ana)

    assert "?sigue=1" in page.get(old.get_absolute_url()).content.decode()
    refused = page.post(old.get_absolute_url(), reply_data()).content.decode()
    assert "Ya no es posible" in refused and "Sí, la 4.2." in refused
    assert old.messages.count() == 1
    data = {"key": "x" * 20, "topic": old.topic_id, "priority": 2, "subject": "Vuelve", "body": "Otra vez."}
    page.post("/tickets/nuevo/", data | {"continues": "1"})

    assert Ticket.objects.get(number=2).follows_up == old
    assert "Continúa el ticket" in page.get("/tickets/2/").content.decode()


def test_a_ticket_of_another_company_cannot_be_continued(browse, ana, carla):
    open_ticket(ana, subject="de Ibarra")
    theirs = open_ticket(carla)
    data = {"key": "x" * 20, "topic": theirs.topic_id, "priority": 2, "subject": "Mío", "body": "Texto."}

    browse(carla).post("/tickets/nuevo/", data | {"continues": "99"})

    assert Ticket.objects.get(subject="Mío").follows_up is None


def test_a_colleague_is_put_in_copy_reads_and_answers(browse, ana, diego):
    ticket = open_ticket(ana)
    address = ticket.get_absolute_url()
    assert browse(diego).get(address).status_code == 404

    browse(ana).post(f"{address}copia/", {"person": diego.public_id})

    assert browse(diego).get(address).status_code == 200
    assert browse(diego).post(address, reply_data()).status_code == 302


def test_nobody_of_another_company_is_put_in_copy(browse, ana, carla):
    ticket = open_ticket(ana)

    answer = browse(ana).post(f"{ticket.get_absolute_url()}copia/", {"person": carla.public_id})

    assert answer.status_code == 200
    assert [follower.user for follower in ticket.followers.all()] == [ana]


def test_whoever_takes_themselves_out_of_copy_is_led_to_the_list(browse, ana, diego):
    ticket = open_ticket(ana, followers=[diego])
    row = ticket.followers.get(user=diego)

    answer = browse(diego).post(f"{ticket.get_absolute_url()}copia/{row.token}/quitar/")

    assert answer.url == "/tickets/"
    assert browse(diego).get(ticket.get_absolute_url()).status_code == 404


def test_the_author_stays_in_copy(browse, ana, bruno):
    ticket = open_ticket(ana)
    row = ticket.followers.get(user=ana)

    browse(bruno).post(f"{ticket.get_absolute_url()}copia/{row.token}/quitar/")

    assert ticket.followers.filter(user=ana).exists()


def test_a_contact_without_access_in_copy_is_shown_as_such(browse, ana, ibarra):
    eva = UserFactory(company=ibarra, has_portal_access=False, can_use_tickets=False)
    ticket = open_ticket(ana, followers=[eva])

    assert "no puede abrir el ticket" in browse(ana).get(ticket.get_absolute_url()).content.decode()


def test_internal_notes_are_nowhere_on_the_customers_page(browse, ana, agent):
    ticket = open_ticket(ana)
    ticket.note(by=agent, body="CANARY-INT")

    assert "CANARY-INT" not in browse(ana).get(ticket.get_absolute_url()).content.decode()


@pytest.mark.parametrize("read", [True, False])
def test_the_page_costs_the_same_with_one_message_and_with_thirty(browse, ana, diego, agent, attach, read):
    page = browse(ana)
    small, large = open_ticket(ana), open_ticket(ana, followers=[diego])
    for number in range(30):
        large.reply(by=agent, body=f"Respuesta {number}.", files=attach(agent, f"{number}.txt"))
    small.reply(by=agent, body="Una.", files=attach(agent, "una.txt"))
    page.get("/inicio/")

    def cost(ticket):
        if read:
            page.get(ticket.get_absolute_url())
        with CaptureQueriesContext(connection) as queries:
            assert page.get(ticket.get_absolute_url()).status_code == 200
        return len(queries)

    assert cost(large) == cost(small) <= 8


def test_also_with_an_unread_answer_and_a_waiting_draft_the_page_costs_eight(
    browse, ana, agent, attach, django_assert_max_num_queries
):
    page, ticket = browse(ana), open_ticket(ana, files=attach(ana, "uno.txt"))
    page.post(f"{ticket.get_absolute_url()}archivos/", {"key": "k" * 20, "files": upload("registro.log")})
    ticket.reply(by=agent, body="¿Qué versión?", files=attach(agent, "dos.txt"))
    page.get("/inicio/")

    with django_assert_max_num_queries(8):
        text = page.get(ticket.get_absolute_url()).content.decode()

    assert text.count("registro.log") == 2  # its name, and the words of its button
    assert "uno.txt" in text and "dos.txt" in text and "k" * 20 in text


def test_the_home_page_costs_the_same_with_one_ticket_and_with_thirty(browse, ana, bruno, agent):
    page = browse(bruno)
    open_ticket(ana).reply(by=agent, body="Una.")
    page.get("/inicio/")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert page.get("/inicio/").status_code == 200
        return len(queries)

    with_one = cost()
    for _number in range(30):
        open_ticket(bruno).reply(by=agent, body="Otra.")

    assert cost() == with_one <= 8


def test_home_counts_the_company_or_ones_own(browse, ana, bruno):
    open_ticket(ana)
    open_ticket(bruno)
    page = browse(bruno)

    def new_ones(address):
        return page.get(address).context["panel"].tiles[0]["count"]

    assert (new_ones("/inicio/"), new_ones("/inicio/?ver=mios")) == (2, 1)
    assert browse(ana).get("/inicio/").context["panel"].tiles[0]["count"] == 1


def upload(name, content=b"contenido"):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, content)
