"""Demonstrations of other portals, by settings alone: `likes/<name>.env` is what the operator sets, `likes/<name>.toml`
what support writes on the desk, such as departments, topics and rules of use."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone, translation
from django.utils.text import slugify

from accounts.models import Company, User
from accounts.permissions import NEW_CONTACT_FLAGS
from announcements.models import Announcement, ContactEntry, RulesOfUse, ServiceComponent
from contracts.models import Product
from downloads.models import Component, Delivery
from files.receiving import receive
from knowledge.models import Article, Category
from portal.demo import cast
from portal.demo.moments import moment
from portal.demo.past import Past
from portal.demo.writer import NotEmpty, hire, keep_mails, move_back, refuse_beside_others
from releases.models import Release
from releases.versions import sort_key
from text.tokens import random_token
from tickets.models import Department, Guest, Topic
from tickets.status import Status

FOLDER = Path(__file__).parent / "likes"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
VERSION = "2026.1"
ARRIVAL = "2d 09:00"

__all__ = ["NAMES", "NotEmpty", "accounts", "guest_of", "is_written", "read", "write"]


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def is_written(name: str) -> bool:
    departments = [department["name"] for department in read(name)["departments"]]
    written = Department.objects.filter(name__in=departments).count() == len(departments)
    return written and User.objects.filter(login=cast.SUPERUSER.login).exists()


@transaction.atomic
def write(name: str, *, now: datetime) -> None:
    """The portal as support would have prepared it, and at most a guest's ticket in it. Raises NotEmpty."""
    refuse_beside_others()
    told, past = read(name), Past()
    past.begin(moment(ARRIVAL, now=now))
    with translation.override("es"):
        make_departments(told["departments"])
        people_arrive(told.get("company"))
        for position, entry in enumerate(told.get("contacts", ()), start=1):
            ContactEntry.objects.create(position=position, **entry)
        for position, component in enumerate(told.get("components", ()), start=1):
            ServiceComponent.objects.create(position=position, **component)
        for notice in told.get("announcements", ()):
            announce(notice, now=now)
        for article in told.get("articles", ()):
            put(article, now=now)
        recommend(told.get("downloads", ()), now=now)
        if "rules" in told:
            RulesOfUse.objects.draft(text=told["rules"]["text"].strip()).put_in_force(since=now, at=now)
        if "guest" in told:
            a_guest_asks(told["guest"], past, now=now)
    move_back(past)
    keep_mails(past)


def make_departments(told: Sequence[Mapping[str, Any]]) -> None:
    """These and no others: what a fresh database begins with gives way."""
    names = [department["name"] for department in told]
    Topic.objects.filter(pk__in=Topic.objects.offered().values("pk")).delete()
    position = 0
    for department in told:
        details = {key: value for key, value in department.items() if key not in ("name", "topics")}
        row, _is_new = Department.objects.update_or_create(name=department["name"], defaults=details)
        for head, *below in department["topics"]:
            position += 1
            parent = row.topics.create(name=head, position=position)
            for topic in below:
                position += 1
                row.topics.create(name=topic, parent=parent, position=position)
    Topic.objects.exclude(department__name__in=names).update(department=Department.objects.get(name=names[0]))
    Department.objects.exclude(name__in=names).delete()


def people_arrive(company: Mapping[str, Any] | None) -> None:
    """Support, and one company whose first person manages it."""
    superuser = User.objects.create_superuser(password=cast.PASSWORD, **cast.SUPERUSER.data)
    for person in cast.STAFF:
        hire(person)
    if company is not None:
        first, *others = company["people"]
        row = Company(**{name: value for name, value in company.items() if name != "people"})
        row.full_clean()
        User.objects.found_company(row, by=superuser, manager=person_data(first))
        manager = row.people.get()
        for person in others:
            permissions = dict.fromkeys((*NEW_CONTACT_FLAGS, *person.get("permissions", ())), True)
            User.objects.create_contact(by=manager, company=row, permissions=permissions, **person_data(person))
    User.objects.exclude(login=None).update(password=superuser.password)


def person_data(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"language": "es"} | {name: value for name, value in told.items() if name != "permissions"}


def accounts(name: str) -> list[tuple[str, str]]:
    """Login name and what it may do, of everybody who may log in."""
    company = read(name).get("company")
    customers = []
    if company is not None:
        first, *others = company["people"]
        customers = [(first["login"], f"{company['name']}: la gestiona")]
        customers += [(person["login"], company["name"]) for person in others]
    staff = [(str(person.login), person.can) for person in (*cast.STAFF, cast.SUPERUSER)]
    return [*customers, *staff]


def a_guest_asks(told: Mapping[str, Any], past: Past, *, now: datetime) -> None:
    """Somebody without an account opens a ticket, confirms it from the mail and is answered."""
    content = {name: told[name].strip() for name in ("name", "email", "subject", "body")}
    past.begin(moment("1d 10:05", now=now))
    guest = Guest.objects.ask(key=random_token(), topic=Topic.objects.get(name=told["topic"]), **content)
    past.begin(moment("1d 10:07", now=now))
    ticket = guest.verify()
    marta = User.objects.get(login="marta")
    past.begin(moment("1d 10:40", now=now))
    ticket.assign(by=marta, to=marta)
    past.begin(moment("1d 12:15", now=now))
    ticket.reply(by=marta, body=told["answer"].strip(), then=Status.WAITING)


def guest_of(name: str) -> Guest | None:
    """Whose ticket anybody may read who has the link, until it is a company's."""
    told = read(name).get("guest", {})
    return Guest.objects.readable().filter(email=told.get("email", "")).first()


def announce(told: Mapping[str, Any], *, now: datetime) -> None:
    row = Announcement.objects.draft(
        audience=Announcement.Audience.PUBLIC,
        until=None,
        modules=Product.objects.none(),
        companies=Company.objects.none(),
        **told,
    )
    at = now - timedelta(days=2)
    row.publish(at=at, tell=False, now=at)


def put(told: Mapping[str, Any], *, now: datetime) -> None:
    name = told["category"]
    category, _is_new = Category.objects.get_or_create(
        slug=slugify(name), defaults={"name": name, "position": 1, "is_faq": told.get("is_faq", False)}
    )
    Article.objects.write(
        category=category,
        position=category.articles.count() + 1,
        title=told["title"],
        text=told["text"],
        audience=Article.Audience.PUBLIC,
        state=Article.State.PUBLISHED,
        modules=Product.objects.none(),
        at=now - timedelta(days=2),
    )


def recommend(told: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Files for everybody, as those of one update."""
    if not told:
        return
    delivery = Delivery.objects.create(
        version=VERSION, version_key=sort_key(VERSION), state=Release.State.PUBLISHED, published_at=now
    )
    files = []
    for position, one in enumerate(told, start=1):
        details = {name: one[name] for name in ("slug", "name", "icon", "text")}
        component = Component.objects.create(position=position, is_public=True, **details)
        content = f"{one['name']}\n\n{one['text']}\n".encode()
        files.append((component, receive(SimpleUploadedFile(one["file"], content))))
    delivery.fill(files, at=timezone.now())
