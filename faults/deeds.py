"""The deeds that are swept, statement by statement: what customers, support and the worker do to the database."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Company, User
from announcements.models import Incident
from faults.statements import Deed
from faults.verdict import demand
from files.receiving import Upload, receive
from mail import delivery
from mail.models import LEASE, OutgoingMail
from mail.outbox import Recipient, queue
from tickets.models import Draft, IllegalStep, Ticket, Topic
from tickets.models.past import AlreadyImported, PastMessage, PastThread
from tickets.status import Status

BODY = "La pantalla se queda en blanco al guardar.\n\nNinguna otra."


@dataclass(frozen=True)
class People:
    """`author` writes, `colleague` is put in copy, `agent` answers; `topic` is what it is about."""

    author: User
    colleague: User
    agent: User
    topic: Topic

    def opened(self) -> Ticket:
        return Ticket.objects.open(by=self.author, topic=self.topic, subject="Impresora", body=BODY)


def a_file(name: str = "captura.txt") -> Upload:
    return receive(SimpleUploadedFile(name, name.encode() * 100))


def new_draft(person: User, ticket: Ticket | None = None) -> Draft:
    return Draft.objects.at(key=Draft.new_key(), person=person, ticket=ticket)


def deeds(people: People) -> list[Deed]:
    """All but those that need a mail server."""

    def open_ticket() -> Callable[[], Any]:
        draft = new_draft(people.author)
        draft.add([a_file()])
        details: dict[str, Any] = {"topic": people.topic, "followers": [people.colleague]}
        return lambda: Draft.objects.get(pk=draft.pk).open_ticket(subject="Impresora", body=BODY, **details)

    def reply() -> Callable[[], Any]:
        draft = new_draft(people.author, people.opened())
        draft.add([a_file()])
        return lambda: Draft.objects.get(pk=draft.pk).reply(body=BODY)

    def answer() -> Callable[[], Any]:
        draft = new_draft(people.agent, people.opened())
        return lambda: Draft.objects.get(pk=draft.pk).reply(body=BODY, then=Status.CLOSED)

    def close() -> Callable[[], Any]:
        ticket = people.opened()
        return lambda: unless(IllegalStep, lambda: Ticket.objects.get(pk=ticket.pk).close(by=people.author))

    def attach() -> Callable[[], Any]:
        draft = new_draft(people.author)
        return lambda: Draft.objects.get(pk=draft.pk).add([a_file("a.txt"), a_file("b.txt")])

    def bring_in() -> Callable[[], Any]:
        number, company = Draft.new_key(), Company.objects.get(people=people.author)
        return lambda: unless(
            AlreadyImported,
            lambda: Ticket.objects.import_thread(past_thread(people, number), company=company),
        )

    def hear() -> Callable[[], Any]:
        incident = Incident.objects.open(by=people.agent, title="Retrasos", text="Lo miramos.", at=timezone.now())
        ticket = people.opened()
        ticket.link(by=people.agent, incident=incident)
        incident.update(by=people.agent, stage=Incident.Stage.RESOLVED, text="Ya.", at=timezone.now())
        return lambda: Ticket.objects.get(pk=ticket.pk).hear_of_incident()

    return [
        Deed("open a ticket", open_ticket),
        Deed("reply", reply),
        Deed("answer and resolve", answer),
        Deed("close", close),
        Deed("attach", attach),
        Deed("import", bring_in),
        Deed("hear of an incident", hear),
    ]


def unless(refusal: type[Exception], deed: Callable[[], Any]) -> None:
    """Do it; that it is done already is as good."""
    with suppress(refusal):
        deed()


def past_thread(people: People, number: str) -> PastThread:
    at = timezone.now() - timedelta(days=400)
    messages = [
        PastMessage(body=BODY, created_at=at, author=people.author, files=[a_file()]),
        PastMessage(body="Reinicie.", created_at=at + timedelta(hours=1), from_support=True, author=people.agent),
    ]
    return PastThread(
        external_id=number,
        author=people.author,
        topic=people.topic,
        subject="Impresora",
        status=Status.CLOSED,
        messages=messages,
    )


def open_by_the_page(people: People) -> Deed:
    """The whole request, session and person included: whatever fails, the answer is no error of ours."""

    def begin() -> Callable[[], Any]:
        browser = Client(raise_request_exception=False, headers={"host": settings.ALLOWED_HOSTS[0]})
        browser.force_login(people.author)
        key = Draft.new_key()

        def send() -> None:
            typed = {"key": key, "topic": people.topic.pk, "priority": 2, "subject": "Impresora", "body": BODY}
            file = SimpleUploadedFile("captura.txt", b"contenido")
            answer = browser.post(reverse("tickets:new"), typed | {"files": [file]}, secure=True)
            demand(answer.status_code in (200, 302, 503), f"the page answered {answer.status_code}")
            is_kept = answer.status_code == 302 or BODY.partition("\n")[0] in answer.content.decode()
            demand(is_kept, f"the page answered {answer.status_code} without what was typed")

        return send

    return Deed("open a ticket by its page", begin, is_whole=False)


def deliver(server: Any) -> Deed:
    """Claim a mail, hand it over, mark it as sent. `server` has the `message_ids` that it took."""
    clock = timezone.now()

    def begin() -> Callable[[], Any]:
        OutgoingMail.objects.cancel()  # what other deeds queued would leave first
        (mail,) = queue("ticket_assigned", [Recipient("ana@faults.example")], context={"ticket": a_ticket()})
        OutgoingMail.objects.filter(pk=mail.pk).update(due_at=clock)

        def attempt() -> None:
            nonlocal clock
            clock += 2 * LEASE
            delivery.deliver_due(at=clock)
            copies = server.message_ids.count(mail.message_id)
            demand(1 <= copies <= 2, f"{copies} copies of one mail")

        return attempt

    return Deed("deliver a mail", begin, is_whole=False)


def a_ticket() -> Ticket:
    return Ticket.objects.select_related("company").latest("pk")
