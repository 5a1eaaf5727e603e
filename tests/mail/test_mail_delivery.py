"""What becomes of a row, with a real mail server at the other end."""

from datetime import timedelta

import pytest
from aiosmtpd.smtp import AuthResult
from django.db import connection
from django.utils import timezone

from mail.delivery import Delivered, deliver_due
from mail.models import LEASE, Delivery, OutgoingMail
from mail.outbox import Lane, Recipient, cancel_for, queue

pytestmark = pytest.mark.django_db
State = OutgoingMail.State
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now():
    return timezone.now() + timedelta(seconds=1)


def write(recipient, about="IBA-12", **options) -> OutgoingMail:
    (mail,) = queue("greeting", [recipient], context={"about": about}, **options)
    return mail


def states() -> list[str]:
    return list(OutgoingMail.objects.order_by("id").values_list("state", flat=True))


def break_building(mail) -> None:
    """A row that nobody can turn into a mail."""
    OutgoingMail.objects.filter(pk=mail.pk).update(headers={"X-Broken": 5})


# --- Sent ----------------------------------------------------------------------------------------------------------


def test_a_queued_mail_leaves_once_and_says_when(sink, ana, now):
    mail = write(ana)

    assert deliver_due(at=now) == Delivered(sent=1)
    assert deliver_due(at=now + timedelta(days=3)) == Delivered()

    mail.refresh_from_db()
    assert (mail.state, mail.sent_at, mail.attempts, mail.due_at) == (State.SENT, now, 1, None)
    assert sink.addresses == ["ana@ibarra.example"]


def test_the_mail_arrives_as_it_was_written(sink, ana, now, settings):
    settings.DEFAULT_FROM_EMAIL = "Acme Soporte <no-responder@acme.example>"
    mail = write(ana, about="añadir ítem", thread="IBA-12")

    deliver_due(at=now)

    (received,) = sink.received
    message = received.message
    assert message["From"] == "Acme Soporte <no-responder@acme.example>"
    assert message["To"] == "Ana Ruiz <ana@ibarra.example>"
    assert message["Subject"] == "Guardar: añadir ítem"
    assert message["Message-ID"] == mail.message_id
    assert message["References"] == message["In-Reply-To"] == "<thread.IBA-12@acme.example>"
    assert message["Date"].datetime == mail.created_at.replace(microsecond=0)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message.get_body(["plain"]).get_content() == mail.text
    assert message.get_body(["html"]).get_content() == mail.html


def test_a_batch_leaves_on_one_connection(sink, now):
    queue("greeting", [Recipient(f"person{n}@ibarra.example") for n in range(25)], context={"about": "x"})

    assert deliver_due(at=now) == Delivered(sent=25)
    assert sink.connections == 1


def test_a_connection_that_the_server_has_had_enough_of_is_opened_anew(sink, now):
    sink.mails_per_connection = 2
    queue("greeting", [Recipient(f"person{n}@ibarra.example") for n in range(5)], context={"about": "x"})

    assert deliver_due(at=now) == Delivered(sent=5)
    assert sink.connections == 3
    assert set(OutgoingMail.objects.values_list("attempts", flat=True)) == {1}


def test_tickets_pass_bulk(sink, ana, bruno, carla, now):
    for recipient in (ana, bruno):
        write(recipient, lane=Lane.BULK)
    write(carla)

    deliver_due(at=now)

    assert sink.addresses == ["carla@olmo.example", "ana@ibarra.example", "bruno@ibarra.example"]


def test_a_round_sends_no_more_than_it_may(sink, now):
    queue("greeting", [Recipient(f"person{n}@ibarra.example") for n in range(15)], context={"about": "x"})

    assert deliver_due(at=now, limit=12) == Delivered(sent=12)
    assert deliver_due(at=now) == Delivered(sent=3)


def test_a_mail_is_not_sent_before_it_is_due(sink, ana, now):
    write(ana)
    OutgoingMail.objects.update(due_at=now + MINUTE)

    assert deliver_due(at=now) == Delivered()
    assert deliver_due(at=now + MINUTE) == Delivered(sent=1)


# --- Refused and put off -------------------------------------------------------------------------------------------


def test_a_refused_recipient_fails_at_once_and_the_others_get_theirs(sink, ana, bruno, carla, now):
    sink.recipient_answers[bruno.address] = "550 5.1.1 No such user"
    queue("greeting", [ana, bruno, carla], context={"about": "x"})

    assert deliver_due(at=now) == Delivered(sent=2, failed=1)
    assert sorted(sink.addresses) == ["ana@ibarra.example", "carla@olmo.example"]
    refused = OutgoingMail.objects.get(address=bruno.address)
    assert (refused.state, refused.last_error) == (State.FAILED, "550 5.1.1 No such user")


