"""A person who has left something everywhere, with a word of theirs in each place; and where words are found."""

from collections.abc import Iterator

from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session

from accounts.models import User
from files.receiving import receive
from tests.factories import PASSWORD, TopicFactory, UserFactory, new_draft, open_ticket
from tests.walls.forms import ask_for_reset, log_in, text_file
from text.personal import declarable, declared
from tickets.models import Follower, Ticket

CANARIES = {
    "first_name": "Zulema-cñ1",
    "last_name": "Canaria-cñ2",
    "login": "zulema.cn3",
    "email": "zulema-cn4@iba.example",
    "phone": "+34 600 000 005",
}
OWN_WORDS = {"subject": "Asunto-cñ6", "body": "Cuerpo-cñ7", "draft": "Borrador-cñ8", "file": "archivo-cn9"}


def zulema_of(company) -> User:
    return UserFactory(company=company, **CANARIES)


def leave_traces(zulema, *, colleague, agent, stranger, client) -> Ticket:
    """Whatever a person may leave behind by using the portal; `client` is a browser of hers."""
    log_in(client, zulema.login, PASSWORD)
    ask_for_reset(client.__class__(), zulema.email)
    zulema.invite(by=colleague)
    ticket = written(zulema)
    ticket.assign(by=agent, to=agent)
    ticket.reply(by=agent, body="Lo miramos.")
    ticket.mark_read(zulema)
    ticket.add_follower(by=zulema, person=colleague)
    ticket.reply(by=zulema, body=OWN_WORDS["body"])
    theirs = open_ticket(colleague, subject="De la compañera", body="Otra cosa.")
    theirs.add_follower(by=colleague, person=zulema)
    theirs.remove_follower(theirs.followers.get(user=zulema), by=colleague)
    theirs.add_follower(by=colleague, person=zulema)
    elsewhere = open_ticket(stranger)
    elsewhere.add_follower(by=stranger, address=zulema.email)
    imported(theirs, zulema)
    draft = new_draft(zulema)
    draft.keep({"subject": "", "body": OWN_WORDS["draft"]})
    draft.add([receive(text_file(f"{OWN_WORDS['file']}.txt", b"Lo adjunto."))])
    EmailAddress.objects.create(user=zulema, email="zulema-cn10@iba.example")
    LogEntry.objects.create(
        user=agent,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(zulema.pk),
        object_repr=str(zulema),
        action_flag=CHANGE,
    )
    return ticket


def written(person) -> Ticket:
    draft = new_draft(person)
    draft.add([receive(text_file("captura.txt", b"Lo que se ve."))])
    return draft.open_ticket(topic=TopicFactory(), subject=OWN_WORDS["subject"], body=OWN_WORDS["body"])


def imported(ticket, person) -> None:
    ticket.messages.create(company=ticket.company, author_name=person.get_full_name(), body="De antes.")
    ticket.reply_count += 1
    ticket.save(update_fields=["reply_count"])
    ticket.events.create(kind="follower_added", data={"name": person.get_full_name()})  # as before it held a number


def places_of(words) -> Iterator[str]:
    """The columns of all tables in which one of the words stands, beside those that stay."""
    for model in apps.get_models():
        kept = declared(model, "KEPT")
        for name in declarable(model):
            values = model._base_manager.values_list(name, flat=True) if name not in kept else ()
            if any(word in str(value) for value in values for word in words):
                yield f"{model._meta.label}.{name}"


def sessions_of(person) -> int:
    return sum(session.get_decoded().get("_auth_user_id") == str(person.pk) for session in Session.objects.all())


def follows(person) -> set[int]:
    return set(Follower.objects.filter(user=person).values_list("ticket", flat=True))
