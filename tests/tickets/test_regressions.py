"""Faults that were found once, each with the step that shows it."""

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Company, User
from accounts.models.refusals import LastManager
from files.models import StoredFile
from files.receiving import receive
from mail.models import OutgoingMail
from mail.outbox import Recipient, queue
from tests.factories import TopicFactory, new_draft, open_ticket
from tickets.models import Draft, Ticket
from tickets.models.draft import TooManyFiles
from tickets.models.searching import found

pytestmark = pytest.mark.django_db

KEY = "clave-de-este-formulario"


def data(**changes):
    topic = TopicFactory().pk
    return {"key": KEY, "topic": topic, "priority": 2, "subject": "No imprime", "body": "Nada ocurre."} | changes


def upload(name, content=b"contenido"):
    return SimpleUploadedFile(name, content)


def test_changing_a_company_never_takes_its_ticket_counter_back(ibarra, ana, boss):
    before = Company.objects.get(pk=ibarra.pk)
    open_ticket(ana)

    before.change(by=boss, data={"name": "Ibarra, S.A."})

    assert open_ticket(User.objects.get(pk=ana.pk)).number == 2


@pytest.mark.parametrize("field", ["subject", "body", "priority", "followers"])
def test_a_nul_in_a_field_is_refused_and_the_rest_is_kept(browse, ana, field):
    answer = browse(ana).post("/tickets/nuevo/", data(**{field: "con\0nulo"}))

    assert answer.status_code == 200
    assert not Ticket.objects.exists()
    kept = Draft.objects.get().fields
    assert "\0" not in str(kept)
    assert kept["subject"] in ("No imprime", "connulo", "con nulo")


@pytest.mark.parametrize("address", ["/adjuntos/%00/", "/adjuntos/%00/quitar/", "/borradores/%00/vaciar/"])
def test_a_nul_in_an_address_is_not_found(browse, ana, address):
    assert browse(ana).post(address).status_code == 404


def test_a_nul_in_a_filter_of_the_desk_is_a_bad_request(browse, boss):
    assert browse(boss).get(reverse("admin:accounts_auditentry_changelist") + "?kind__exact=%00").status_code == 400


def test_a_file_that_was_sent_meanwhile_is_not_removed(ana):
    draft = new_draft(ana)
    attachment = attach_one(draft)
    ticket = draft.open_ticket(subject="Asunto", body="Texto", topic=TopicFactory())

    draft.remove(attachment)

    assert ticket.attachments.count() == StoredFile.objects.count() == 1


def attach_one(draft):
    return draft.add([receive(upload("uno.txt"))])[0]


def test_a_draft_that_was_sent_meanwhile_is_not_discarded(ana):
    draft = new_draft(ana)
    stale = Draft.objects.get(pk=draft.pk)
    draft.open_ticket(subject="Asunto", body="Texto", topic=TopicFactory())

    stale.discard()

    assert Draft.objects.filter(pk=draft.pk).exists()


def test_a_draft_that_was_cleared_meanwhile_loses_no_text(browse, ana, monkeypatch):
    page = browse(ana)
    page.post("/tickets/nuevo/", data(subject=""))

    def cleared_first(draft, **_typed):
        Draft.objects.filter(pk=draft.pk).delete()
        draft.lock()

    monkeypatch.setattr(Draft, "open_ticket", cleared_first)
    answer = page.post("/tickets/nuevo/", data())

    assert "Nada ocurre." in answer.content.decode()
    assert "había caducado" in answer.content.decode()


def test_a_manager_who_became_the_last_one_meanwhile_is_not_deactivated(bruno, ana):
    stale = User.objects.get(pk=ana.pk)
    ana.set_permissions(by=bruno, changes={"is_company_manager": True})
    User.objects.filter(pk=bruno.pk).update(is_company_manager=False)

    with pytest.raises(LastManager):
        stale.deactivate(by=bruno)


def test_deactivating_takes_back_the_mails_that_wait(bruno, ana, agent):
    open_ticket(ana).reply(by=agent, body="Hecho.")

    ana.deactivate(by=bruno)

    assert set(OutgoingMail.objects.filter(person_id=ana.pk).values_list("state", flat=True)) == {"cancelled"}


def test_reopening_through_the_status_tells_the_customer(ana, agent, mails):
    ticket = open_ticket(ana)
    ticket.close(by=ana)
    mails.clear()

    ticket.set_status("open", by=agent)

    assert mails() == {("ticket_reopened", ana.email)}


def test_whoever_is_put_in_copy_later_has_read_what_was_answered_before(ana, diego, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="Antes.")
    ticket.add_follower(by=ana, person=diego)
    assert not Ticket.objects.alarming(diego).exists()

    ticket.reply(by=agent, body="Después.")

    assert Ticket.objects.alarming(diego).exists()


