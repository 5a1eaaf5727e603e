"""The world behind the walls: for every role a person and their things, a colleague's, and another company's."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone

from accounts import importing, sessions
from accounts.differences import difference
from accounts.forms.importing import ConfirmForm
from accounts.forms.permissions import ConfirmedForm, field_of, on, sealed
from accounts.models import AccessRequest, Company, CompanyProposal, ErasureRequest, ManagerReplacement, User
from accounts.models.user import random_id
from accounts.tokens import ResetTokenGenerator
from announcements.models import Acceptance, Announcement, Incident, RulesOfUse
from contracts.models import LicenceFile, Subscription
from downloads.models import Delivery, DownloadLog, Installation, ReleaseFile
from files import display
from files.receiving import receive
from knowledge.models import Article, ArticlePicture, Category
from releases.models import Release
from tables.reading import Line
from tests.factories import (
    PASSWORD,
    AccessRequestFactory,
    CompanyFactory,
    ComponentFactory,
    DeliveryFactory,
    ProductFactory,
    RequestTypeFactory,
    StaffFactory,
    TopicFactory,
    UserFactory,
    announced,
    article_picture,
    licence_file,
    new_article,
    new_draft,
    new_incident,
    new_note,
    planned,
    published,
    recorded,
    release_file,
    unverified_guest,
    unverified_request,
)
from tests.passkeys import Passkey
from tests.training.scene import book, fill, new_module, new_slot, new_trainer
from tests.walls.forms import picture_file, text_file
from tests.walls.roles import CUSTOMERS, FLAGS, OUTSIDE, STAFF, Role
from tests.walls.table import Owner
from tickets.models import Attachment, Draft, Follower, Guest, Request, RequestType, Ticket
from training.models import Booking, Recording, Slot, TrainingModule
from webinars.models import Material, Webinar

# The number of Norte's first ticket lies far from Ibarra's: the same number would name one's own.
FIRST_NUMBER_OF_NORTE = 5000


@dataclass(frozen=True)
class Training:
    """What there is of Formación for a company: a session, what was recorded of it, and a slot that is free."""

    session: Booking
    recording: Recording
    free_slot: Slot
    outline: TrainingModule


@dataclass
class Things:
    """What one person has, and who they are to a manager."""

    public_id: str
    person: User
    replacement: ManagerReplacement
    ticket: Ticket
    file: Attachment
    follower: Follower
    resolved: Ticket
    followed: Ticket
    requested: Ticket
    requested_file: Attachment
    asked: Request
    kind: RequestType
    draft: Draft
    draft_file: Attachment
    invitation: str
    reset_link: dict[str, str]
    access_request: AccessRequest
    access_link: str
    guest_link: str
    guest: Guest
    guest_file: Attachment
    email_link: str
    unsubscribe_link: str
    passkey: str
    session: str
    release: Release
    licence: LicenceFile
    update_file: ReleaseFile
    recommended: ReleaseFile
    training: Training
    picture: ArticlePicture
    webinar: Webinar
    material: Material
    announcement: Announcement
    public_announcement: Announcement
    incident: Incident


@dataclass
class World:
    ibarra: Company
    norte: Company
    helper: User  # of Ibarra: in copy of everything
    newcomer: User  # of Ibarra: in copy of nothing yet
    colleague: User
    stranger: User  # of Norte
    release: Release  # out, for everybody
    picture: ArticlePicture  # of an article for everybody
    webinar: Webinar  # to come
    material: Material  # of a recording
    public_announcement: Announcement
    incident: Incident
    recommended: ReleaseFile  # for everybody
    announcements: dict[int, Announcement] = field(default_factory=dict)  # company → one for it alone
    replacements: dict[int, ManagerReplacement] = field(default_factory=dict)  # company → what support asked for
    asking: ErasureRequest | None = None  # of the helper
    licences: dict[int, LicenceFile] = field(default_factory=dict)  # company → what extends its licence
    people: dict[Role, User] = field(default_factory=dict)
    things: dict[int, Things] = field(default_factory=dict)
    installation: Installation | None = None  # what Ibarra says it runs
    taken: DownloadLog | None = None
    updates: dict[int, ReleaseFile] = field(default_factory=dict)  # company → the file of a module that it alone has
    trainings: dict[int, Training] = field(default_factory=dict)  # company → a session of its own
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


@contextmanager
def standing(django_db_blocker, folder) -> Iterator["World"]:
    """The world, in an installation that opens to visitors what it can; undone at the end, as each call inside it."""
    opened = dict.fromkeys(("STATUS_PUBLIC", "VISITORS_HOME", "GUESTS"), True)
    installation = override_settings(FILES_ROOT=folder, REGISTRATION="approval", **opened)
    with django_db_blocker.unblock(), installation, transaction.atomic():
        yield build()
        transaction.set_rollback(True)


def build() -> World:
    """Write the world by the product's own verbs, log everybody in, then take away what the outsiders lost."""
    ibarra = CompanyFactory(name="Talleres Ibarra, S.L.", code="IBA")
    norte = CompanyFactory(name="Clínicas Norte", code="NOR", ticket_counter=FIRST_NUMBER_OF_NORTE)
    world = World(
        ibarra,
        norte,
        helper=UserFactory(company=ibarra, first_name="Eva"),
        newcomer=UserFactory(company=ibarra, first_name="Iker"),
        colleague=UserFactory(
            company=ibarra,
            first_name="Diego",
            is_company_manager=True,
            receives_licence_files=True,
            can_use_requests=True,
        ),
        stranger=UserFactory(company=norte, first_name="Carla", **dict.fromkeys(FLAGS[Role.ALL], True)),
        release=new_note(published("2026.11")).release,
        picture=article_picture(new_article(audience=Article.Audience.PUBLIC)),
        webinar=planned(slug="el-que-viene"),
        material=material_of_a_recording(),
        public_announcement=announced(audience="public", slug="para-todos"),
        incident=new_incident(),
        recommended=recommended_file(),
    )
    for role in (*CUSTOMERS, *OUTSIDE[1:]):
        world.people[role] = customer(ibarra, role)
    for role in STAFF:
        world.people[role] = staff(role)
    StaffFactory(first_name="Olga", is_superuser=True)  # who could confirm what the other one asks for
    for company in (ibarra, norte):
        world.replacements[company.pk] = replacement(company, by=world.people[Role.SUPERUSER])
        world.licences[company.pk] = licence_file(company, by=world.people[Role.SUPERUSER])
        world.updates[company.pk] = update_of(company)
        world.announcements[company.pk] = announced(
            slug=f"solo-{company.code.lower()}", audience="chosen", companies=[company]
        )
    world.trainings = trainings([world.colleague, world.stranger])
    for person in (world.colleague, world.stranger, *(world.people[role] for role in FLAGS)):
        world.things[person.pk] = things(person, world)
    for role in STAFF:
        world.things[world.people[role].pk] = desk_things(world.people[role], world)
    for person in (world.colleague, world.stranger, *world.people.values()):
        world.sessions[person.pk] = session_of(person)
    CompanyProposal.objects.propose(by=world.stranger, company=norte, data={"phone": "948 000 000"})
    world.asking = ErasureRequest.objects.ask(person=world.helper, by=world.helper)
    update = world.updates[ibarra.pk]
    Installation.objects.say({update.component: update.release}, by=world.helper, at=timezone.now())
    world.installation = Installation.objects.get()
    DownloadLog.objects.note([update], by=world.helper, at=timezone.now())
    world.taken = DownloadLog.objects.get()
    world.webinar.register(by=world.helper, at=timezone.now())
    rules = RulesOfUse.objects.draft(text="Un problema, un ticket.")  # in force for nobody
    Acceptance.objects.create(rules=rules, person=world.helper, at=timezone.now())
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


