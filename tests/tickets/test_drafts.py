"""What is being written: nothing typed or chosen is lost, nothing is sent twice."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from files.models import StoredFile
from mail.models import OutgoingMail
from tests.factories import TopicFactory, new_draft, open_ticket
from tickets.models import Attachment, Draft, Ticket
from tickets.models.draft import KEPT_FOR
from tickets.tasks import remove_old_drafts

pytestmark = pytest.mark.django_db

NEW = "/tickets/nuevo/"
KEY = "clave-de-este-formulario"


def data(**changes):
    topic = TopicFactory().pk
    return {"key": KEY, "topic": topic, "priority": 2, "subject": "No imprime", "body": "Nada ocurre."} | changes


def upload(name, content=b"contenido"):
    return SimpleUploadedFile(name, content)


def picture():
    file = io.BytesIO()
    Image.new("RGB", (30, 20), "navy").save(file, "PNG")
    return file.getvalue()


def test_a_form_with_an_error_loses_neither_text_nor_files(browse, ana):
    page = browse(ana)

    answer = page.post(NEW, data(subject="", files=[upload("uno.txt"), upload("dos.txt")]))

    text = answer.content.decode()
    assert "Nada ocurre." in text
    assert "uno.txt" in text and "dos.txt" in text
    assert not Ticket.objects.exists()
    page.post(NEW, data())
    assert {file.name for file in Ticket.objects.get().attachments.all()} == {"uno.txt", "dos.txt"}


def test_what_was_begun_is_there_again_after_leaving_the_page(browse, ana):
    page = browse(ana)
    page.post(NEW, data(subject="", files=[upload("uno.txt")]))

    text = page.get(NEW).content.decode()

    assert "Nada ocurre." in text and "uno.txt" in text and KEY in text


def test_a_second_send_of_the_same_form_leads_to_the_same_ticket(browse, ana):
    page = browse(ana)

    first, second = page.post(NEW, data()), page.post(NEW, data())

    assert first.url == second.url == "/tickets/1/"
    assert Ticket.objects.count() == 1
    assert OutgoingMail.objects.count() == 2


def test_the_same_form_with_another_text_is_kept_and_said(browse, ana):
    page = browse(ana)
    page.post(NEW, data())

    answer = page.post(NEW, data(body="Además sale un aviso.", files=[upload("aviso.txt")]))

    text = answer.content.decode()
    assert "Ya había enviado este formulario: vea el ticket #1." in text
    assert "Además sale un aviso." in text and "aviso.txt" in text
    assert Ticket.objects.count() == 1
    page.post(NEW, data(key=answer.context["form"]["key"].value(), body="Además sale un aviso."))
    assert Ticket.objects.get(number=2).attachments.get().name == "aviso.txt"


def test_a_key_of_somebody_else_is_exchanged_and_theirs_stays(browse, ana, diego):
    browse(ana).post(NEW, data(subject="", files=[upload("de-ana.txt")]))

    answer = browse(diego).post(NEW, data(body="De Diego.", files=[upload("de-diego.txt")]))

    text = answer.content.decode()
    assert "De Diego." in text and "de-diego.txt" in text and "de-ana.txt" not in text
    assert not Ticket.objects.exists()
    assert [file.name for file in Draft.objects.get(key=KEY).attachments.all()] == ["de-ana.txt"]


@pytest.mark.parametrize("key", ["", "x" * 41, "con\0nulo"])
def test_a_broken_key_loses_nothing(browse, ana, key):
    answer = browse(ana).post(NEW, data(key=key))

    assert answer.status_code == 200
    assert "Nada ocurre." in answer.content.decode()


def test_a_reply_is_sent_once(browse, ana):
    ticket = open_ticket(ana)
    page = browse(ana)

    for _time in range(3):
        page.post(ticket.get_absolute_url(), {"key": KEY, "body": "Sí."})

    assert [message.body for message in ticket.messages.all()] == ["Se queda en blanco.", "Sí."]


def test_the_key_of_one_ticket_does_not_serve_another(browse, ana):
    first, second = open_ticket(ana), open_ticket(ana)
    page = browse(ana)
    page.post(f"{first.get_absolute_url()}archivos/", {"key": KEY, "files": upload("uno.txt")})

    answer = page.post(second.get_absolute_url(), {"key": KEY, "body": "Sí."})

    assert "había caducado" in answer.content.decode()
    assert second.messages.count() == 1


def test_files_sent_ahead_are_in_the_ticket_in_their_order(browse, ana):
    page = browse(ana)
    for name in ("b.txt", "a.txt"):
        assert page.post(f"{NEW}archivos/", {"key": KEY, "files": upload(name, name.encode())}).status_code == 200

    page.post(NEW, data())

    files = Ticket.objects.get().attachments.all()
    assert [(file.position, file.name) for file in files] == [(1, "b.txt"), (2, "a.txt")]


def test_a_pasted_picture_stands_in_the_text(browse, ana):
    page = browse(ana)
    page.post(f"{NEW}archivos/", {"key": KEY, "files": upload("captura.png", picture())})

    answer = page.post(NEW, data(body="Mire:\n\n![captura](adjunto:1)"), follow=True)

    file = Attachment.objects.get()
    assert f'<img src="{file.get_absolute_url()}?ver"' in answer.content.decode().replace('class="pasted" ', "")


def test_the_preview_shows_the_draft_as_it_will_look(browse, ana):
    page = browse(ana)
    page.post(f"{NEW}archivos/", {"key": KEY, "files": upload("captura.png", picture())})

    text = page.post("/borradores/vista-previa/", {"key": KEY, "body": "**ya** ![x](adjunto:1)"}).content.decode()

    assert "<strong>ya</strong>" in text
    assert Attachment.objects.get().get_absolute_url() in text


def test_one_refused_file_refuses_all_of_them_and_says_why(browse, ana):
    answer = browse(ana).post(
        NEW, data(files=[upload("bien.txt"), upload("mal.exe", b"MZ\x90\0"), upload("vacio.txt", b"")])
    )

    text = answer.content.decode()
    assert "«mal.exe» es un programa" in text and "«vacio.txt» está vacío" in text
    assert "No se ha adjuntado ninguno" in text
    assert not StoredFile.objects.exists() and not Ticket.objects.exists()


def test_a_message_carries_at_most_twenty_files(browse, ana):
    page = browse(ana)

    answer = page.post(NEW, data(files=[upload(f"{number}.txt", b"%d" % number) for number in range(21)]))

    assert "como máximo 20 archivos" in answer.content.decode()
    assert not StoredFile.objects.exists()


def test_a_file_that_is_too_large_is_refused(browse, ana, settings):
    settings.FILE_MEGABYTES = 1

    answer = browse(ana).post(f"{NEW}archivos/", {"key": KEY, "files": upload("grande.log", b"x" * (1024 * 1024 + 1))})

    assert answer.status_code == 422
    assert "supera los 1 MB" in answer.content.decode()


def test_a_text_of_sixty_thousand_characters_is_refused_and_kept(browse, ana):
    body = "largo " * 10_000

    answer = browse(ana).post(NEW, data(body=body))

    text = answer.content.decode()
    assert "El texto tiene 60.000 caracteres y caben 50.000" in text
    assert body.strip() in text


def test_a_file_is_removed_by_its_owner_alone(browse, ana, diego):
    page = browse(ana)
    page.post(f"{NEW}archivos/", {"key": KEY, "files": upload("uno.txt")})
    address = f"{Attachment.objects.get().get_absolute_url()}quitar/"

    assert browse(diego).post(address).status_code == 404
    answer = page.post(address, data(subject="A medias"))

    assert answer.url == NEW
    assert not StoredFile.objects.exists()
    assert "A medias" in page.get(NEW).content.decode()


def test_a_file_that_was_sent_cannot_be_taken_back(browse, ana, attach):
    ticket = open_ticket(ana, files=attach(ana, "uno.txt"))

    assert browse(ana).post(f"{ticket.attachments.get().get_absolute_url()}quitar/").status_code == 404


def test_clearing_forgets_text_and_files(browse, ana):
    page = browse(ana)
    page.post(NEW, data(subject="", files=[upload("uno.txt")]))

    page.post(f"/borradores/{KEY}/vaciar/")

    assert not Draft.objects.exists() and not StoredFile.objects.exists()
    assert "Nada ocurre." not in page.get(NEW).content.decode()


def test_nobody_clears_the_draft_of_another(browse, ana, diego):
    browse(ana).post(NEW, data(subject=""))

    browse(diego).post(f"/borradores/{KEY}/vaciar/")

    assert Draft.objects.filter(key=KEY).exists()


def test_old_drafts_go_with_their_files_and_what_was_sent_stays(ana, attach):
    ticket = open_ticket(ana, files=attach(ana, "enviado.txt"))
    forgotten = attach(ana, "olvidado.txt")[0].draft
    sent = new_draft(ana, ticket)
    sent.reply(body="Enviado.")
    Draft.objects.update(updated_at=timezone.now() - KEPT_FOR - timedelta(seconds=1))

    assert remove_old_drafts() == 3

    assert not Draft.objects.filter(pk=forgotten.pk).exists()
    assert [file.name for file in StoredFile.objects.all()] == ["enviado.txt"]
    assert ticket.messages.count() == 2


def test_with_a_single_topic_the_form_does_not_ask(browse, ana):
    from tickets.models import Topic

    Topic.objects.exclude(parent=None).delete()
    Topic.objects.exclude(pk=Topic.objects.first().pk).delete()
    values = data()
    Topic.objects.filter(pk=values.pop("topic")).delete()

    assert 'name="topic"' not in browse(ana).get(NEW).content.decode()
    browse(ana).post(NEW, values)

    assert Ticket.objects.get().topic == Topic.objects.get()


def test_addresses_outside_the_company_follow_where_the_setting_allows_it(browse, ana, settings, mails):
    settings.OUTSIDE_FOLLOWERS = True

    answer = browse(ana).post(NEW, data(outside="tecnico@externo.example, mal"))
    assert "«mal» no es un correo electrónico." in answer.content.decode()
    browse(ana).post(NEW, data(outside="tecnico@externo.example; otro@externo.example"))

    assert ("follower_added", "tecnico@externo.example") in mails()
    assert ("follower_added", "otro@externo.example") in mails()


def test_addresses_outside_the_company_are_ignored_where_it_does_not(browse, ana):
    browse(ana).post(NEW, data(outside="tecnico@externo.example"))

    assert Ticket.objects.get().followers.count() == 1