def test_a_note_that_is_refused_stays_in_its_field(browse, ana, agent):
    ticket = open_ticket(ana)

    answer = browse(agent).post(reverse("admin:tickets_ticket_nota", args=[ticket.pk]), {"body": "x" * 50_001})

    assert "x" * 50_001 in answer.content.decode()
    assert not ticket.internal_notes.exists()


def test_files_under_a_used_key_are_refused_in_words(browse, ana):
    page = browse(ana)
    page.post("/tickets/nuevo/", data())

    answer = page.post("/tickets/nuevo/archivos/", {"key": KEY, "files": upload("tarde.txt")})

    assert answer.status_code == 422
    assert "ya se envió" in answer.content.decode()


def test_the_same_text_with_another_file_is_not_the_same_form(browse, ana):
    page = browse(ana)
    page.post("/tickets/nuevo/", data(files=[upload("uno.txt")]))

    same = page.post("/tickets/nuevo/", data(files=[upload("uno.txt")]))
    more = page.post("/tickets/nuevo/", data(files=[upload("dos.txt")]))

    assert same.url == "/tickets/1/"
    assert "dos.txt" in more.content.decode() and "Ya había enviado este formulario" in more.content.decode()
    assert Ticket.objects.count() == 1


def test_the_same_name_with_other_bytes_counts_towards_the_limit(ana, settings):
    settings.FILES_PER_MESSAGE = 2
    draft = new_draft(ana)
    draft.add([receive(upload("a.txt", b"1")), receive(upload("a.txt", b"2"))])

    with pytest.raises(TooManyFiles):
        draft.add([receive(upload("a.txt", b"3"))])


def test_only_superusers_read_a_kept_link(browse, boss, agent):
    agent.groups.add(Group.objects.get(name="Supervisión"))
    (mail,) = queue(
        "password_reset", [Recipient("ana@ibarra.example")], context={"link": "https://x/s3creto/"}, is_secret=True
    )
    OutgoingMail.objects.filter(pk=mail.pk).keep()
    page = reverse("admin:mail_outgoingmail_change", args=[mail.pk])

    assert "s3creto" in browse(boss).get(page).content.decode()
    assert "s3creto" not in browse(agent).get(page).content.decode()
    assert browse(agent).get(reverse("admin:mail_outgoingmail_eml", args=[mail.pk])).status_code == 403


def test_a_cancelled_secret_is_forgotten(db):
    (mail,) = queue("password_reset", [Recipient("ana@ibarra.example")], context={"link": "x"}, is_secret=True)

    OutgoingMail.objects.cancel()

    mail.refresh_from_db()
    assert (mail.state, mail.text, mail.html) == ("cancelled", "", "")


def test_a_number_with_its_code_finds_that_companys_ticket(ana, carla):
    mine, _theirs = open_ticket(ana), open_ticket(carla)

    assert list(found(Ticket.objects.all(), "iba-1")) == [mine]


def test_a_manager_without_alarm_still_marks_everything_as_read(browse, ana, bruno, agent):
    open_ticket(ana).reply(by=agent, body="Hecho.")

    assert "Marcar todo como leído" in browse(bruno).get("/tickets/").content.decode()


def test_no_global_id_stands_on_the_customers_pages(browse, ana, bruno, agent):
    Company.objects.filter(pk=ana.company_id).update(ticket_counter=40)
    ana.refresh_from_db()
    User.objects.filter(pk=bruno.pk).update(public_id="bruno-publico")
    ticket = open_ticket(User.objects.get(pk=ana.pk), followers=[bruno])
    ticket.reply(by=agent, body="Hecho.")
    page = browse(bruno)

    text = page.get(ticket.get_absolute_url()).content.decode() + page.get("/tickets/?filtros=1").content.decode()

    assert 'id="mensaje-2"' in text
    assert f'value="{ana.public_id}"' in text
    assert f'value="{ana.pk}"' not in text.split('name="autor"')[1].split("</select>")[0]


def test_a_video_plays_and_a_pdf_opens_in_place(browse, ana, attach):
    ticket = open_ticket(ana, files=attach(ana, "informe.pdf", content=b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"))

    text = browse(ana).get(ticket.get_absolute_url()).content.decode()

    assert f'href="{ticket.attachments.get().picture_url}"' in text


def test_the_desk_page_of_many_nested_topics_costs_no_query_per_topic(
    browse, ana, agent, django_assert_max_num_queries
):
    ticket = open_ticket(ana)
    top = TopicFactory(name="Programa")
    for number in range(15):
        TopicFactory(name=f"Tema {number}", parent=top)
    desk = browse(agent)
    page = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    desk.get(page)

    with django_assert_max_num_queries(20):
        desk.get(page)
