"""Whatever people type, a mail has exactly our headers and one recipient."""

import re

import pytest
from django.utils import timezone

from mail.delivery import Delivered, deliver_due
from mail.messages import split_mailbox
from mail.outbox import Recipient, queue
from text.words import one_line

pytestmark = pytest.mark.django_db

HOSTILE = [
    "Ana\r\nBcc: boss@victim.test",
    "Ana\nBcc: boss@victim.test\n\nHello",
    "Ana\rBcc: boss@victim.test",
    "Ana\u2028Bcc: boss@victim.test",
    "Ana\u2029Bcc: boss@victim.test",
    "Ana\x85Bcc: boss@victim.test",
    "Ana\x0b\x0c\x1c\x1d\x1eBcc: boss@victim.test",
    "Ana\x00Ruiz",
    "Evil, boss@victim.test",
    "Evil <boss@victim.test>",
    '"Evil" <boss@victim.test>, x',
    "Évil, boss@victim.test",
    "Évil <boss@victim.test>; (comment",
    "Ana\\",
    'Ana"',
    'Ñ"\\<>',
    "=?utf-8?q?Evil=0D=0ABcc:_boss@victim.test?=",
    "\u202emoc.live",
    "😀" * 100,
    "n" * 300,
    "palabra " * 60,
    "añadir " * 60,
    "",
]
OURS = {
    "Auto-Submitted",
    "Content-Type",
    "Date",
    "From",
    "In-Reply-To",
    "MIME-Version",
    "Message-ID",
    "References",
    "Subject",
    "To",
    "X-Auto-Response-Suppress",
}


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_people_type_adds_no_header_and_no_recipient(typed, sink):
    ana = Recipient("ana@ibarra.example", typed)
    queue("greeting", [ana], context={"about": typed}, thread=f"IBA-12{typed}")

    assert deliver_due(at=timezone.now()) == Delivered(sent=1)

    ((recipients, message),) = sink.received
    assert recipients == ["ana@ibarra.example"]
    assert set(message.keys()) == OURS
    assert len(message.keys()) == len(OURS)
    assert [address.addr_spec for address in message["To"].addresses] == ["ana@ibarra.example"]
    assert len(message["From"].addresses) == 1
    assert max(len(line) for line in message.as_bytes().splitlines()) < 998
    assert re.fullmatch(r"<thread\.IBA-12[A-Za-z0-9.-]*@[a-z.]+>", message["References"].strip())
    assert message["Subject"] == f"Guardar: {one_line(typed)}".strip()


@pytest.mark.parametrize(
    "typed", ["ana@ibarra.example\r\nBcc: boss@victim.test", "ana@ibarra.example,boss@victim.test"]
)
def test_two_addresses_in_one_reach_nobody(typed, sink):
    queue("greeting", [Recipient(typed)], context={"about": "x"})

    assert deliver_due(at=timezone.now()) == Delivered(failed=1)
    assert sink.received == []


@pytest.mark.parametrize(
    "name", ["Evil, boss@victim.test", "Peña, Ana", "=?utf-8?q?Evil=2C?= Ana", "Ana (oficina)", "José Ñ. Ibáñez"]
)
def test_a_name_arrives_as_it_is_written(name, sink):
    queue("greeting", [Recipient("ana@ibarra.example", name)], context={"about": "x"})
    deliver_due(at=timezone.now())

    assert sink.received[0].message["To"].addresses[0].display_name == name


def test_a_brand_with_a_comma_is_one_sender(sink, settings):
    settings.DEFAULT_FROM_EMAIL = "Acme, S.L. <no-responder@acme.example>"
    queue("greeting", [Recipient("ana@ibarra.example")], context={"about": "x"})
    deliver_due(at=timezone.now())

    (sender,) = sink.received[0].message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Acme, S.L.", "no-responder@acme.example")


def test_lines_that_mean_something_to_mail_servers_arrive_as_text(sink):
    body = ".\n..\nFrom here\n" + "x" * 2000 + "\nfin"
    (mail,) = queue("greeting", [Recipient("ana@ibarra.example")], context={"about": body})
    deliver_due(at=timezone.now())

    assert sink.received[0].message.get_body(["plain"]).get_content() == mail.text


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("ana@ibarra.example", "", "ana@ibarra.example"),
        ("Ana Ruiz <ana@ibarra.example>", "Ana Ruiz", "ana@ibarra.example"),
        ('"Ruiz, Ana" <ana@ibarra.example>', "Ruiz, Ana", "ana@ibarra.example"),
        ("Ana <x> <ana@ibarra.example>", "Ana <x>", "ana@ibarra.example"),
    ],
)
def test_the_last_brackets_hold_the_address(written, name, address):
    assert split_mailbox(written) == (name, address)
