"""Plays the stories through the verbs that the pages use, one deed at a time."""

from collections.abc import Iterable, Sequence
from typing import Any

from accounts.models import User
from announcements.models import Incident
from contracts.models import Product
from files import display
from files.receiving import receive
from files.types import Kind
from portal.demo.attachments import uploaded
from portal.demo.stories import Step, Story
from releases.models import ReleaseNote
from tickets.forms import RequestForm
from tickets.models import Draft, Request, RequestType, Ticket, Topic
from tickets.status import Priority


class Stage:
    """The people by login name, or by address without one; and the ticket of each story so far, by its subject."""

    def __init__(self, people: Iterable[User]) -> None:
        self.people = {person.login or person.email: person for person in people}
        self.tickets: dict[str, int] = {}

    # --- what people do apart from the stories ---

    def leave(self, login: str) -> None:
        """Somebody leaves the company, and a manager ends the access."""
        person = self.people[login]
        person.deactivate(by=User.objects.managers().filter(company=person.company).first())

    def read_all(self, login: str) -> None:
        Ticket.objects.mark_read(self.people[login])

    # --- the stories ---

    def open(self, story: Story) -> None:
        if story.request:
            details: dict[str, Any] = {"subject": story.subject, "body": story.text, "answers": story.answers}
            sent = self.ask(story.by, story.request, **details)
            if isinstance(sent, Ticket):
                self.tickets[story.subject] = sent.pk
            return
        topic = Topic.objects.filter(name=story.topic).earliest("pk")
        ticket = self.draft(story.by, None, story.files).open_ticket(
            subject=story.subject,
            body=story.text,
            topic=topic,
            accepts_surcharge=bool(topic.department.surcharge),
            product=Product.objects.get(name=story.module) if story.module else None,
            priority=Priority[story.priority.upper()],
            followers=[self.people[login] for login in story.copy],
            follows_up=self.ticket(story.follows) if story.follows else None,
        )
        self.tickets[story.subject] = ticket.pk

    def ask(self, login: str, slug: str, *, subject: str, body: str, answers: Iterable[str]) -> Ticket | Request:
        """Somebody fills in a form of Solicitudes, with as many questions answered as there are answers."""
        kind = RequestType.objects.offered().get(slug=slug)
        questions = {
            question.name: answer for question, answer in zip(kind.topic.form_fields.all(), answers, strict=False)
        }
        typed = {"key": Draft.new_key(), "subject": subject, "body": body} | questions
        form = RequestForm(typed, person=self.people[login], request_type=kind)
        if not form.is_valid():
            raise ValueError(form.errors)
        return form.save()

    def approve(self, subject: str, *, by: User) -> None:
        asked = Request.objects.waiting().select_related("author__company", "type__topic").get(subject=subject)
        self.tickets[subject] = asked.approve(by=by).pk

    def play(self, story: Story, step: Step) -> None:
        """One step of a story. A customer who does something has read what was there."""
        if step.deed == "approve":
            return self.approve(story.subject, by=self.people[step.by])
        ticket, by = self.ticket(story.subject), self.people[step.by]
        if by.is_staff:
            return self.attend(ticket, step, by=by)
        if ticket.answered_at:
            ticket.mark_read(by)
        return self.converse(ticket, step, by=by)

    def converse(self, ticket: Ticket, step: Step, *, by: User) -> None:
        """What both sides do."""
        match step.deed:
            case "reply":
                self.draft(step.by, ticket, step.files).reply(body=step.value, then=step.then)
            case "copy":
                ticket.add_follower(by=by, person=self.people[step.value])
            case "close":
                ticket.close(by=by)
            case "reopen":
                ticket.reopen(by=by)

    def attend(self, ticket: Ticket, step: Step, *, by: User) -> None:
        """What support does, and what both sides do."""
        match step.deed:
            case "note":
                ticket.note(by=by, body=step.value)
            case "assign":
                ticket.assign(by=by, to=self.people[step.value] if step.value else None)
            case "move":
                ticket.set_status(step.value, by=by)
            case "version":
                ticket.schedule(by=by, note=ReleaseNote.objects.get(text__startswith=step.value))
            case "depends":
                ticket.link(by=by, incident=Incident.objects.get(title=step.value))
            case "priority":
                priority = Priority[step.value.upper()]
                ticket.classify(by=by, topic=ticket.topic, product=ticket.product, priority=priority)
            case "charge":
                ticket.charge(by=by, is_charged=False, reason=step.value)
            case _:
                self.converse(ticket, step, by=by)

    def ticket(self, subject: str) -> Ticket:
        return Ticket.objects.select_related("company").get(pk=self.tickets[subject])

    def draft(self, login: str, ticket: Ticket | None, files: Sequence[str]) -> Draft:
        """What somebody is about to send: the form's draft with its files, whose pictures can be seen already."""
        draft = Draft.objects.at(key=Draft.new_key(), person=self.people[login], ticket=ticket)
        attached = draft.add([receive(uploaded(name)) for name in files]) if files else []
        for attachment in attached:
            if attachment.stored.kind == Kind.PICTURE:
                display.make_copy(attachment.stored)
        return draft