def replacement(company: Company, *, by: User) -> ManagerReplacement:
    """A manager for whom support has asked, and whom nobody has confirmed."""
    new = {"first_name": "Nora", "email": f"nora@{company.code}.example", "login": f"nora.{company.code}"}
    return ManagerReplacement.objects.ask(by=by, company=company, reason="Sus gestores no contestan", **new)


def update_of(company: Company) -> ReleaseFile:
    """A release with nothing but the file of a module that this company alone has contracted."""
    module = ProductFactory(name=f"Módulo de {company.code}")
    Subscription.objects.create(company=company, product=module, starts="2020-01-01")
    component = ComponentFactory(slug=company.code.lower(), product=module)
    return release_file(DeliveryFactory(version=f"{company.code}-7"), component=component)


def recommended_file() -> ReleaseFile:
    """In the last update, of a module that nobody has."""
    component = ComponentFactory(slug="visor", product=ProductFactory(name="Visor"), is_public=True)
    return release_file(DeliveryFactory(version="VIS-8", published_at=timezone.now()), component=component)


def trainings(people: Sequence[User]) -> dict[int, Training]:
    """For the company of each of them, in the hours of one trainer, so far ahead that everything may be changed."""
    trainer, hour = new_trainer(), timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=21)
    module = new_module("Puesta en marcha", topics=("Primeros pasos",))
    module.keep(outline=receive(text_file("guion.txt")))
    free = new_slot(hour - timedelta(days=1), trainer=trainer)
    found = {}
    for number, person in enumerate(people):
        fill(person.company)
        slot = new_slot(hour + timedelta(days=number), trainer=trainer)
        session = book(slot, person, module=module, may_record=True, at=timezone.now())
        video = receive(text_file("grabacion.txt"))
        recording = Recording.objects.add(booking=session, by=trainer.user, title="Primera parte", upload=video)
        found[person.company_id] = Training(session, recording, free, module)
    return found


