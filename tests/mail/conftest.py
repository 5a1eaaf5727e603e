import asyncio
import copy
import email
import email.policy
import socket
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import pytest
from aiosmtpd.controller import Controller

from mail.outbox import Recipient


@pytest.fixture
def ana() -> Recipient:
    """Writes for Ibarra, in Spanish."""
    return Recipient("ana@ibarra.example", "Ana Ruiz", "es", person_id=1, company_id=7)


@pytest.fixture
def bruno() -> Recipient:
    """Her manager, who reads English."""
    return Recipient("bruno@ibarra.example", "Bruno Gil", "en", person_id=2, company_id=7)


@pytest.fixture
def carla() -> Recipient:
    """Belongs to another company."""
    return Recipient("carla@olmo.example", "Carla Soto", "es", person_id=3, company_id=8)


@pytest.fixture(autouse=True)
def _test_templates(settings):
    """The templates of these tests beside the portal's."""
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"].append(Path(__file__).parent / "templates")
    settings.TEMPLATES = templates


class Received(NamedTuple):
    """One mail as the server got it."""

    recipients: list[str]
    message: EmailMessage


class Sink:
    """A real SMTP server on this machine; a test tells it what to answer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received: list[Received] = []
        self.connections = 0
        self.sender_answers: list[str] = []
        self.recipient_answers: dict[str, str] = {}
        self.data_answers: list[str] = []
        self.hangs_up_after_data = False
        self.mails_per_connection = 1000
        self.seconds_per_mail = 0.0
        self.waits_for_connections = 0
        self.calls: dict[tuple[str, int], Callable] = {}
        self.seen = 0
        self.controller: Controller | None = None

    def start(self, **options) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        self.controller.start()
        self.connections = 0

    def stop(self) -> None:
        if self.controller:
            self.controller.stop()
            self.controller = None

    def as_setting(self, user: str | None = None, password: str | None = None) -> dict:
        """The setting MAIL_SERVER for this server."""
        return {
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": self.port,
            "EMAIL_HOST_USER": user,
            "EMAIL_HOST_PASSWORD": password,
        }

    @property
    def addresses(self) -> list[str]:
        return [recipient for mail in self.received for recipient in mail.recipients]

    @property
    def message_ids(self) -> list[str]:
        return [mail.message["Message-ID"] for mail in self.received]

    def call_at(self, moment: str, number: int, call: Callable) -> None:
        """Do something `before` the mail of this number is taken, or `after` it is taken and not yet acknowledged."""
        self.calls[moment, number] = call

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        session.mails = 0
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.sender_answers:
            return self.sender_answers.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.recipient_answers:
            return self.recipient_answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.seen += 1
        if call := self.calls.get(("before", self.seen)):
            call()
            return "451 Try again"
        await asyncio.sleep(self.seconds_per_mail)
        while self.connections < self.waits_for_connections:
            await asyncio.sleep(0.01)
        answer = self.data_answers.pop(0) if self.data_answers else "250 OK"
        if answer.startswith("250"):
            message = email.message_from_bytes(envelope.content.replace(b"\r\n", b"\n"), policy=email.policy.default)
            self.received.append(Received(list(envelope.rcpt_tos), message))
        session.mails += 1
        if call := self.calls.get(("after", self.seen)):
            call()
        if self.hangs_up_after_data:
            server.transport.abort()
        return answer

    async def handle_NOOP(self, server, session, envelope, arg):
        return "421 Enough for one connection" if session.mails >= self.mails_per_connection else "250 OK"


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture
def unstarted_sink(settings):
    """A configured mail server that is down."""
    sink = Sink(free_port())
    settings.MAIL_SERVER = sink.as_setting()
    yield sink
    sink.stop()


@pytest.fixture
def sink(unstarted_sink):
    unstarted_sink.start()
    return unstarted_sink
