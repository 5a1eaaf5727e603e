"""The least that is needed for a row to exist. Deeds go through the verbs."""

import io
from datetime import date, datetime, timedelta

import factory
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.text import slugify
from factory.django import DjangoModelFactory
from PIL import Image

from accounts.models import AccessRequest, Company, User
from accounts.models.registration import hashed
from announcements.models import Announcement, Incident
from contracts.models import LicenceFile, Product, Received
from downloads.models import Component, Delivery, ReleaseFile
from files import display
from files.models import StoredFile
from files.receiving import discard, receive
from knowledge.models import Article, ArticlePicture, Category
from portal.demo import films
from releases.models import Release, ReleaseNote
from releases.versions import sort_key
from text.tokens import random_token
from tickets.models import Department, Draft, Guest, RequestType, Ticket, Topic
from webinars.models import Webinar

PASSWORD = "Clave-2026"


class CompanyFactory(DjangoModelFactory):
    class Meta:
        model = Company

    name = factory.Sequence(lambda n: f"Empresa {n}")
    code = factory.Sequence(lambda n: f"E{n}")


class UserFactory(DjangoModelFactory):
    """A contact with access and the tickets area; flags by keyword."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    company = factory.SubFactory(CompanyFactory)
    first_name = factory.Sequence(lambda n: f"Persona{n}")
    last_name = "Prueba"
    login = factory.LazyAttribute(lambda user: user.first_name)
    email = factory.LazyAttribute(lambda user: f"{user.login}@{user.company.code}.example")
    password = factory.django.Password(PASSWORD)
    unread_from = factory.LazyFunction(timezone.now)
    has_portal_access = True
    can_use_tickets = True


class StaffFactory(UserFactory):
    company = None
    email = factory.LazyAttribute(lambda user: f"{user.login}@soporte.example")
    is_staff = True
    has_portal_access = False
    can_use_tickets = False


class AccessRequestFactory(DjangoModelFactory):
    """Somebody whose address is verified and who waits for a manager; of no company yet unless one is given."""

    class Meta:
        model = AccessRequest

    first_name = factory.Sequence(lambda n: f"Nueva{n}")
    last_name = "Persona"
    email = factory.LazyAttribute(lambda asked: f"{asked.first_name.lower()}@fuera.example")
    state = AccessRequest.State.VERIFIED
    verified_at = factory.LazyFunction(timezone.now)


def unverified_request(token: str, **details) -> AccessRequest:
    """Somebody who got `token` by mail and has not followed the link."""
    until = timezone.now() + timedelta(hours=1)
    state = AccessRequest.State.UNVERIFIED
    return AccessRequestFactory(state=state, verified_at=None, token_hash=hashed(token), token_until=until, **details)


def unverified_guest(token: str, **details) -> Guest:
    """Somebody without an account who got `token` by mail and has not followed the link."""
    content = {"name": "Jon Vidal", "email": "jon@fuera.example", "subject": "No imprime", "body": "Sale en blanco."}
    content |= {"key": random_token(), "topic": details.pop("topic", None) or TopicFactory()}
    until = timezone.now() + timedelta(hours=1)
    return Guest.objects.create(**content | details, token_hash=hashed(token), token_until=until)


class DepartmentFactory(DjangoModelFactory):
    class Meta:
        model = Department
        django_get_or_create = ["name"]

    name = "Soporte técnico"
    email = "soporte@vendor.example"


class TopicFactory(DjangoModelFactory):
    class Meta:
        model = Topic
        django_get_or_create = ["name", "parent"]

    department = factory.SubFactory(DepartmentFactory)
    parent = None
    name = "Avería"


class RequestTypeFactory(DjangoModelFactory):
    """An entry of Solicitudes below the examples' heading; questions and approval by keyword or afterwards."""

    class Meta:
        model = RequestType
        django_get_or_create = ["slug"]

    topic = factory.LazyAttribute(lambda kind: TopicFactory(name=f"Solicitud {kind.slug}"))
    slug = "idea"
    group = "Hable con nosotros"
    text = "Lo que se le ocurra."


class ProductFactory(DjangoModelFactory):
    class Meta:
        model = Product
        django_get_or_create = ["name"]

    name = "Planificación"


def licence_file(
    company: Company,
    *,
    by: User | None = None,
    name: str = "",
    content: bytes = b"",
    starts: date | None = None,
    until: date | None = None,
    **details,
) -> LicenceFile:
    """A licence file by the verb; its content is the company's own, and it is in force for a year from yesterday."""
    starts = starts or company.today() - timedelta(days=1)
    until = until or starts + timedelta(days=365)
    name = name or f"{company.code}_{starts}_{until}.lic"
    upload = receive(SimpleUploadedFile(name, content or f"licencia de {company.code} {name}".encode()))
    received = Received(company, starts, until, upload, details.pop("note", ""))
    (file,) = LicenceFile.objects.upload([received], by=by or StaffFactory(), **details)
    return file


def open_ticket(by: User, *, subject: str = "No arranca", body: str = "Se queda en blanco.", **details) -> Ticket:
    """A ticket by the verb, with a topic unless one is given."""
    details.setdefault("topic", TopicFactory())
    return Ticket.objects.open(by=by, subject=subject, body=body, **details)


def new_draft(person: User, ticket: Ticket | None = None, request_type: RequestType | None = None) -> Draft:
    return Draft.objects.at(key=Draft.new_key(), person=person, ticket=ticket, request_type=request_type)


