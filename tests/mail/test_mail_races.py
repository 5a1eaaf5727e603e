"""Workers that meet: each row goes out once."""

import multiprocessing
import signal
import threading
import time

import pytest
from django.db import connection, connections
from django.utils import timezone

from mail.delivery import Delivered, deliver_due
from mail.models import LEASE, Delivery, OutgoingMail
from mail.outbox import Recipient, queue

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROWS = 10


@pytest.fixture
def slow_sink(sink):
    """Gives other workers time to meet the one that it serves."""
    sink.seconds_per_mail = 0.02
    return sink


@pytest.fixture
def sink_for_two(slow_sink):
    """Takes the first mail when two workers are connected, and so have both seen which mails are due."""
    slow_sink.waits_for_connections = 2
    return slow_sink


def deliver_at_once(workers: int) -> list[Delivered]:
    """What each of the workers did, all of them starting together."""
    start, done = threading.Barrier(workers), []

    def work() -> None:
        try:
            start.wait(5)
            done.append(deliver_due(at=timezone.now()))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def write(rows: int = ROWS) -> list[str]:
    mails = queue("greeting", [Recipient(f"person{n}@ibarra.example") for n in range(rows)], context={"about": "x"})
    return sorted(mail.message_id for mail in mails)


def test_two_workers_send_each_mail_once(sink_for_two):
    written = write()

    done = deliver_at_once(2)

    assert sorted(sink_for_two.message_ids) == written
    assert sum(delivered.sent for delivered in done) == ROWS


def test_twin_without_the_conditional_claim_mails_go_out_twice(sink_for_two, monkeypatch):
    def claim(mail, *, at):
        mail.attempts, mail.state, mail.lease_until = mail.attempts + 1, mail.State.SENDING, at + LEASE
        mail.save()
        return True

    monkeypatch.setattr(OutgoingMail, "claim", claim)
    written = write()

    deliver_at_once(2)

    assert set(sink_for_two.message_ids) == set(written)
    assert len(sink_for_two.message_ids) > ROWS


def test_two_workers_keep_the_order_of_a_thread(slow_sink):
    ana = Recipient("ana@ibarra.example")
    written = [queue("greeting", [ana], context={"about": n}, thread="IBA-12")[0].message_id for n in range(ROWS)]

    while OutgoingMail.objects.waiting().exists():
        deliver_at_once(2)

    assert slow_sink.message_ids == written


@pytest.mark.parametrize(("moment", "doubles"), [("before", 0), ("after", 1)])
def test_a_killed_worker_loses_nothing_and_doubles_at_most_the_mail_in_its_hand(moment, doubles, sink):
    """Killed while the fourth mail is handed over: `before` the server has it, or `after`, unanswered."""
    written, now = write(), timezone.now()
    connections.close_all()
    worker = multiprocessing.get_context("fork").Process(target=deliver_due)
    sink.call_at(moment, 4, worker.kill)

    worker.start()
    worker.join()

    assert worker.exitcode == -signal.SIGKILL
    assert deliver_due(at=now) == Delivered(sent=ROWS - 4)
    assert deliver_due(at=now + 2 * LEASE) == Delivered(sent=1)
    assert sorted(set(sink.message_ids)) == written
    assert len(sink.message_ids) == ROWS + doubles


def test_a_hold_is_noticed_by_a_worker_that_is_at_work(slow_sink):
    write(40)
    worker = threading.Thread(target=deliver_at_once, args=[1])
    worker.start()
    while not slow_sink.received:
        time.sleep(0.01)

    Delivery.current().hold(by_id=1, at=timezone.now())
    worker.join()

    assert 0 < OutgoingMail.objects.waiting().count() < 40
