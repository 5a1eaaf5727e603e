"""Mail servers that fall silent: a worker is free again in time, and nothing is lost."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from django.utils import timezone

from mail.delivery import Delivered, deliver_due
from mail.models import Delivery, OutgoingMail
from mail.outbox import queue

pytestmark = pytest.mark.django_db
TIME_OUT = 0.4
SILENCE = None


@contextmanager
def server_that_answers(*answers: str | None, byte_by_byte: bool = False):
    """One answer per line that the client sends (the first is the greeting); after them, or at SILENCE, nothing."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def talk() -> None:
        with suppress(OSError):
            line, _address = listening.accept()
            with line, line.makefile("rb") as commands:
                for number, answer in enumerate(answers):
                    if number:
                        commands.readline()
                    if answer is SILENCE:
                        break
                    say(line, answer)
                over.wait(10)

    def say(line: socket.socket, answer: str) -> None:
        for byte in (answer + "\r\n").encode():
            line.sendall(bytes([byte]))
            if byte_by_byte and over.wait(TIME_OUT / 2):
                return

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        over.set()
        listening.close()
        thread.join()


@pytest.fixture
def mail(ana):
    (mail,) = queue("greeting", [ana], context={"about": "IBA-12"})
    return mail


def deliver_to(port: int, settings, **options) -> Delivered:
    settings.MAIL_TIMEOUT = TIME_OUT
    settings.MAIL_SERVER = {
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": None,
        "EMAIL_HOST_PASSWORD": None,
        **options,
    }
    began = time.monotonic()
    delivered = deliver_due(at=timezone.now())
    assert time.monotonic() - began < 10 * TIME_OUT
    return delivered


@pytest.mark.parametrize(
    ("answers", "options"),
    [
        ((SILENCE,), {}),
        (("220 slow.example", SILENCE), {}),
        (("220 slow.example", "250-hello\r\n250 STARTTLS", "220 go on", SILENCE), {"EMAIL_USE_TLS": True}),
        ((SILENCE,), {"EMAIL_USE_SSL": True}),
    ],
    ids=["no greeting", "after EHLO", "at STARTTLS", "at TLS"],
)
def test_a_server_that_never_gets_going_costs_no_try(answers, options, mail, settings):
    with server_that_answers(*answers) as port:
        assert deliver_to(port, settings, **options) == Delivered()

    assert Delivery.current().failures == 1
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == (OutgoingMail.State.QUEUED, 0)


def test_a_server_that_drips_byte_by_byte_is_not_waited_for(mail, settings):
    with server_that_answers("220 " + "slow" * 20, byte_by_byte=True) as port:
        assert deliver_to(port, settings) == Delivered()

    assert Delivery.current().failures == 1


def test_a_server_without_the_encryption_we_want_gets_nothing(mail, settings):
    with server_that_answers("220 plain.example", "250 hello", "250 sender", "250 recipient") as port:
        assert deliver_to(port, settings, EMAIL_USE_TLS=True) == Delivered()

    assert "STARTTLS" in Delivery.current().last_error


@pytest.mark.parametrize(
    "answers",
    [
        ("220 slow.example", "250 hello", SILENCE),
        ("220 slow.example", "250 hello", "250 sender", "250 recipient", SILENCE),
        ("220 slow.example", "250 hello", "250 sender", "250 recipient", "354 go on", SILENCE),
    ],
    ids=["after the sender", "after DATA", "after the mail"],
)
def test_a_server_that_falls_silent_gets_the_mail_again_later(answers, mail, settings):
    with server_that_answers(*answers) as port:
        assert deliver_to(port, settings) == Delivered(put_off=1)

    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.crashes) == (OutgoingMail.State.QUEUED, 1, 0)
    assert mail.due_at > timezone.now()