def test_a_mail_that_was_refused_for_good_is_not_sent_again(sink, ana, now):
    sink.recipient_answers[ana.address] = "550 5.1.1 No such user"
    write(ana)
    deliver_due(at=now)
    sink.recipient_answers.clear()

    assert deliver_due(at=now + timedelta(days=1)) == Delivered()
    assert sink.received == []


def test_a_mail_whose_content_is_refused_fails_at_once(sink, ana, now):
    sink.data_answers = ["554 5.7.1 Looks like spam"]
    write(ana)

    assert deliver_due(at=now) == Delivered(failed=1)


def test_an_address_that_cannot_exist_fails_at_once(sink, now):
    for address in ("", "ana", "ana@ibarra@example", "ana ruiz@ibarra.example", "ñandú@ibarra.example"):
        write(Recipient(address))

    assert deliver_due(at=now) == Delivered(failed=5)
    assert sink.received == []


def test_a_domain_with_accents_is_written_in_ascii(sink, now):
    write(Recipient("ana@peñón.example"))

    assert deliver_due(at=now) == Delivered(sent=1)
    assert sink.addresses == ["ana@xn--pen-8mak.example"]


@pytest.mark.parametrize("code", [421, 432, 450, 451, 452])
def test_a_mail_that_is_put_off_comes_back_and_arrives(code, sink, ana, bruno, now):
    sink.recipient_answers[ana.address] = f"{code} 4.7.1 Later"
    queue("greeting", [ana, bruno], context={"about": "x"})

    assert deliver_due(at=now) == Delivered(sent=1, put_off=1)
    assert OutgoingMail.objects.get(address=ana.address).last_error == f"{code} 4.7.1 Later"

    sink.recipient_answers.clear()
    assert deliver_due(at=now + 2 * MINUTE) == Delivered(sent=1)
    assert sink.addresses == ["bruno@ibarra.example", "ana@ibarra.example"]


def test_the_waits_grow_from_a_minute_to_two_hours_and_end_after_two_days(sink, ana, now):
    sink.recipient_answers[ana.address] = "451 4.7.1 Later"
    mail, at, waits = write(ana), now, []

    while deliver_due(at=at) == Delivered(put_off=1):
        mail.refresh_from_db()
        waits.append((mail.due_at - at) / MINUTE)
        at = mail.due_at

    for wait, least in zip(waits, [1, 5, 15, 60] + [120] * len(waits), strict=False):
        assert least <= wait <= least * 1.2
    mail.refresh_from_db()
    assert mail.state == State.FAILED
    assert timedelta(hours=45) < at - now <= timedelta(hours=48)


def test_a_sender_that_is_refused_loses_no_mail(sink, ana, bruno, now):
    sink.sender_answers = ["550 5.7.1 Sender not allowed"]
    queue("greeting", [ana, bruno], context={"about": "x"})

    assert deliver_due(at=now) == Delivered(sent=1, put_off=1)


# --- A server in trouble -------------------------------------------------------------------------------------------


def test_a_connection_lost_after_the_mail_was_handed_over_brings_it_again_under_the_same_id(sink, ana, now):
    mail = write(ana)
    sink.hangs_up_after_data = True

    assert deliver_due(at=now) == Delivered(put_off=1)
    sink.hangs_up_after_data = False
    assert deliver_due(at=now + 2 * MINUTE) == Delivered(sent=1)

    assert sink.message_ids == [mail.message_id, mail.message_id]


def test_a_server_that_hangs_up_on_everybody_is_left_alone_after_three_mails(sink, now):
    queue("greeting", [Recipient(f"person{n}@ibarra.example") for n in range(8)], context={"about": "x"})
    sink.hangs_up_after_data = True

    assert deliver_due(at=now) == Delivered(put_off=3)
    assert sink.connections == 3


def test_while_the_server_is_down_no_try_is_spent_and_nothing_is_lost(unstarted_sink, ana, bruno, now):
    queue("greeting", [ana, bruno], context={"about": "x"})

    assert deliver_due(at=now) == Delivered()
    delivery = Delivery.current()
    assert (delivery.failures, delivery.paused_until) == (1, now + timedelta(seconds=15))
    assert "refused" in delivery.last_error
    assert set(OutgoingMail.objects.values_list("state", "attempts")) == {(State.QUEUED, 0)}

    unstarted_sink.start()
    assert deliver_due(at=now + timedelta(seconds=14)) == Delivered()
    assert deliver_due(at=now + timedelta(seconds=15)) == Delivered(sent=2)
    assert (Delivery.current().failures, Delivery.current().paused_until) == (0, None)


def test_an_outage_of_three_days_gives_no_mail_up(unstarted_sink, ana, now):
    write(ana)
    deliver_due(at=now)
    unstarted_sink.start()
    unstarted_sink.recipient_answers[ana.address] = "451 4.7.1 Later"

    assert deliver_due(at=now + timedelta(days=3)) == Delivered(put_off=1)


