"""What the outbox writes, before anything leaves."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.template import TemplateDoesNotExist
from django.utils import timezone, translation

from mail.models import Delivery, OutgoingMail
from mail.outbox import Lane, Recipient, cancel_for, lag, queue

pytestmark = pytest.mark.django_db
State = OutgoingMail.State


def test_each_recipient_gets_a_row_in_their_own_language(ana, bruno):
    with translation.override("en"):
        queue("greeting", [ana, bruno], context={"about": "IBA-12"})

    assert list(OutgoingMail.objects.order_by("id").values_list("address", "language", "subject")) == [
        ("ana@ibarra.example", "es", "Guardar: IBA-12"),
        ("bruno@ibarra.example", "en", "Save: IBA-12"),
    ]


def test_a_row_says_what_it_is_and_whom_it_is_for(ana):
    (mail,) = queue("greeting", [ana], context={"about": "IBA-12"}, lane=Lane.BULK)

    mail = OutgoingMail.objects.get(pk=mail.pk)
    assert (mail.kind, mail.lane, mail.person_id, mail.company_id) == ("greeting", Lane.BULK, 1, 7)
    assert (mail.state, mail.attempts, mail.sent_at) == (State.QUEUED, 0, None)


def test_the_same_address_gets_one_mail_however_it_is_written(ana):
    shouting = Recipient("ANA@Ibarra.example", "Ana again")

    mails = queue("greeting", [ana, shouting, ana], context={"about": "x"})

    assert [(mail.address, mail.name) for mail in mails] == [("ana@ibarra.example", "Ana Ruiz")]


def test_markup_is_escaped_in_html_and_plain_in_text():
    eve = Recipient("eve@ibarra.example", '<b>Eve</b> & "Co"')

    (mail,) = queue("greeting", [eve], context={"about": "<script>alert(1)</script>"})

    assert mail.subject == "Guardar: <script>alert(1)</script>"
    assert '<b>Eve</b> & "Co": <script>alert(1)</script>' in mail.text
    assert "&lt;b&gt;Eve&lt;/b&gt; &amp; &quot;Co&quot;: &lt;script&gt;alert(1)&lt;/script&gt;" in mail.html
    assert "<script>" not in mail.html


def test_every_mail_knows_brand_address_of_the_portal_and_that_nobody_reads_answers(ana, bruno, settings):
    _spanish, english = queue("greeting", [ana, bruno], context={"about": "x"})

    for part in (english.text, english.html):
        assert settings.PUBLIC_URL + "/tickets/12/" in part
        assert settings.BRAND["name"] in part
        assert "Do not reply to this e-mail: use the link." in part


@pytest.mark.parametrize("template", ["half", "absent"])
def test_a_missing_part_is_an_error(template, ana):
    with pytest.raises(TemplateDoesNotExist):
        queue(template, [ana], context={})


def test_control_characters_reach_no_part(ana):
    (mail,) = queue("greeting", [ana], context={"about": "a\x00b\x1b[31m\r\nc\x7f"})

    assert mail.subject == "Guardar: a b [31m c"
    assert "ab[31m\nc" in mail.text
    assert not {"\x00", "\x1b", "\r", "\x7f"} & set(mail.text + mail.html)


@pytest.mark.django_db(transaction=True)
def test_a_mail_of_a_rolled_back_deed_does_not_exist(ana):
    with pytest.raises(RuntimeError), transaction.atomic():
        queue("greeting", [ana], context={"about": "x"})
        raise RuntimeError

    assert not OutgoingMail.objects.exists()


def test_many_recipients_cost_one_statement(ana, django_assert_num_queries):
    many = [Recipient(f"person{number}@ibarra.example") for number in range(30)]
    with django_assert_num_queries(1):
        queue("greeting", many, context={"about": "x"})


def test_mails_of_a_thread_name_one_root_and_have_their_own_id(ana, bruno, settings):
    settings.MAIL_DOMAIN = "acme.example"

    mails = queue("greeting", [ana, bruno], context={"about": "x"}, thread="IBA-12")

    assert {mail.headers["References"] for mail in mails} == {"<thread.IBA-12@acme.example>"}
    assert {mail.headers["In-Reply-To"] for mail in mails} == {"<thread.IBA-12@acme.example>"}
    assert len({mail.message_id for mail in mails}) == 2
    assert all(mail.message_id.endswith("@acme.example>") for mail in mails)


def test_a_mail_outside_a_thread_answers_nothing(ana):
    (mail,) = queue("greeting", [ana], context={"about": "x"})

    assert mail.headers == {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def test_what_waits_for_a_person_can_be_taken_back(ana, bruno):
    for recipient in (ana, ana, bruno):
        queue("greeting", [recipient], context={"about": "x"})
    sent = OutgoingMail.objects.filter(person_id=1).first()
    sent.claim(at=timezone.now())
    sent.sent(at=timezone.now())

    assert cancel_for(1) == 1
    states = list(OutgoingMail.objects.order_by("person_id", "id").values_list("person_id", "state"))
    assert sorted(states) == [(1, State.CANCELLED), (1, State.SENT), (2, State.QUEUED)]


def test_the_lag_is_the_wait_of_the_oldest_due_mail(ana, bruno, unstarted_sink):
    now = timezone.now()
    assert lag(now) == timedelta(0)
    queue("greeting", [ana, bruno], context={"about": "x"})
    OutgoingMail.objects.filter(person_id=1).update(due_at=now - timedelta(minutes=7))

    assert lag(now) == timedelta(minutes=7)


def test_a_mail_that_is_put_off_does_not_lag(ana, unstarted_sink):
    now = timezone.now()
    queue("greeting", [ana], context={"about": "x"})
    OutgoingMail.objects.update(due_at=now + timedelta(minutes=5))

    assert lag(now) == timedelta(0)


def test_nothing_lags_while_delivery_is_held_or_no_server_is_configured(ana, unstarted_sink, settings):
    queue("greeting", [ana], context={"about": "x"})
    later = timezone.now() + timedelta(hours=1)
    assert lag(later) > timedelta(minutes=59)

    Delivery.current().hold(by_id=1, at=later)
    assert lag(later) == timedelta(0)

    Delivery.current().release()
    settings.MAIL_SERVER = None
    assert lag(later) == timedelta(0)
