"""Writes the demonstration in one transaction: everything or nothing."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import AuditEntry, Company, User
from announcements.models import Incident, IncidentUpdate
from contracts.models import LicenceFile, Product
from files.models import StoredFile
from knowledge.models import ArticleVote
from mail.models import OutgoingMail
from portal.demo import (
    announcements,
    articles,
    cast,
    incident,
    licences,
    news,
    requests,
    stories,
    trainings,
    updates,
    webinars,
)
from portal.demo.moments import moment
from portal.demo.past import Past
from portal.demo.stage import Stage
from releases.models import Release
from tickets.models import (
    Department,
    Draft,
    Event,
    Follower,
    Guest,
    InternalNote,
    Message,
    ReadMark,
    Request,
    RequestType,
    Surcharge,
    Ticket,
    Topic,
)

CODES = [company.data["code"] for company in cast.COMPANIES]
LOGINS = [person.login for person in cast.EVERYBODY if person.login]


class NotEmpty(Exception):
    """The portal holds companies or people of its own, beside which no demonstration is written."""


def is_written() -> bool:
    return Company.objects.filter(code__in=CODES).count() == len(CODES)


@transaction.atomic
def write(*, now: datetime) -> None:
    """Write the demonstration as if `now` were its last day. Raises NotEmpty."""
    refuse_beside_others()
    past = Past()
    with translation.override("es"):
        make_catalogue()
        play(past, now=now)
        move_back(past)
        past.begin(now - timedelta(hours=1))
        updates.write(now=now)
        trainings.write(now=now)
        articles.write(now=now)
        past.move(ArticleVote.objects.all(), "at")
        webinars.write(now=now)
        announcements.write(now=now)
        past.move(StoredFile.objects.all(), "created_at")
    keep_mails(past)


def changed_passwords() -> set[str]:
    """Login names of those who have chosen another password since, as the logbook tells."""
    changes = AuditEntry.objects.filter(kind=AuditEntry.Kind.PASSWORD_CHANGED).order_by()
    return set(User.objects.filter(login__in=LOGINS, pk__in=changes.values("actor_id")).values_list("login", flat=True))


def refuse_beside_others() -> None:
    """Accounts whose password everybody knows have no place among real companies."""
    if Company.objects.exists():
        raise NotEmpty(_("The portal already holds companies. The demonstration is only written into an empty portal."))
    if taken := User.objects.filter(login__in=LOGINS).order_by("login").values_list("login", flat=True):
        words = _("The demonstration needs login names that are taken: %(logins)s. Rename those accounts first.")
        raise NotEmpty(words % {"logins": ", ".join(taken)})


# --- what there is before anybody writes ---


def make_catalogue() -> None:
    """The vendor's modules, and topics beside those that every installation has."""
    for position, (name, icon) in enumerate(cast.MODULES, start=1):
        details = {"icon": icon, "position": position, "text": licences.TEXTS[name]}
        Product.objects.get_or_create(name=name, defaults=details)
    licences.make_services()
    announcements.make_components()
    Department.objects.make_first()
    RequestType.objects.make_first()
    first = Department.objects.earliest("pk")
    Department.objects.filter(pk=first.pk, hours="").update(**cast.FIRST_HOURS)
    departments = {name: make_department(name, **said) for name, said in cast.DEPARTMENTS.items()}
    Topic.objects.filter(request_type__slug__in=cast.ADMINISTRATIVE).update(department=departments["Administración"])
    for position, topic in enumerate(cast.TOPICS, start=1):
        department = departments.get(topic.department, first)
        Topic.objects.get_or_create(
            parent=Topic.objects.get(parent=None, name=topic.parent) if topic.parent else None,
            name=topic.name,
            defaults={"department": department, "position": position},
        )


def make_department(name: str, **said) -> Department:
    department, _is_new = Department.objects.get_or_create(name=name, defaults=said)
    return department