def test_only_one_worker_knocks_while_the_server_is_down(unstarted_sink, ana, now):
    write(ana)
    deliver_due(at=now)
    later = now + MINUTE

    assert Delivery.current().may_knock(at=later)
    assert not Delivery.current().may_knock(at=later)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_refused_log_in_pauses_delivery_longer_each_time_and_spends_no_try(unstarted_sink, ana, now, settings):
    logins = []
    unstarted_sink.start(
        authenticator=lambda *args: logins.append(args) or AuthResult(success=False, handled=False),
        auth_require_tls=False,
        auth_required=True,
    )
    settings.MAIL_SERVER = unstarted_sink.as_setting("portal", "wrong")
    write(ana)
    tried = []
    for minute in range(90):
        before = len(logins)
        deliver_due(at=now + minute * MINUTE)
        if len(logins) > before:
            tried.append(minute)

    assert tried == [0, 1, 6, 21, 81]
    assert Delivery.current().last_error.startswith("535")
    assert list(OutgoingMail.objects.values_list("state", "attempts")) == [(State.QUEUED, 0)]


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_the_right_password_opens_the_door(unstarted_sink, ana, now, settings):
    unstarted_sink.start(
        authenticator=lambda server, session, envelope, mechanism, data: AuthResult(
            success=(data.login, data.password) == (b"portal", b"right")
        ),
        auth_require_tls=False,
        auth_required=True,
    )
    settings.MAIL_SERVER = unstarted_sink.as_setting("portal", "right")
    write(ana)

    assert deliver_due(at=now) == Delivered(sent=1)


def test_a_server_that_asks_for_a_log_in_after_all_spends_no_try(sink, ana, bruno, now):
    sink.sender_answers = ["530 5.7.0 Authentication required"]
    queue("greeting", [ana, bruno], context={"about": "x"})

    assert deliver_due(at=now) == Delivered()
    assert set(OutgoingMail.objects.values_list("state", "attempts", "crashes")) == {(State.QUEUED, 0, 0)}
    assert Delivery.current().paused_until == now + MINUTE


# --- Poison and dead workers ---------------------------------------------------------------------------------------


def test_a_mail_that_cannot_be_built_fails_after_five_tries_and_the_others_flow(sink, ana, bruno, now):
    poison = write(ana)
    break_building(poison)
    write(bruno)

    assert deliver_due(at=now) == Delivered(sent=1, put_off=1)
    for hours in range(3, 9):
        deliver_due(at=now + timedelta(hours=hours))

    poison.refresh_from_db()
    assert (poison.state, poison.attempts) == (State.FAILED, 5)
    assert poison.last_error.startswith("AttributeError")
    assert sink.addresses == ["bruno@ibarra.example"]


def test_the_mail_of_a_dead_worker_is_taken_over_under_the_same_id_when_its_lease_ends(sink, ana, now):
    mail = write(ana)
    mail.claim(at=now)

    assert deliver_due(at=now + LEASE - timedelta(seconds=1)) == Delivered()
    assert deliver_due(at=now + LEASE) == Delivered(sent=1)
    assert sink.message_ids == [mail.message_id]


def test_a_mail_that_kills_its_worker_five_times_is_not_tried_again(sink, ana, bruno, now):
    mail = write(ana)
    for death in range(5):
        assert mail.claim(at=now + death * LEASE)
    write(bruno)

    assert deliver_due(at=now + 5 * LEASE) == Delivered(sent=1, failed=1)
    assert sink.addresses == ["bruno@ibarra.example"]


def test_a_worker_that_lost_its_lease_changes_nothing(ana, now):
    slow = write(ana)
    slow.claim(at=now)
    quick = OutgoingMail.objects.get()
    quick.claim(at=now + LEASE)

    assert not slow.fail("too late")
    assert not slow.put_off("too late", at=now + LEASE)
    assert quick.sent(at=now + LEASE)
    assert states() == [State.SENT]


def test_a_mail_is_claimed_by_one_worker_only(ana, now):
    write(ana)
    first, second = OutgoingMail.objects.get(), OutgoingMail.objects.get()

    assert first.claim(at=now)
    assert not second.claim(at=now)
    assert not second.claim(at=now + LEASE), "it has not seen the other's try"


# --- Order, hold, cancel, keep -------------------------------------------------------------------------------------


def test_within_a_thread_a_later_mail_waits_for_an_earlier_one(sink, ana, bruno, now):
    sink.recipient_answers[ana.address] = "451 4.7.1 Later"
    first = write(ana, thread="IBA-12")
    second = write(ana, thread="IBA-12")
    others = [write(ana, thread="IBA-13"), write(ana), write(bruno, thread="IBA-12")]
    sink.recipient_answers.clear()
    OutgoingMail.objects.filter(pk=first.pk).update(due_at=now + MINUTE)

    assert deliver_due(at=now) == Delivered(sent=3)
    assert set(sink.message_ids) == {mail.message_id for mail in others}

    assert deliver_due(at=now + MINUTE) == Delivered(sent=2)
    assert sink.message_ids[3:] == [first.message_id, second.message_id]