def material_of_a_recording() -> Material:
    row = recorded(slug="el-que-fue")
    row.put_poster(receive(picture_file("cartel.png")))
    display.make_copy(row.poster)
    row.add_material(receive(text_file("guion.txt")))
    return row.materials.get()


def guest_with_a_file() -> Guest:
    guest = unverified_guest(secrets.token_urlsafe(24))
    guest.keep([receive(text_file("captura.txt"))])
    guest.verify()
    return guest


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
    requested = request_of(person)
    draft, draft_file = waiting(person)
    unverified_request(access_link := secrets.token_urlsafe(24))
    unverified_guest(guest_link := secrets.token_urlsafe(24))
    guest = guest_with_a_file()
    return Things(
        public_id=person.public_id,
        person=person,
        replacement=world.replacements[person.company_id],
        ticket=ticket,
        file=ticket.attachments.get(),
        follower=follower,
        resolved=resolved,
        followed=followed,
        requested=requested,
        requested_file=requested.attachments.get(),
        asked=request_to_approve(person),
        kind=requested.request_type,
        draft=draft,
        draft_file=draft_file,
        invitation=world.helper.invitation_token(),
        reset_link=reset_link(world.helper),
        access_request=AccessRequestFactory(company=person.company),
        access_link=access_link,
        guest_link=guest_link,
        guest=guest,
        guest_file=guest.ticket.attachments.get(),
        email_link=world.helper.email_token("eva@nueva.example"),
        unsubscribe_link=world.helper.unsubscribe_token(),
        passkey=passkey_of(person),
        session=other_session_of(person),
        release=world.release,
        licence=world.licences[person.company_id],
        update_file=world.updates[person.company_id],
        recommended=world.recommended,
        training=world.trainings[person.company_id],
        picture=world.picture,
        webinar=world.webinar,
        material=world.material,
        announcement=world.announcements[person.company_id],
        public_announcement=world.public_announcement,
        incident=world.incident,
    )


def desk_things(person: User, world: World) -> Things:
    """Staff have drafts of their own; for the rest they look at a customer's things."""
    theirs = world.things[world.people[Role.TICKETS].pk]
    draft, draft_file = waiting(person)
    own = {"passkey": passkey_of(person), "session": other_session_of(person)}
    return replace(theirs, draft=draft, draft_file=draft_file, **own)


def waiting(person: User) -> tuple[Draft, Attachment]:
    draft = new_draft(person)
    return draft, draft.add([receive(text_file("borrador.txt"))])[0]