class ReleaseFactory(DjangoModelFactory):
    """A draft; `published(…)` makes one that is out."""

    class Meta:
        model = Release

    version = factory.Sequence(lambda n: f"0.1.{n}")
    version_key = factory.LazyAttribute(lambda release: sort_key(release.version))


def published(version: str, *, at: datetime | None = None, **details) -> Release:
    """A release that is out, since `at` or since a moment ago."""
    at = at or timezone.now() - timedelta(minutes=1)
    return ReleaseFactory(version=version, state=Release.State.PUBLISHED, published_at=at, **details)


def new_note(release: Release, text: str = "Se puede copiar entre centros.", **details) -> ReleaseNote:
    """A note by the verb: an enhancement of a module, unless said otherwise."""
    details.setdefault("kind", ReleaseNote.Kind.ENHANCEMENT)
    details.setdefault("product", ProductFactory())
    return ReleaseNote.objects.write(release, text=text, **details)


class ComponentFactory(DjangoModelFactory):
    class Meta:
        model = Component
        django_get_or_create = ["slug"]

    name = factory.LazyAttribute(lambda component: component.slug.replace("-", " ").capitalize())
    slug = "servidor"


class DeliveryFactory(DjangoModelFactory):
    """A release that came out yesterday; others by keyword."""

    class Meta:
        model = Delivery

    version = factory.Sequence(lambda n: f"0.2.{n}")  # which no test names
    version_key = factory.LazyAttribute(lambda release: sort_key(release.version))
    state = Release.State.PUBLISHED
    published_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))


def release_file(release: Delivery, slug: str = "servidor", content: bytes = b"uno", **details) -> ReleaseFile:
    """A file of an update, beside the verbs; the same content is stored once."""
    component = details.pop("component", None) or ComponentFactory(slug=slug)
    upload = receive(SimpleUploadedFile(details.get("name", f"{component.slug}.zip"), content), allow_executables=True)
    stored = StoredFile.objects.filter(sha256=upload.sha256, release_files__component=component).first()
    if stored:
        discard(upload)
    details = {"stored": stored or StoredFile.objects.keep(upload), "name": upload.name, "date": "2026-01-02"} | details
    return ReleaseFile.objects.create(release=release, component=component, **details)


class CategoryFactory(DjangoModelFactory):
    class Meta:
        model = Category
        django_get_or_create = ["slug"]

    name = "Primeros pasos"
    slug = factory.LazyAttribute(lambda category: slugify(category.name))


def new_article(title: str = "Cómo exportar un informe", text: str = "Pulse **Exportar**.", **details) -> Article:
    """An article by the verb: published, for everybody who is logged in, unless said otherwise."""
    if "category" not in details:
        details["category"] = CategoryFactory()
    details.setdefault("state", Article.State.PUBLISHED)
    return Article.objects.write(title=title, text=text, **details)


def article_picture(article: Article, name: str = "Menú de informes.png") -> ArticlePicture:
    """A picture of an article, with its display copy made."""
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "#1d4fd8").save(content, "PNG")
    picture = ArticlePicture.objects.add(article, receive(SimpleUploadedFile(name, content.getvalue())))
    display.make_display_copies(at=timezone.now())
    picture.stored.refresh_from_db()
    return picture


def webinar(
    title: str = "Novedades de EPIs", *, begins: datetime | None = None, minutes: int = 60, **details
) -> Webinar:
    """A webinar that nobody has announced; in a week unless said otherwise."""
    begins = (begins or timezone.now() + timedelta(days=7)).replace(microsecond=0)
    details.setdefault("slug", f"webinar-{Webinar.objects.count() + 1}")
    return Webinar.objects.draft(title=title, starts_at=begins, ends_at=begins + timedelta(minutes=minutes), **details)


def planned(title: str = "Novedades de EPIs", **details) -> Webinar:
    """One that customers see, and of which nobody was told."""
    row = webinar(title, **details)
    row.announce(tell=False, at=min(timezone.now(), row.starts_at - timedelta(days=3)))
    return row


def recorded(title: str = "Novedades de EPIs", *, content: bytes = b"", **details) -> Webinar:
    """One of last month in the library, with its video as a file unless it lies elsewhere."""
    details.setdefault("begins", timezone.now() - timedelta(days=30))
    row = webinar(title, **details)
    if not row.embed_url:
        row.put_video(receive(SimpleUploadedFile("grabacion.webm", content or film())))
    row.publish_recording(at=timezone.now())
    return row


def film(seconds: int = 90) -> bytes:
    """A video that browsers play: its pictures show for how long."""
    return films.webm([films.Slide(second, str(second)) for second in range(0, seconds, 10)], lasts=seconds)


def announcement(title: str = "Horario de Navidad", **details) -> Announcement:
    """An announcement that nobody has published, for everybody who is logged in unless said otherwise."""
    details.setdefault("slug", f"aviso-{Announcement.objects.count() + 1}")
    details.setdefault("text", "El 24 cerramos **a las dos**.")
    return Announcement.objects.draft(title=title, **details)


def announced(title: str = "Horario de Navidad", *, at: datetime | None = None, tell: bool = False, **details):
    """One that is out, since `at` or since a moment ago."""
    row = announcement(title, **details)
    at = at or timezone.now() - timedelta(seconds=1)
    row.publish(at=at, tell=tell, now=at)
    return row


def new_incident(by: User | None = None, *, at: datetime | None = None, **details) -> Incident:
    """A failure that is being investigated, since a moment ago."""
    details = {"title": "Retrasos", "text": "Algunos envíos **tardan**."} | details
    at = at or timezone.now() - timedelta(seconds=1)
    return Incident.objects.open(by=by or StaffFactory(), at=at, **details)
