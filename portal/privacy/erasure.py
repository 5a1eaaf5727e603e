"""Erasing a person: what says who they were goes from every table, and their messages stay under a pseudonym."""

from django.db import transaction

from accounts import emails, sessions
from accounts.models import ErasureRequest, User
from accounts.models.refusals import StillActive, Themselves
from announcements.models import Reading
from mail import outbox
from portal.privacy import declarations, elsewhere
from text.personal import Traces, emptied, rows
from tickets.models import Draft, Event, Follower, Guest, Message, ReadMark
from webinars.models import Registration, Sighting


def obstacle(person: User, *, by: User) -> StillActive | Themselves | None:
    """Why this person cannot be erased by `by` now, if so."""
    if person == by:
        return Themselves()
    return StillActive() if person.is_active else None


def erase(person: User, *, by: User, reason: str) -> bool:
    """Leaves of the person what the company and support wrote and were sent; False when it was done before.

    It cannot be undone. Files of drafts leave the disk with the janitor. Raises StillActive, Themselves.
    """
    if refusal := obstacle(person, by=by):
        raise refusal
    traces, company = traces_of(person), person.company
    words = [*traces.names, *traces.emails]
    mails = outbox.mentioning(words, company_id=person.company_id, code=company.code if company else "")
    keys = [session.pk for session, _held in sessions.of(person)]
    with transaction.atomic():
        if not person.erase(by=by, reason=reason):
            return False
        name = person.get_full_name()
        Draft.objects.forget(person)
        ReadMark.objects.filter(user=person).delete()
        Follower.objects.forget(traces)
        Registration.objects.forget(person)
        Sighting.objects.forget(person)
        Reading.objects.forget(person)
        Guest.objects.forget(traces, name=name)
        Message.objects.rename(traces, company=company, name=name)
        Event.objects.rename(traces, company=company, name=name)
        outbox.forget(person.pk, mails, words, name=name)
        elsewhere.forget(person, keys, name=name)
        for model in declarations.of_people():
            rows(model, traces).update(**emptied(model))
        for request in ErasureRequest.objects.waiting().filter(person=person):
            request.settle(ErasureRequest.State.DONE, by=by, reason=reason)
        emails.person_erased(person)
    return True


def traces_of(person: User) -> Traces:
    """By what rows are found to be about the person, before they are renamed; addresses that they had besides too."""
    table = next((table for table in elsewhere.tables() if table.label == "account.EmailAddress"), None)
    others = table.rows(person).values_list("email", flat=True) if table else ()
    return Traces(ids=[person.pk], emails=sorted({person.email, *others}), names=[person.get_full_name()])