def sent(person: User, body: str, *, file: str = "") -> Ticket:
    draft = new_draft(person)
    if file:
        draft.add([receive(text_file(file))])
    return draft.open_ticket(topic=TopicFactory(), subject=body, body=body)


def request_of(person: User) -> Ticket:
    """A request that is a ticket, with a file."""
    draft = new_draft(person, request_type=RequestTypeFactory())
    draft.add([receive(text_file("solicitud.txt"))])
    return draft.ask(subject="Una sugerencia", body="Que se pueda imprimir.", answers=[], accepts_surcharge=False)


def request_to_approve(person: User) -> Request:
    """One that waits for a manager, also a manager's own: it was asked before."""
    kind = RequestTypeFactory(slug="con-permiso", needs_approval=True)
    return Request.objects.ask(by=person, kind=kind, subject="Más horas", body="Cinco.")


def passkey_of(person: User) -> str:
    key = random_id()
    data = {"name": "Portátil", "key": key, "credential": Passkey().as_stored()}
    Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data=data)
    return key


def other_session_of(person: User) -> str:
    key = session_of(person)
    UserSession.objects.create(user=person, session_key=key, ip="10.0.0.1", user_agent="Firefox")
    return sessions.name_of(key)


def reset_link(person: User) -> dict[str, str]:
    key = ResetTokenGenerator().make_token(person)
    return {"uidb36": user_pk_to_url_str(person), "key": key}


# --- what the arguments of an address name ---

