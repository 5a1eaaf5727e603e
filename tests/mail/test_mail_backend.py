"""Django's and allauth's own mails leave through the outbox."""

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection, send_mail
from django.utils import timezone, translation

from mail.delivery import Delivered, deliver_due
from mail.models import OutgoingMail

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _outbox(settings):
    """The backend of the portal's settings, which Django's test runner replaces."""
    settings.EMAIL_BACKEND = "mail.backend.OutboxBackend"


def test_a_mail_of_django_becomes_a_row_and_arrives(sink):
    with translation.override("en"):
        send_mail("Hello", "Text", None, ["Ana Ruiz <ana@ibarra.example>"], html_message="<p>Text</p>")

    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.language, mail.lane) == ("django", "en", OutgoingMail.Lane.TICKETS)
    assert (mail.name, mail.address) == ("Ana Ruiz", "ana@ibarra.example")
    assert (mail.subject, mail.text, mail.html) == ("Hello", "Text", "<p>Text</p>")
    assert deliver_due(at=timezone.now()) == Delivered(sent=1)
    assert sink.received[0].message["Subject"] == "Hello"


def test_each_recipient_gets_a_row_and_sees_only_themselves(sink):
    message = EmailMessage(
        "Hello",
        "Text",
        "Other <other@acme.example>",
        ["ana@ibarra.example"],
        cc=["bruno@ibarra.example"],
        bcc=["carla@olmo.example"],
        reply_to=["office@acme.example"],
        headers={"X-Reason": "test", "To": "everybody@ibarra.example", "Message-ID": "<mine@x>"},
    )
    assert message.send() == 1

    deliver_due(at=timezone.now())

    assert sorted(sink.addresses) == ["ana@ibarra.example", "bruno@ibarra.example", "carla@olmo.example"]
    for recipients, received in sink.received:
        assert received["To"] == recipients[0]
        assert received["Cc"] is None
        assert received["From"] == "Other <other@acme.example>"
        assert received["Reply-To"] == "office@acme.example"
        assert received["X-Reason"] == "test"
        assert received["Auto-Submitted"] == "auto-generated"
        assert received["Message-ID"] != "<mine@x>"


def test_many_mails_are_written_together(django_assert_num_queries):
    messages = [EmailMessage(f"Hello {n}", "Text", to=["ana@ibarra.example"]) for n in range(5)]
    with django_assert_num_queries(1):
        assert get_connection().send_messages(messages) == 5


def with_attachment() -> EmailMessage:
    message = EmailMessage("Hello", "Text", to=["ana@ibarra.example"])
    message.attach("licence.txt", "secret", "text/plain")
    return message


def with_calendar() -> EmailMessage:
    message = EmailMultiAlternatives("Hello", "Text", to=["ana@ibarra.example"])
    message.attach_alternative("BEGIN:VCALENDAR", "text/calendar")
    return message


def without_text() -> EmailMessage:
    message = EmailMessage("Hello", "<p>Text</p>", to=["ana@ibarra.example"])
    message.content_subtype = "html"
    return message


@pytest.mark.parametrize("make", [with_attachment, with_calendar, without_text])
def test_what_the_outbox_cannot_carry_is_refused_instead_of_cut(make):
    with pytest.raises(ValueError, match="outbox carries"):
        make().send()

    assert not OutgoingMail.objects.exists()
