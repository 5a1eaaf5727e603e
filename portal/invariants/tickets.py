"""Tickets: what was sent is there once, and a ticket that is there is complete."""

from collections.abc import Iterator
from itertools import chain

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_lazy as _

from accounts.models import Company
from portal.invariants.looking import Look, Rule, broken, how_many
from portal.invariants.mails import of_threads
from tickets.models import Answer, Attachment, Draft, Event, Follower, Guest, Message, Ticket
from tickets.status import Status


def what_was_sent_is_there_once(look: Look) -> Iterator[str]:
    sent = Draft.objects.filter(sent_message__isnull=False)
    same = Draft.objects.filter(sent_message=OuterRef("sent_message")).exclude(pk=OuterRef("pk"))
    earlier = Message.objects.filter(ticket=OuterRef("sent_message__ticket"), pk__lt=OuterRef("sent_message"))
    later_numbers = Ticket.objects.filter(company=OuterRef("pk"), number__gt=OuterRef("ticket_counter"))
    return broken(
        Rule(_("Draft %(row)s led to the message of another draft."), sent.filter(Exists(same))),
        Rule(
            _("Draft %(row)s led to a message of somebody else."),
            sent.filter(Q(sent_message__author=None) | ~Q(sent_message__author=F("person"))),
        ),
        Rule(
            _("Draft %(row)s led to a message of another ticket."),
            sent.filter(~Q(sent_message__ticket=F("ticket")), ticket__isnull=False),
        ),
        Rule(_("Draft %(row)s did not open its ticket."), sent.filter(Exists(earlier), ticket=None)),
        Rule(
            _("Draft %(row)s was sent and kept files."),
            sent.filter(Exists(Attachment.objects.filter(draft=OuterRef("pk")))),
        ),
        Rule(
            _("Company %(row)s has a ticket whose number is still to be given."),
            Company.objects.filter(Exists(later_numbers)),
        ),
    )


def tickets_are_complete(look: Look) -> Iterator[str]:
    tickets = Ticket.objects.select_related("company", "guest")
    return chain(nothing_is_missing(tickets), numbers_agree(tickets), dates_and_states_agree(tickets), mails_have_one())


def nothing_is_missing(tickets: QuerySet[Ticket]) -> Iterator[str]:
    births = Event.objects.filter(kind__in=[Event.Kind.OPENED, Event.Kind.IMPORTED])
    author = Follower.objects.filter(ticket=OuterRef("pk"), user=OuterRef("author"))
    guests = Guest.objects.filter(ticket=OuterRef("pk"))
    return broken(
        Rule(
            _("Ticket %(row)s has no message."),
            tickets.filter(~Exists(Message.objects.filter(ticket=OuterRef("pk")))),
        ),
        Rule(
            _("The author of ticket %(row)s does not follow it."), tickets.filter(~Exists(author), author__isnull=False)
        ),
        Rule(
            _("Ticket %(row)s is of no company and of no guest."),
            tickets.filter(company=None).filter(~Exists(guests.filter(adopted_at=None))),
        ),
        Rule(
            _("Ticket %(row)s is of a company and still open to its guest."),
            tickets.filter(Exists(guests.filter(adopted_at=None)), company__isnull=False),
        ),
        Rule(
            _("Ticket %(row)s was not opened or imported exactly once."),
            tickets.alias(births=how_many(births, "ticket")).filter(~Q(births=1)),
        ),
    )


def numbers_agree(tickets: QuerySet[Ticket]) -> Iterator[str]:
    messages, files = how_many(Message.objects.all(), "ticket"), how_many(Attachment.objects.all(), "ticket")
    answers = how_many(Answer.objects.all(), "ticket")
    return broken(
        Rule(
            _("Ticket %(row)s has more or fewer messages than it says."),
            tickets.alias(messages_there=messages).filter(~Q(messages_there=F("reply_count") + 1)),
        ),
        Rule(
            _("Ticket %(row)s has more or fewer files than it says."),
            tickets.alias(files_there=files).filter(~Q(files_there=F("file_count"))),
        ),
        Rule(
            _("Ticket %(row)s has more or fewer answers to what was asked than it says."),
            tickets.alias(answers_there=answers).filter(~Q(answers_there=F("answer_count"))),
        ),
    )


def dates_and_states_agree(tickets: QuerySet[Ticket]) -> Iterator[str]:
    """What the ticket's columns repeat of its thread and its timeline."""
    messages = Message.objects.filter(ticket=OuterRef("pk")).order_by("-created_at")
    steps = Event.objects.filter(ticket=OuterRef("pk"), kind__in=Event.STEPS).order_by("-pk")
    told = Event.objects.filter(ticket=OuterRef("pk"), kind__in=Event.ANSWERS).order_by("-pk")
    is_imported = Exists(Event.objects.filter(ticket=OuterRef("pk"), kind=Event.Kind.IMPORTED))
    tickets = tickets.alias(
        last=Subquery(messages.values("created_at")[:1]),
        written=Subquery(messages.filter(from_support=True).values("created_at")[:1]),
        told=Subquery(told.values("created_at")[:1]),
        answer=Coalesce(Greatest("written", "told"), "written", "told"),
        step=Subquery(steps.annotate(new=KT("data__new")).values("new")[:1]),
        step_at=Subquery(steps.values("created_at")[:1]),
    )
    answered_otherwise = Q(answered_at__isnull=False) & (Q(answer=None) | ~Q(answer=F("answered_at")))
    never_answered = Q(~is_imported, answered_at=None, answer__isnull=False)
    never_moved = Q(~Q(status=Status.NEW), ~is_imported, step=None)
    return broken(
        Rule(
            _("The last message of ticket %(row)s has another date than it says."),
            tickets.filter(~Q(last=F("last_message_at"))),
        ),
        Rule(
            _("The last answer in ticket %(row)s has another date than it says."),
            tickets.filter(answered_otherwise | never_answered),
        ),
        Rule(
            _("Ticket %(row)s is in another state than its last step says."),
            tickets.filter(~Q(step=F("status")) | never_moved),
        ),
        Rule(
            _("Ticket %(row)s was resolved at another date than its last step says."),
            tickets.filter(~Q(step_at=F("closed_at")), status=Status.CLOSED),
        ),
    )


def mails_have_one() -> Iterator[str]:
    tickets = Ticket.objects.filter(company__code=OuterRef("code"), number=OuterRef("number"))
    return broken(
        Rule(_("E-mail %(row)s tells of a ticket that does not exist."), of_threads().filter(~Exists(tickets)))
    )