@pytest.mark.parametrize("end", [State.FAILED, State.CANCELLED, State.KEPT])
def test_an_earlier_mail_that_will_not_leave_holds_up_nobody(end, sink, ana, now):
    first, _second = write(ana, thread="IBA-12"), write(ana, thread="IBA-12")
    OutgoingMail.objects.filter(pk=first.pk).update(state=end, due_at=None)

    assert deliver_due(at=now) == Delivered(sent=1)


def test_a_dead_workers_mail_keeps_its_place_in_the_thread(sink, ana, now):
    first, second = write(ana, thread="IBA-12"), write(ana, thread="IBA-12")
    first.claim(at=now)

    assert deliver_due(at=now) == Delivered()
    assert deliver_due(at=now + LEASE) == Delivered(sent=2)
    assert sink.message_ids == [first.message_id, second.message_id]


def test_nothing_leaves_while_staff_hold_delivery(sink, ana, now):
    write(ana)
    Delivery.current().hold(by_id=5, at=now)

    assert deliver_due(at=now) == Delivered()
    assert states() == [State.QUEUED]

    Delivery.current().release()
    assert deliver_due(at=now) == Delivered(sent=1)


def test_nothing_leaves_while_the_environment_holds_delivery(sink, ana, now, settings):
    settings.MAIL_HOLD = True
    write(ana)

    assert deliver_due(at=now) == Delivered()
    assert states() == [State.QUEUED]


def test_a_hold_survives_trouble_with_the_server(now):
    stale = Delivery.current()
    Delivery.current().hold(by_id=5, at=now)

    stale.pause("Connection refused", delays=(MINUTE,), at=now)

    assert Delivery.current().held


def test_without_a_server_mail_is_kept_and_a_later_server_does_not_send_it(sink, ana, bruno, now, settings):
    server, settings.MAIL_SERVER = settings.MAIL_SERVER, None
    write(ana)

    assert deliver_due(at=now) == Delivered(kept=1)

    settings.MAIL_SERVER = server
    write(bruno)
    assert deliver_due(at=now + MINUTE) == Delivered(sent=1)
    assert sink.addresses == ["bruno@ibarra.example"]


def test_a_cancelled_mail_does_not_leave(sink, ana, now):
    write(ana)
    cancel_for(ana.person_id)

    assert deliver_due(at=now) == Delivered()
    assert states() == [State.CANCELLED]


def test_a_mail_cancelled_while_a_worker_has_it_is_not_queued_again(ana, now):
    mail = write(ana)
    mail.claim(at=now)
    cancel_for(ana.person_id)

    assert not mail.put_off("451 Later", at=now)
    assert states() == [State.CANCELLED]


def test_a_mail_cancelled_too_late_says_that_it_was_sent(ana, now):
    mail = write(ana)
    mail.claim(at=now)
    cancel_for(ana.person_id)

    assert mail.sent(at=now)
    assert states() == [State.SENT]


@pytest.mark.parametrize("end", [State.SENT, State.FAILED, State.KEPT])
def test_a_mail_that_is_sent_again_starts_afresh_under_the_same_id(end, sink, ana, now):
    mail = write(ana)
    OutgoingMail.objects.update(
        state=end, due_at=None, sent_at=now, attempts=9, crashes=5, tried_since=now - timedelta(days=3)
    )

    assert OutgoingMail.objects.resend(at=now) == 1
    sink.recipient_answers[ana.address] = "451 4.7.1 Later"
    assert deliver_due(at=now) == Delivered(put_off=1)
    sink.recipient_answers.clear()
    assert deliver_due(at=now + 2 * MINUTE) == Delivered(sent=1)
    assert sink.message_ids == [mail.message_id]


def test_what_was_cancelled_or_waits_is_not_sent_again(ana, bruno, now):
    write(ana)
    cancel_for(ana.person_id)
    write(bruno)

    assert OutgoingMail.objects.resend(at=now) == 0


# --- The query that every tick asks --------------------------------------------------------------------------------


def test_looking_for_due_mail_never_reads_through_the_table(now):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")

    plan = OutgoingMail.objects.due(now)[:10].explain()

    assert "Seq Scan" not in plan
    assert "SCAN mail" not in plan


def test_a_tick_with_nothing_due_costs_two_queries_and_no_connection(sink, now, django_assert_num_queries):
    with django_assert_num_queries(2):
        deliver_due(at=now)
    assert sink.connections == 0