def people_arrive() -> None:
    """Support first; then each company with its manager, who makes the other accounts."""
    superuser = User.objects.create_superuser(password=cast.PASSWORD, **cast.SUPERUSER.data)
    for person in cast.STAFF:
        hire(person)
    for company in cast.COMPANIES:
        found(company, by=superuser)
    give_password(superuser.password)


def hire(person: cast.Person) -> None:
    staff = User(is_staff=True, **person.data)
    staff.set_unusable_password()
    staff.full_clean()
    staff.save()
    staff.groups.add(Group.objects.get(name=person.role))


def found(company: cast.Company, *, by: User) -> None:
    row = Company(**company.data)
    row.full_clean()
    User.objects.found_company(row, by=by, manager=company.manager.data)
    manager = row.people.get()
    for person in company.people:
        permissions = dict.fromkeys(person.permissions, True)
        User.objects.create_contact(by=manager, company=row, permissions=permissions, **person.data)


def give_password(encoded: str) -> None:
    """The same password for all, encoded once, because that takes its time on purpose."""
    accounts = User.objects.filter(login__in=LOGINS)
    accounts.update(password=encoded)
    to_change = [person.login for person in cast.EVERYBODY if person.must_change_password]
    accounts.filter(login__in=to_change).update(must_change_password=True)


# --- the year ---

Deed = tuple[datetime, Callable[[], object]]


def play(past: Past, *, now: datetime) -> None:
    """Everything in the order in which it happened, so that numbers, mails and events follow the dates."""
    past.begin(moment(cast.ARRIVAL, now=now))
    people_arrive()
    stage = Stage(User.objects.select_related("company"))
    for at, deed in sorted(deeds(stage, now=now), key=lambda deed: deed[0]):
        past.begin(at)
        deed()


def deeds(stage: Stage, *, now: datetime) -> Iterator[Deed]:
    for login, at in cast.LEAVERS.items():
        yield moment(at, now=now), partial(stage.leave, login)
    for login, at in cast.READERS.items():
        yield moment(at, now=now), partial(stage.read_all, login)
    for told in news.read(now=now):
        yield told.prepared_at, told.prepare
        if told.at < now:
            yield told.at, told.come_out
    for at, act in (*requests.DEEDS, *incident.DEEDS):
        yield moment(at, now=now), partial(act, stage)
    for at, deed in licences.DEEDS:
        yield moment(at, now=now), partial(deed, today=timezone.localdate(now))
    for story in stories.read():
        yield moment(story.at, now=now), partial(stage.open, story)
        for step in story.steps:
            yield moment(step.at, now=now), partial(stage.play, story, step)


# --- the past ---


def move_back(past: Past) -> None:
    """Every instant that was written, to its moment; the logbook alone stays as it is, for it refuses changes."""
    past.move(Company.objects.all(), "created_at")
    past.move(User.objects.all(), "created_at", "unread_from")
    dates = ("created_at", "turn_since", "last_message_at", "first_answer_at", "answered_at", "closed_at", "changed_at")
    past.move(Ticket.objects.all(), *dates, "available_at", "mended_at")
    past.move(Request.objects.all(), "asked_at", "decided_at")
    past.move(Guest.objects.all(), "asked_at", "verified_at")
    past.move(Surcharge.objects.all(), "accepted_at", "decided_at")
    for model in (Message, InternalNote, Event, Follower, StoredFile):
        past.move(model.objects.all(), "created_at")
    past.move(Incident.objects.all(), "starts_at", "ended_at")
    past.move(IncidentUpdate.objects.all(), "at")
    past.move(Release.objects.all(), "published_at")
    past.move(ReadMark.objects.all(), "read_to")
    past.move(Draft.objects.all(), "updated_at")
    past.move(LicenceFile.objects.all(), "uploaded_at", "mailed_at", "applied_at")


def keep_mails(past: Past) -> None:
    """Nobody is to get mail of what never happened: it stays in the outbox to be read."""
    written = OutgoingMail.objects.filter(created_at__gte=past.began[0]).order_by("pk")
    past.move(written, "created_at")
    OutgoingMail.objects.filter(pk__in=[mail.pk for mail in written]).keep()