NUMBER = 987_654
TOKEN = secrets.token_urlsafe(16)
NOTHING = Things(
    public_id="no-such-one",
    person=User(public_id="no-such-person"),
    replacement=ManagerReplacement(public_id="no-such-one"),
    ticket=Ticket(number=NUMBER),
    resolved=Ticket(number=NUMBER),
    followed=Ticket(number=NUMBER),
    requested=Ticket(number=NUMBER),
    requested_file=Attachment(token=TOKEN),
    asked=Request(public_id=TOKEN),
    kind=RequestType(slug="no-such-kind"),
    follower=Follower(token="no-such-follower"),
    file=Attachment(token=TOKEN),
    draft=Draft(key=TOKEN),
    draft_file=Attachment(token=TOKEN),
    invitation=TOKEN,
    reset_link={"uidb36": "zz", "key": TOKEN},
    access_request=AccessRequest(public_id="no-such-request"),
    access_link=TOKEN,
    guest_link=TOKEN,
    guest=Guest(code="0" * 10, public_id=TOKEN),
    guest_file=Attachment(token=TOKEN),
    email_link=TOKEN,
    unsubscribe_link=TOKEN,
    passkey=TOKEN,
    session=TOKEN,
    release=Release(version="no-such-version"),
    licence=LicenceFile(public_id=TOKEN),
    recommended=ReleaseFile(token=TOKEN),
    update_file=ReleaseFile(token=TOKEN, release=Delivery(version="no-such-version")),
    training=Training(
        session=Booking(public_id=TOKEN),
        recording=Recording(public_id=TOKEN),
        free_slot=Slot(public_id=TOKEN),
        outline=TrainingModule(public_id=TOKEN),
    ),
    picture=ArticlePicture(token=TOKEN, article=Article(slug="no-such-article", category=Category(slug="no-such-one"))),
    webinar=Webinar(slug="no-such-one"),
    material=Material(token=TOKEN, webinar=Webinar(slug="no-such-one")),
    announcement=Announcement(slug="no-such-one"),
    public_announcement=Announcement(slug="no-such-one"),
    incident=Incident(public_id="no-such-one"),
)
# Name of the thing → the arguments of an address that names it, from one's own things and those that are meant.
ARGUMENTS: Mapping[str, Callable[[Things, Things], dict[str, Any]]] = {
    "": lambda own, meant: {},
    "contact": lambda own, meant: {"public_id": meant.public_id},
    "person": lambda own, meant: {"public_id": meant.person.public_id},
    "replacement": lambda own, meant: {"public_id": meant.replacement.public_id},
    "ticket": lambda own, meant: {"number": meant.ticket.number},
    "state of a ticket": lambda own, meant: {"number": meant.ticket.number, "since": 0},
    "resolved ticket": lambda own, meant: {"number": meant.resolved.number},
    "followed ticket": lambda own, meant: {"number": meant.followed.number},
    "request": lambda own, meant: {"number": meant.requested.number},
    "state of a request": lambda own, meant: {"number": meant.requested.number, "since": 0},
    "file of a request": lambda own, meant: {"token": meant.requested_file.token},
    "kind of request": lambda own, meant: {"slug": meant.kind.slug},
    "request to approve": lambda own, meant: {"public_id": meant.asked.public_id},
    "follower": lambda own, meant: {"number": meant.ticket.number, "follower": meant.follower.token},
    "follower elsewhere": lambda own, meant: {"number": own.ticket.number, "follower": meant.follower.token},
    "file": lambda own, meant: {"token": meant.file.token},
    "draft": lambda own, meant: {"key": meant.draft.key},
    "draft file": lambda own, meant: {"token": meant.draft_file.token},
    "invitation": lambda own, meant: {"token": meant.invitation},
    "reset link": lambda own, meant: meant.reset_link,
    "request for access": lambda own, meant: {"public_id": meant.access_request.public_id},
    "link of a request for access": lambda own, meant: {"token": meant.access_link},
    "link of a guest": lambda own, meant: {"token": meant.guest_link},
    "link of a guest's ticket": lambda own, meant: {"token": meant.guest.link.rstrip("/").rpartition("/")[2]},
    "guest's ticket": lambda own, meant: {"code": meant.guest.code},
    "state of a guest's ticket": lambda own, meant: {"code": meant.guest.code, "since": 0},
    "file of a guest": lambda own, meant: {"code": meant.guest.code, "token": meant.guest_file.token},
    "link of a new address": lambda own, meant: {"token": meant.email_link},
    "link out of general mail": lambda own, meant: {"token": meant.unsubscribe_link},
    "passkey": lambda own, meant: {"key": meant.passkey},
    "release": lambda own, meant: {"version": meant.release.version},
    "licence file": lambda own, meant: {"public_id": meant.licence.public_id},
    "update": lambda own, meant: {"version": meant.update_file.release.version},
    "archive of an update": lambda own, meant: {"version": meant.update_file.release.version, "selection": "todos"},
    "recommended file": lambda own, meant: {"token": meant.recommended.token},
    "file of an update": lambda own, meant: {"token": meant.update_file.token},
    "free slot": lambda own, meant: {"slot": meant.training.free_slot.public_id},
    "session": lambda own, meant: {"public_id": meant.training.session.public_id},
    "session and another slot": lambda own, meant: {
        "public_id": meant.training.session.public_id,
        "slot": own.training.free_slot.public_id,
    },
    "recording of a session": lambda own, meant: {"public_id": meant.training.recording.public_id},
    "outline": lambda own, meant: {"public_id": meant.training.outline.public_id},
    "category": lambda own, meant: {"slug": meant.picture.article.category.slug},
    "article": lambda own, meant: {"slug": meant.picture.article.slug},
    "picture of an article": lambda own, meant: {"token": meant.picture.token},
    "webinar": lambda own, meant: {"slug": meant.webinar.slug},
    "recording": lambda own, meant: {"slug": meant.material.webinar.slug},
    "material of a recording": lambda own, meant: {"slug": meant.material.webinar.slug, "token": meant.material.token},
    "announcement": lambda own, meant: {"slug": meant.announcement.slug},
    "public announcement": lambda own, meant: {"slug": meant.public_announcement.slug},
    "incident": lambda own, meant: {"public_id": meant.incident.public_id},
    "other session": lambda own, meant: {"name": meant.session},
}


def arguments(world: World, of: str, role: Role, owner: Owner) -> dict[str, Any]:
    """The arguments of an address whose thing is `owner`'s when `role` asks. Raises KeyError for an unknown thing."""
    return ARGUMENTS[of](world.things_of(role, Owner.OWN), world.things_of(role, owner))


# --- what a good POST sends ---

CONTACTS = b"Correo;Nombre\njon@iba.example;Jon\n"


