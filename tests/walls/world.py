"""The world behind the walls: for every role a person and their things, a colleague's, and another company's."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import Company, User
from files.receiving import receive
from tests.factories import PASSWORD, CompanyFactory, StaffFactory, TopicFactory, UserFactory, new_draft
from tests.walls.forms import text_file
from tests.walls.roles import CUSTOMERS, FLAGS, OUTSIDE, STAFF, Role
from tests.walls.table import Owner
from tickets.models import Attachment, Draft, Follower, Ticket

# The number of Norte's first ticket lies far from Ibarra's: the same number would name one's own.
FIRST_NUMBER_OF_NORTE = 5000


@dataclass
class Things:
    """What one person has."""

    ticket: Ticket
    file: Attachment
    follower: Follower
    resolved: Ticket
    followed: Ticket
    draft: Draft
    draft_file: Attachment
    invitation: str
    reset_link: dict[str, str]


@dataclass
class World:
    ibarra: Company
    norte: Company
    helper: User  # of Ibarra: in copy of everything
    newcomer: User  # of Ibarra: in copy of nothing yet
    colleague: User
    stranger: User  # of Norte
    people: dict[Role, User] = field(default_factory=dict)
    things: dict[int, Things] = field(default_factory=dict)
    sessions: dict[int, str] = field(default_factory=dict)
    clients: dict[int | None, Client] = field(default_factory=dict)

    def things_of(self, role: Role, owner: Owner) -> Things:
        """What an address names when `role` asks; a visitor's own things are those of the person with tickets."""
        match owner:
            case Owner.OWN:
                person = self.people.get(role) or self.people[Role.TICKETS]
            case Owner.COLLEAGUE:
                person = self.colleague
            case Owner.OTHER:
                person = self.stranger
            case Owner.ABSENT:
                return NOTHING
        return self.things[person.pk]

    def browser(self, who: Role | User) -> Client:
        """A browser in which this person is, or was, logged in, whatever happened to its cookies before."""
        person = self.people.get(who) if isinstance(who, Role) else who
        key = person.pk if person else None
        client = self.clients.setdefault(key, Client())
        client.cookies.clear()
        if key in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[key]
        return client


def build() -> World:
    """Write the world by the product's own verbs, log everybody in, then take away what the outsiders lost."""
    ibarra = CompanyFactory(name="Talleres Ibarra, S.L.", code="IBA")
    norte = CompanyFactory(name="Clínicas Norte", code="NOR", ticket_counter=FIRST_NUMBER_OF_NORTE)
    world = World(
        ibarra,
        norte,
        helper=UserFactory(company=ibarra, first_name="Eva"),
        newcomer=UserFactory(company=ibarra, first_name="Iker"),
        colleague=UserFactory(company=ibarra, first_name="Diego"),
        stranger=UserFactory(company=norte, first_name="Carla", **dict.fromkeys(FLAGS[Role.ALL], True)),
    )
    for role in (*CUSTOMERS, *OUTSIDE[1:]):
        world.people[role] = customer(ibarra, role)
    for role in STAFF:
        world.people[role] = staff(role)
    for person in (world.colleague, world.stranger, *(world.people[role] for role in FLAGS)):
        world.things[person.pk] = things(person, world)
    for role in STAFF:
        world.things[world.people[role].pk] = desk_things(world.people[role], world)
    for person in (world.colleague, world.stranger, *world.people.values()):
        world.sessions[person.pk] = session_of(person)
    boss = world.people[Role.SUPERUSER]
    world.people[Role.DEACTIVATED].deactivate(by=boss)
    world.people[Role.CONTACT].set_permissions(by=boss, changes={"has_portal_access": False})
    return world


def customer(company: Company, role: Role) -> User:
    flags = {"can_use_tickets": False} | dict.fromkeys(FLAGS[role], True)
    return UserFactory(company=company, first_name=role.name.title(), **flags)


def staff(role: Role) -> User:
    person = StaffFactory(first_name=role.name.title(), is_superuser=role == Role.SUPERUSER)
    if role == Role.AGENT:
        person.groups.add(Group.objects.get(name="Agente"))
    return person


