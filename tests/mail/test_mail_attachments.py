"""A mail may carry stored files; what nobody may open stays behind."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from files.models import StoredFile
from files.receiving import receive
from mail import models
from mail.delivery import deliver_due
from mail.models import MailAttachment, OutgoingMail
from mail.outbox import queue

pytestmark = pytest.mark.django_db

CONTENT = b"licencia\r\nde\nIbarra\r\r\n\xff\x00\xe1"


def stored(name="licencia año 2027.txt", content=CONTENT):
    return StoredFile.objects.keep(receive(SimpleUploadedFile(name, content)))


def attached(message):
    return {part.get_filename(): part.get_content() for part in message.iter_attachments()}


def test_the_file_arrives_byte_for_byte_with_each_mail(sink, ana, carla):
    queue("greeting", [ana, carla], context={"who": "Ana"}, files=[stored()])

    deliver_due()

    assert sink.addresses == [ana.address, carla.address]
    assert [attached(mail.message) for mail in sink.received] == [{"licencia año 2027.txt": CONTENT}] * 2
    assert sink.received[0].message.get_body(("plain",)) and sink.received[0].message.get_body(("html",))


def test_a_mail_without_files_has_none(sink, ana):
    queue("greeting", [ana], context={"who": "Ana"})

    deliver_due()

    assert attached(sink.received[0].message) == {}


def test_what_the_antivirus_holds_back_stays_behind_and_the_mail_leaves(sink, ana, settings):
    clean, infected = stored("limpio.txt"), stored("malo.txt")
    settings.CLAMAV_SOCKET = "tcp://127.0.0.1:1"
    pending = stored("pendiente.txt")
    infected.found_infected("Eicar-Test-Signature", at=timezone.now())
    queue("greeting", [ana], context={"who": "Ana"}, files=[clean, infected, pending])

    deliver_due()

    assert list(attached(sink.received[0].message)) == ["limpio.txt"]


def test_what_mail_servers_do_not_take_stays_behind(sink, ana, monkeypatch):
    monkeypatch.setattr(models, "MOST_ATTACHED", len(CONTENT))
    queue("greeting", [ana], context={"who": "Ana"}, files=[stored("justo.txt"), stored("uno-mas.txt", CONTENT + b".")])

    deliver_due()

    assert list(attached(sink.received[0].message)) == ["justo.txt"]


def test_a_file_that_a_mail_carries_is_not_removed(ana):
    file = stored()
    queue("greeting", [ana], context={"who": "Ana"}, files=[file])

    with pytest.raises(models.models.ProtectedError):
        file.delete()
    OutgoingMail.objects.get().delete()
    assert not MailAttachment.objects.exists()


def test_staff_see_what_a_mail_carries(browse, boss, ana):
    (mail,) = queue("greeting", [ana], context={"who": "Ana"}, files=[stored()])

    page = browse(boss).get(reverse("admin:mail_outgoingmail_change", args=[mail.pk]))

    assert "licencia año 2027.txt" in page.content.decode()