def report_of_contacts(person: User) -> dict[str, str]:
    """What the report of a table carries to its confirmation."""
    steps = importing.plan([Line(2, {"email": "jon@iba.example", "first_name": "Jon"})], by=person)
    return {"seal": ConfirmForm.showing(steps, by=person, confirm=None)["seal"].value()}


BODIES: Mapping[str, Callable[[World, Role], dict[str, Any]]] = {
    "": lambda world, role: {},
    "a vote": lambda world, role: {"helps": "si"},
    "a language": lambda world, role: {"language": "en", "next": "/inicio/"},
    "an address": lambda world, role: {"email": world.helper.email},
    "a request for access": lambda world, role: {
        "first_name": "Jon",
        "last_name": "Ibarra",
        "email": "jon@fuera.example",
        "company_typed": "IBA",
        "language": "es",
        "accepts": "on",
    },
    "a guest's ticket": lambda world, role: {
        "name": "Jon Vidal",
        "email": "jon@fuera.example",
        "topic": TopicFactory().pk,
        "priority": 2,
        "subject": "No imprime",
        "body": "Al pulsar Imprimir no pasa nada.",
    },
    "a guest's code": lambda world, role: {
        "code": world.things_of(role, Owner.OWN).guest.called,
        "email": world.things_of(role, Owner.OWN).guest.email,
    },
    "an approval": lambda world, role: {"login": "jon.ibarra", "can_use_tickets": "on"},
    "a rejection": lambda world, role: {"answer": "No es de la empresa."},
    "a profile": lambda world, role: {"first_name": "Ana", "last_name": "Ruiz", "language": "es", "theme": "dark"},
    "one's password": lambda world, role: {"password": PASSWORD},
    "a choice of mails": lambda world, role: {"general": "on"},
    "a first password": lambda world, role: {"password1": "Otra-2027", "password2": "Otra-2027"},
    "a new password": lambda world, role: {
        "current": PASSWORD,
        "password1": "Otra-2027",
        "password2": "Otra-2027",
    },
    "a contact": lambda world, role: {
        "first_name": "Jon",
        "email": "jon@iba.example",
        "login": "jon.ibarra",
        "language": "es",
        "has_portal_access": "on",
        "is_company_manager": "on",
        "own_password": PASSWORD,
    },
    "a table of contacts": lambda world, role: {"file": text_file("contactos.csv", CONTACTS)},
    "a report of contacts": lambda world, role: report_of_contacts(world.people.get(role, world.helper)),
    "an installed version": lambda world, role: {"everything": "IBA-7"},
    "a session": lambda world, role: {"names": "Pepe Gil"},
    "a meeting link": lambda world, role: {"own_link": "https://reunion.example/iba"},
    "a ticket": lambda world, role: {
        "key": Draft.new_key(),
        "topic": TopicFactory().pk,
        "priority": 2,
        "subject": "No imprime",
        "body": "Al pulsar Imprimir no pasa nada.",
    },
    "a request": lambda world, role: {"key": Draft.new_key(), "subject": "Una idea", "body": "Que se pueda imprimir."},
    "a reason": lambda world, role: {"reason": "Este año no."},
    "a reply": lambda world, role: {"key": Draft.new_key(), "body": "Sigue igual."},
    "a text": lambda world, role: {"key": Draft.new_key(), "body": "Sigue **igual**."},
    "a file": lambda world, role: {"key": Draft.new_key(), "files": text_file("captura.txt")},
    "a correction": lambda world, role: {"name": "Talleres Ibarra, S.A.", "time_zone": "Europe/Madrid"},
    "a leaving": lambda world, role: {"how": "deactivate", "tickets_to": "nobody", "marks_to": ""},
    "a colleague": lambda world, role: {"person": world.newcomer.public_id},
    "boxes ticked": lambda world, role: {
        "shown": sealed([world.newcomer]),
        field_of(world.newcomer): [*on(world.newcomer), "can_use_downloads"],
    },
    "a difference": lambda world, role: (
        ConfirmedForm.of(
            [difference(world.newcomer, {"can_use_downloads": True})], by=world.people.get(role, world.colleague)
        ).initial
    ),
}