def session_of(person: User) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def things(person: User, world: World) -> Things:
    """An open ticket with a file and somebody in copy, a resolved one, one that a colleague wrote, and a draft."""
    ticket = sent(person, "Adjunto la captura", file="captura.txt")
    in_copy = world.helper if person.company_id == world.ibarra.pk else UserFactory(company=world.norte)
    follower = ticket.add_follower(by=person, person=in_copy)
    resolved = sent(person, "Ya funciona")
    resolved.close(by=person)
    followed = sent(in_copy, "Lo que le contó mi compañera")
    followed.add_follower(by=in_copy, person=person)
    draft, draft_file = waiting(person)
    return Things(
        ticket=ticket,
        file=ticket.attachments.get(),
        follower=follower,
        resolved=resolved,
        followed=followed,
        draft=draft,
        draft_file=draft_file,
        invitation=world.helper.invitation_token(),
        reset_link=reset_link(world.helper),
    )


def desk_things(person: User, world: World) -> Things:
    """Staff have drafts of their own; for the rest they look at a customer's things."""
    theirs = world.things[world.people[Role.TICKETS].pk]
    draft, draft_file = waiting(person)
    return replace(theirs, draft=draft, draft_file=draft_file)


def waiting(person: User) -> tuple[Draft, Attachment]:
    draft = new_draft(person)
    return draft, draft.add([receive(text_file("borrador.txt"))])[0]


def sent(person: User, body: str, *, file: str = "") -> Ticket:
    draft = new_draft(person)
    if file:
        draft.add([receive(text_file(file))])
    return draft.open_ticket(topic=TopicFactory(), subject=body, body=body)


def reset_link(person: User) -> dict[str, str]:
    key = EmailAwarePasswordResetTokenGenerator().make_token(person)
    return {"uidb36": user_pk_to_url_str(person), "key": key}


# --- what the arguments of an address name ---

NUMBER = 987_654
TOKEN = secrets.token_urlsafe(16)
NOTHING = Things(
    ticket=Ticket(number=NUMBER),
    resolved=Ticket(number=NUMBER),
    followed=Ticket(number=NUMBER),
    follower=Follower(token="no-such-follower"),
    file=Attachment(token=TOKEN),
    draft=Draft(key=TOKEN),
    draft_file=Attachment(token=TOKEN),
    invitation=TOKEN,
    reset_link={"uidb36": "zz", "key": TOKEN},
)
# Name of the thing → the arguments of an address that names it, from one's own things and those that are meant.
ARGUMENTS: Mapping[str, Callable[[Things, Things], dict[str, Any]]] = {
    "": lambda own, meant: {},
    "ticket": lambda own, meant: {"number": meant.ticket.number},
    "resolved ticket": lambda own, meant: {"number": meant.resolved.number},
    "followed ticket": lambda own, meant: {"number": meant.followed.number},
    "follower": lambda own, meant: {"number": meant.ticket.number, "follower": meant.follower.token},
    "follower elsewhere": lambda own, meant: {"number": own.ticket.number, "follower": meant.follower.token},
    "file": lambda own, meant: {"token": meant.file.token},
    "draft": lambda own, meant: {"key": meant.draft.key},
    "draft file": lambda own, meant: {"token": meant.draft_file.token},
    "invitation": lambda own, meant: {"token": meant.invitation},
    "reset link": lambda own, meant: meant.reset_link,
}


def arguments(world: World, of: str, role: Role, owner: Owner) -> dict[str, Any]:
    """The arguments of an address whose thing is `owner`'s when `role` asks. Raises KeyError for an unknown thing."""
    return ARGUMENTS[of](world.things_of(role, Owner.OWN), world.things_of(role, owner))


# --- what a good POST sends ---

BODIES: Mapping[str, Callable[[World, Role], dict[str, Any]]] = {
    "": lambda world, role: {},
    "a language": lambda world, role: {"language": "en", "next": "/inicio/"},
    "an address": lambda world, role: {"email": world.helper.email},
    "a profile": lambda world, role: {"first_name": "Ana", "last_name": "Ruiz", "language": "es", "theme": "dark"},
    "a first password": lambda world, role: {"password1": "Otra-2027", "password2": "Otra-2027"},
    "a new password": lambda world, role: {
        "current": PASSWORD,
        "password1": "Otra-2027",
        "password2": "Otra-2027",
    },
    "a ticket": lambda world, role: {
        "key": Draft.new_key(),
        "topic": TopicFactory().pk,
        "priority": 2,
        "subject": "No imprime",
        "body": "Al pulsar Imprimir no pasa nada.",
    },
    "a reply": lambda world, role: {"key": Draft.new_key(), "body": "Sigue igual."},
    "a text": lambda world, role: {"key": Draft.new_key(), "body": "Sigue **igual**."},
    "a file": lambda world, role: {"key": Draft.new_key(), "files": text_file("captura.txt")},
    "a colleague": lambda world, role: {"person": world.newcomer.public_id},
}
