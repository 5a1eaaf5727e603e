"""Every page, as the person who sees most of it: for screen readers, in both lights, on narrow screens."""

import io
import re
from datetime import date, time, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect

from accounts.models import AuditEntry, CompanyProposal, ErasureRequest, ManagerReplacement
from announcements.board import UNDER_WAY
from announcements.models import Announcement, ContactEntry, Incident, RulesOfUse, ServiceComponent
from contracts.models import HourBag, Subscription
from downloads.models import Component, Installation
from files import display
from files.models import StoredFile
from files.receiving import receive
from files.scanning import scan_waiting
from knowledge.models import Article, ArticleVote
from mail.models import OutgoingMail
from releases.models import ReleaseNote
from tests.e2e.looks import DESKTOP, PHONE, PHONE_DARK, SMALL_PHONE
from tests.e2e.steps import log_in, overflow
from tests.factories import (
    AccessRequestFactory,
    CategoryFactory,
    DeliveryFactory,
    DepartmentFactory,
    ProductFactory,
    ReleaseFactory,
    RequestTypeFactory,
    StaffFactory,
    TopicFactory,
    UserFactory,
    announced,
    announcement,
    article_picture,
    licence_file,
    new_article,
    new_draft,
    new_incident,
    new_note,
    open_ticket,
    planned,
    published,
    recorded,
    release_file,
    unverified_guest,
    unverified_request,
    webinar,
)
from tests.training.scene import book, fill, new_module, new_slot, new_trainer
from tickets.models import Answer, Attachment, Guest, Request, Ticket, Topic
from tickets.models.question import Kind
from tickets.status import Status
from training.models import Absence, Availability, Booking, PreparationGuide, Recording, Trainer, TrainingModule
from worktime.models import Holiday

pytestmark = pytest.mark.e2e

BOTH_LIGHTS = pytest.mark.parametrize(
    "look", [pytest.param(DESKTOP, id="light-desktop"), pytest.param(PHONE_DARK, id="dark-phone")]
)
ANSWER = f"""**Buenos días.** Lo hemos reproducido:

1. Evaluaciones → filtrar por centro.
2. Columna `Estado`.

```
SELECT * FROM evaluaciones WHERE estado = 'borrador' AND centro_de_trabajo = 12 ORDER BY fecha DESC
```

> ¿Desde cuándo ocurre?

https://acme.example/{"una-direccion-larga/" * 8}
"""
NOTE = f"""## Nuevo

Aviso **15 días antes**, véase `Configuración → {"Avisos" * 20}`:

| Plazo | Quién |
|---|---|
| 15 días | {"responsable " * 6} |

- https://acme.example/{"una-direccion-larga/" * 8}
"""
# Fetching style sheets again would break the policy of the page, and serves one rule alone.
OPTIONS = {"resultTypes": ["violations"], "preload": False}
# What axe finds in the lists of Django itself: the search box is named by a picture.
DJANGOS_OWN = {"label-title-only"}
# And the box of its fields with a search, when something is chosen in it: a list with more than items.
DJANGOS_CHOICES = "select2-selection__rendered"


def grave_faults(page: Page) -> list[str]:
    """What axe calls serious or critical, each with the elements that it means."""
    violations = Axe().run(page, options=OPTIONS).response["violations"]
    grave = {
        violation["id"]: [node["target"] for node in violation["nodes"] if DJANGOS_CHOICES not in str(node["target"])]
        for violation in violations
        if violation["impact"] in ("serious", "critical") and violation["id"] not in DJANGOS_OWN
    }
    return [f"{fault}: {targets}" for fault, targets in grave.items() if targets]


def found_on(page: Page, paths: list[str], look_for) -> dict:
    """What is found on the pages where something is found."""
    found = {}
    for path in paths:
        page.goto(path)
        if result := look_for(page):
            found[path] = result
    return found


@pytest.fixture
def full_ticket(ana, bruno, diego, agent, boss, clamd):
    """A ticket with everything that a conversation may hold; bruno has begun to answer."""
    picture = io.BytesIO()
    Image.new("RGB", (1200, 700), "#1d4fd8").save(picture, "PNG")
    draft = new_draft(ana)
    draft.add(
        [
            receive(SimpleUploadedFile("captura.png", picture.getvalue())),
            receive(SimpleUploadedFile("registro de la planificación de todos los centros.log", b"Error 17")),
        ]
    )
    ticket = draft.open_ticket(
        subject="Error al generar la planificación de la actividad preventiva del centro de Getafe",
        body="Se queda en blanco:\n![captura](adjunto:1)\nC:\\Acme\\bin",
        topic=TopicFactory(),
        product=ProductFactory(),
        priority=3,
        followers=[bruno],
    )
    ticket.assign(by=boss, to=agent)
    ticket.note(by=agent, body="Reproducido en la máquina de pruebas.")
    ticket.reply(by=agent, body=ANSWER)
    ticket.add_follower(by=ana, person=diego)
    scan_waiting(at=timezone.now())
    send_files_in_every_state(bruno, ticket)
    new_draft(bruno, ticket).add([receive(SimpleUploadedFile("versiones.txt", b"12.4"))])
    display.make_display_copies(at=timezone.now())
    return ticket


def send_files_in_every_state(person, ticket):
    """An answer with a file in which the antivirus found something, one that it did not take, and one that waits."""
    names = ["factura de noviembre de todos los centros.zip", "copia de la planificación.bin", "lo último.txt"]
    draft = new_draft(person, ticket)
    infected, refused, _waiting = draft.add([receive(SimpleUploadedFile(name, name.encode())) for name in names])
    message = draft.reply(body="Los archivos que pidieron.")
    infected.stored.found_infected("Eicar-Test-Signature", at=timezone.now())
    StoredFile.objects.filter(pk=refused.stored_id).release_unscanned()
    message.quarantine_files()


@pytest.fixture
def visitors_pages(browse, ana, settings, help_pages, notices):
    settings.REGISTRATION = "approval"
    unverified_request("enlace-para-verificar", company_typed="Talleres Ibarra", message="Llevo el taller.\nGracias.")
    browse().post("/acceso/recuperar/", {"email": ana.email})
    link_to_reset = re.search(r"/acceso/recuperar/\S+", OutgoingMail.objects.get(kind="password_reset").text)
    settings.STATUS_PUBLIC = settings.VISITORS_HOME = settings.GUESTS = True
    unverified_guest("enlace-de-invitado", body="Ayer.\n" * 40)
    guest = unverified_guest("otro-enlace", subject="Un asunto muy largo " * 9, name="Jon Etxeberria " * 7)
    guest.keep([receive(SimpleUploadedFile(f"{'captura' * 12}.txt", b"x"))])
    guest.verify()
    settings.BRAND = settings.BRAND | {"only_here": "yes"}
    visor = Component.objects.create(name="Visor de planos de todos los centros", slug="visor", is_public=True)
    name = "visor-con-un-nombre-de-archivo-que-no-cabe-en-una-linea-2026.zip"
    release_file(DeliveryFactory(), component=visor, name=name)
    return [
        "/",
        "/descargas/recomendadas/",
        *help_pages,
        *notices,
        "/acceso/",
        "/acceso/recuperar/",
        "/acceso/recuperar/enviado/",
        link_to_reset[0],
        "/acceso/recuperar/1-falso/",
        "/acceso/recuperar/listo/",
        f"/cuenta/invitacion/{ana.invitation_token()}/",
        "/cuenta/invitacion/falsa/",
        "/acceso/registro/",
        "/acceso/registro/enviado/",
        "/acceso/registro/enlace-para-verificar/",
        "/acceso/registro/enlace-falso/",
        "/acceso/registro/listo/",
        f"/cuenta/correo/confirmar/{ana.email_token('ana@nueva.example')}/",
        "/cuenta/correo/confirmar/falso/",
        f"/cuenta/correos/baja/{ana.unsubscribe_token()}/",
        "/cuenta/correos/baja/falso/",
        "/tickets/invitado/",
        "/tickets/invitado/confirmar/enlace-de-invitado/",
        "/tickets/invitado/confirmar/falso/",
        "/tickets/consulta/",
        guest.link.removeprefix(settings.PUBLIC_URL),
        "/tickets/consulta/",
        "/no-existe/",
    ]


ARTICLE = f"""# Antes

Vea [la guía](/ayuda/nada/), `Configuración → {"Avisos" * 20}` y ![el menú](imagen:menu.png)

| Plazo | Quién |
|---|---|
| 15 días | {"responsable " * 6} |

## {"Un apartado de nombre muy largo " * 4}

> Cuidado

# Después

{"https://acme.example/una-direccion-larga/" * 3}
"""


@pytest.fixture
def help_pages():
    """Articles in and inside categories, with contents, a table, a picture and related ones, and frequent questions."""
    shelf = CategoryFactory(name="Coordinación de actividades empresariales", text="Lo que hace falta para empezar.")
    faq = CategoryFactory(name="Preguntas frecuentes", slug="faq", is_faq=True)
    public = {"audience": Article.Audience.PUBLIC}
    other = new_article("Otra cosa", category=CategoryFactory(name="Avisos", parent=shelf), **public)
    article = new_article("Cómo avisar de lo que caduca", ARTICLE, category=shelf, slug="avisar", **public)
    article_picture(article, "menu.png")
    article.render_again()
    article.related.add(other)
    new_article("¿Puedo cambiar la contraseña de otra persona?", ARTICLE, category=faq, **public)
    return [
        "/ayuda/",
        "/ayuda/?q=plazo+de+los+avisos",
        "/ayuda/?q=zzzz",
        shelf.get_absolute_url(),
        faq.get_absolute_url(),
        article.get_absolute_url(),
        f"{article.get_absolute_url()}imprimir/",
        *("/buscar/", "/buscar/?q=avisos+plazo", "/buscar/?q=zzzz", "/buscar/?q=%22", "/buscar/?q=" + "larga-" * 60),
    ]


def write_news():
    """Two releases of one month, one of another, with everything that Markdown may hold."""
    for version, days in (("2026.11", 3), ("2026.10.2", 33), ("2026.10", 34)):
        release = published(
            version, at=timezone.now() - timedelta(days=days), title="Firma de la formación desde el móvil"
        )
        new_note(release, NOTE, product=ProductFactory(name="Coordinación de actividades empresariales"))
        new_note(release, "La pantalla quedaba en blanco.", kind="fix")


@pytest.fixture
def updates(bruno):
    """Two updates: of the second one file is new, one waits for the antivirus, and one is not used."""
    bruno.set_permissions(by=bruno, changes={"can_use_downloads": True, "can_use_releases": True})
    first = DeliveryFactory(version="2026.1", published_at=timezone.now() - timedelta(days=40))
    last = DeliveryFactory(version="2026.2-una-version-de-nombre-largo", title="La de primavera")
    for slug, content in (("servidor-de-aplicaciones", b"1"), ("web", b"2")):
        release_file(first, slug, content)
        release_file(last, slug, b"2", name=f"{slug}-con-un-nombre-de-archivo-que-no-cabe-en-una-linea-2026.2.zip")
    waiting = release_file(last, "manual", b"3")
    StoredFile.objects.filter(pk=waiting.stored_id).update(scan_state="pending", scan_due_at=timezone.now())
    installed = {Component.objects.get(slug="web"): last, Component.objects.get(slug="manual"): None}
    installed[Component.objects.get(slug="servidor-de-aplicaciones")] = first
    Installation.objects.say(installed, by=bruno, at=timezone.now())
    note_to = ProductFactory(name="Planificación")
    Subscription.objects.create(company=bruno.company, product=note_to, starts="2020-01-01")
    for kind in ("fix", "enhancement"):
        ReleaseNote.objects.create(release=last, kind=kind, product=note_to, text=f"Una nota {kind} " * 9)
    return [
        "/descargas/",
        first.get_absolute_url(),
        "/descargas/anteriores/",
        "/descargas/cambios/",
        "/descargas/instalado/",
        waiting.get_absolute_url(),
    ]


@pytest.fixture
def talks(bruno):
    """Webinars in every state, with names that do not fit; bruno takes part in one."""
    bruno.set_permissions(by=bruno, changes={"can_use_webinars": True})
    long, now = "Coordinación de actividades con-un-nombre-que-no-cabe-en-ningún-sitio " * 3, timezone.now()
    coming = planned(
        long[:150], begins=now + timedelta(minutes=9), speaker=long[:150], text=NOTE, join_url="https://a.example/"
    )
    coming.register(by=bruno, at=now)
    planned("Otro que viene")
    planned("Terminado", begins=now - timedelta(days=1))
    off = planned("Suspendido")
    off.cancel(at=now)
    film = recorded(long[:150], length=90, text=NOTE)
    film.set_chapters([(0, "Presentación"), (5, long[:120])])
    film.add_material(receive(SimpleUploadedFile(f"{'guion-' * 15}.pdf", b"%PDF-1.4\n%%EOF")))
    film.mark_seen(by=bruno, at=now)
    picture = io.BytesIO()
    Image.new("RGB", (640, 360), "#1d4fd8").save(picture, "PNG")
    film.put_poster(receive(SimpleUploadedFile("cartel.png", picture.getvalue())))
    display.make_copy(film.poster)
    waiting = recorded("Por analizar")
    StoredFile.objects.filter(pk=waiting.video_id).update(scan_state="pending", scan_due_at=now)
    return [
        "/webinars/",
        "/webinars/?ver=no-vistos&q=nada",
        *(row.get_absolute_url() for row in (coming, off, film, waiting)),
        f"{waiting.get_absolute_url()}video/",
    ]


@pytest.fixture
def notices(agent):
    """Announcements of every kind, the service in every state, and everything that contact may hold, with names that do
    not fit."""
    long, now = "Mantenimiento de los servidores con-un-nombre-que-no-cabe-en-ningún-sitio " * 3, timezone.now()
    rows = [announced(long[:150], level=level, audience="public", text=NOTE) for level in Announcement.Level.values]
    announced("Terminado", audience="public", at=now - timedelta(days=9), until=now - timedelta(days=2))
    parts = [
        ServiceComponent.objects.create(name=f"{position} {long}"[:80], text=long[:200], state=state, position=position)
        for position, state in enumerate(ServiceComponent.State.values)
    ]
    incident = new_incident(agent, title=long[:150], text=NOTE, components=parts)
    past = new_incident(agent, at=now - timedelta(days=9))
    for row, stage in ((incident, "identified"), (incident, "monitoring"), (past, "resolved")):
        row.update(by=agent, stage=stage, text=NOTE, at=now)
    for begins in (now - timedelta(minutes=5), now + timedelta(days=2)):
        times = {"starts_at": begins, "until": begins + timedelta(hours=1)}
        Incident.objects.plan(by=agent, title=long[:150], text=NOTE, at=now, components=parts, **times)
    ContactEntry.objects.create(
        name=long[:80], text=long[:200], phone="+34 900 000 001", price=long[:120], hours=long[:120],
        email=f"{'soporte-' * 7}@acme.example", subject=long[:120],
    )  # fmt: skip
    return [
        "/avisos/",
        "/avisos/?ver=anteriores",
        rows[0].get_absolute_url(),
        "/estado/",
        incident.get_absolute_url(),
        "/normas/",
        "/contacto/",
        "/aviso-legal/",
        "/privacidad/",
        "/accesibilidad/",
    ]


@pytest.fixture
def contracted(bruno):
    """A licence that ends soon, its next file, and modules in every state; bruno receives the files."""
    company, by = bruno.company, StaffFactory()
    bruno.set_permissions(by=bruno, changes={"receives_licence_files": True})
    today, day = company.today(), timedelta(days=1)
    for first, last in ((-360, 4), (5, 369)):
        file = licence_file(company, starts=today + first * day, until=today + last * day, by=by, note="Reinicie.")
    file.note_download(by=bruno)
    for name, first, last in (("EPIs", -900, -600), ("EPIs", -30, None), ("Salud", 9, 99), ("Informes", -90, -9)):
        product = ProductFactory(name=name, text="Lo que hace.")
        expires = None if last is None else today + last * day
        Subscription.objects.agree(by=by, company=company, product=product, starts=today + first * day, expires=expires)
    ProductFactory(name="Coordinación de actividades empresariales", text="Lo que hace.", kind="service")
    return file


@pytest.fixture
def trainings(bruno):
    """Slots alone and together, a session to come with everything that is said of one, another that was recorded."""
    bruno.set_permissions(by=bruno, changes={"can_use_training": True, "can_book_training": True})
    now, trainer, company = timezone.now(), new_trainer(), bruno.company
    hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=9)
    Holiday.objects.create(day=hour.date() + timedelta(days=1), name="Un festivo de nombre largo")
    fill(company, 1_200)
    module = new_module("Coordinación de actividades empresariales", topics=("Alta", "Permisos"), remark="Repase.")
    module.keep(outline=receive(SimpleUploadedFile("guion.txt", b"Primero")))
    free = [new_slot(hour + timedelta(hours=number), trainer=trainer, minutes=60) for number in range(8)]
    new_slot(free[-1].starts, trainer=new_trainer("Iñaki", "Goñi"))
    past, booked = (
        new_slot(hour - timedelta(days=40), trainer=trainer),
        new_slot(hour + timedelta(days=2), trainer=trainer),
    )
    more, less = module.topics.all()
    details = {"more": [more], "less": [less], "people": [bruno], "names": ["Pepe Gil"], "note": "Somos nuevos."}
    session = book(booked, bruno, module=module, may_record=True, at=now, **details)
    had = book(past, bruno, module=module, may_record=True, at=now - timedelta(days=60))
    film = receive(SimpleUploadedFile("una-grabacion-de-nombre-largo.mp4", b"\x00\x00\x00\x18ftypmp42"))
    recording = Recording.objects.add(booking=had, by=trainer.user, title="La primera parte", upload=film)
    cancelled = book(free[0], bruno, at=now)
    cancelled.cancel(by=bruno, at=now)
    PreparationGuide.current().write(NOTE, by=trainer.user, at=now)
    return [
        "/formacion/",
        f"/formacion/?mes={hour:%Y-%m}",
        f"/formacion/?semana={hour.date()}",
        f"/formacion/reservar/{free[1].public_id}/",
        "/formacion/reservas/",
        *(one.get_absolute_url() for one in (session, had, cancelled, recording)),
        *(f"{session.get_absolute_url()}{page}/" for page in ("cambiar", "enlace", "anular")),
        f"{session.get_absolute_url()}cambiar/{free[2].public_id}/",
        "/formacion/bolsa/",
        "/formacion/plan/",
        "/formacion/preparacion/",
        "/formacion/grabaciones/",
    ]


@pytest.fixture
def trainings_at_the_desk(trainings, bruno):
    """A trainer with weekly slots and absences, the plan with its topics, and sessions in every state."""
    trainer = Trainer.objects.order_by("pk").first()
    Availability.objects.create(trainer=trainer, weekday=0, starts=time(9), minutes=90)
    Absence.objects.create(trainer=trainer, first_day=date(2126, 8, 1), last_day=date(2126, 8, 31))
    bookings = Booking.objects.order_by("slot__starts")
    coming, had = bookings.filter(state=Booking.State.BOOKED).last(), bookings.exclude(recordings=None).get()
    module, bag = TrainingModule.objects.get(), HourBag.objects.get(company=bruno.company)
    return [
        *(f"/admin/training/{model}/" for model in ("trainer", "slot", "booking", "trainingmodule")),
        *(f"/admin/training/{model}/add/" for model in ("trainer", "slot", "booking", "trainingmodule")),
        f"/admin/training/trainer/{trainer.pk}/change/",
        f"/admin/training/slot/{coming.slot_id}/change/",
        f"/admin/training/trainingmodule/{module.pk}/change/",
        "/admin/training/preparationguide/1/change/",
        "/admin/training/booking/calendario/",
        *(f"/admin/training/booking/{one.pk}/change/" for one in (coming, had)),
        "/admin/contracts/hourbag/",
        f"/admin/contracts/hourbag/{bag.pk}/change/",
        "/admin/worktime/holiday/",
        "/admin/worktime/holiday/add/",
    ]


@pytest.fixture
def asked_for(ana, bruno, attach):
    """A topic and a kind of request with every kind of question, where it costs; what waits, was refused and is a
    ticket."""
    bruno.set_permissions(by=bruno, changes={"can_use_requests": True})
    costs = {"hours": "De lunes a viernes", "response_hours": 8, "notice": "Avise antes.", "surcharge": "120 €"}
    department = DepartmentFactory(name="Soporte 24 horas", urgency="No se puede trabajar.", **costs)
    topic = TopicFactory(name="Una avería con preguntas", department=department)
    kind = RequestTypeFactory(slug="todo", price="60 € la hora", needs_approval=True, topic=TopicFactory(name="Todo"))
    for position, question in enumerate(Kind):
        for asks in (topic, kind.topic):
            asks.form_fields.create(
                label=f"{question.label}: ¿qué quiere decir exactamente con ello?",
                kind=question,
                help="Se lo preguntamos para no tener que preguntárselo después.",
                options="Una opción\nOtra_opción_sin_ningún_espacio_en_todo_su_nombre",
                is_required=position % 2 == 0,
                position=position,
            )
    answers = [Answer(label="¿Cuántas horas?", value="una-palabra-larga" * 9), Answer(label="¿Por qué?", value="a\nb")]
    content = {"subject": "Más horas", "body": "**Diez**."}
    asked = [Request.objects.ask(by=by, kind=kind, **content) for by in (ana, ana, bruno)]
    asked[1].refuse(by=bruno, reason="Este año no.\nEl que viene.")
    waits = Request.objects.ask(by=ana, kind=kind, files=attach(ana, "plan.txt"), answers=answers, **content)
    answers = [Answer(label=answer.label, value=answer.value) for answer in answers]
    ticket = open_ticket(bruno, topic=topic, request_type=kind, answers=answers, accepts_surcharge=True)
    return [
        "/solicitudes/",
        "/solicitudes/?ver=por-aprobar",
        "/solicitudes/?ver=pasadas",
        kind.get_absolute_url(),
        asked[2].get_absolute_url(),
        f"/tickets/nuevo/?tema={topic.pk}",
        ticket.get_absolute_url(),
        f"{ticket.get_absolute_url()}imprimir/",
        "/gestion/solicitudes/",
        "/gestion/solicitudes/?ver=decididas",
        *(f"/gestion/solicitudes/{one.public_id}/" for one in (asked[1], waits)),
        f"/gestion/solicitudes/{waits.public_id}/rechazar/",
    ]


@pytest.fixture
def customers_pages(
    full_ticket, updates, contracted, asked_for, help_pages, trainings, talks, notices, ana, bruno, agent
):
    ana.set_permissions(by=bruno, changes={"can_use_downloads": True, "receives_licence_files": True})
    bruno.set_permissions(by=bruno, changes={"can_use_releases": True})
    write_news()
    for status in (Status.OPEN, Status.ENHANCEMENT, Status.SCHEDULED, Status.CLOSED):
        ticket = open_ticket(bruno, subject=f"Un ticket {status.label}")
        ticket.reply(by=agent, body="Lo miramos.")
        ticket.set_status(status, by=agent)
    old = open_ticket(ana, subject="Un ticket antiguo")
    old.reply(by=agent, body="Hecho.", then="closed")
    Ticket.objects.filter(pk=old.pk).update(closed_at=timezone.now() - timedelta(days=40))
    left = UserFactory(company=ana.company, first_name="Pedro", access_until="2126-12-31", declines_general_mail=True)
    left.deactivate(by=bruno)
    asked = AccessRequestFactory(
        company=bruno.company, message="Llevo el taller.", person=ana, email="una-direccion-larga@taller-ibarra.example"
    )
    gone = UserFactory(company=ana.company, is_active=False)
    new = {"first_name": "Eva", "email": "eva@ibarra.example", "login": "eva.gil"}
    StaffFactory(is_superuser=True)
    ManagerReplacement.objects.ask(by=agent, company=ana.company, reason="Su gestor no contesta", **new)
    return [
        *updates,
        *trainings,
        *asked_for,
        *help_pages,
        *talks,
        "/inicio/",
        "/buscar/?q=a+de+informe+ficha",
        "/tickets/?estado=todos",
        "/tickets/?estado=todos&filtros=1&desde=ayer",
        "/tickets/?estado=nada&q=nada",
        "/tickets/nuevo/",
        full_ticket.get_absolute_url(),
        ticket.get_absolute_url(),
        old.get_absolute_url(),
        f"{full_ticket.get_absolute_url()}copia/",
        Attachment.objects.infected().get().get_absolute_url(),
        f"{full_ticket.get_absolute_url()}imprimir/",
        "/cuenta/perfil/",
        "/cuenta/contrasena/",
        "/cuenta/correos/",
        "/cuenta/segundo-factor/",
        "/cuenta/sesiones/",
        "/gestion/",
        "/gestion/permisos/",
        "/gestion/permisos/?q=nadie",
        "/gestion/usuarios/",
        "/gestion/usuarios/?q=nadie",
        "/gestion/usuarios/nuevo/",
        f"/gestion/usuarios/{ana.public_id}/",
        f"/gestion/usuarios/{left.public_id}/",
        "/gestion/usuarios/importar/",
        "/gestion/accesos/",
        "/gestion/accesos/?ver=respondidas",
        asked.get_absolute_url(),
        f"{asked.get_absolute_url()}rechazar/",
        "/gestion/licencias/",
        "/gestion/registro/",
        "/gestion/registro/?tipo=permisos&desde=ayer",
        "/novedades/",
        "/novedades/?tipo=correcciones&modulo=nada",
        "/novedades/?q=nada",
        "/novedades/?mios=1",
        "/novedades/imprimir/",
        "/novedades/2026.11/",
        "/novedades/2026.11/imprimir/",
        "/empresa/",
        "/empresa/proponer/",
        *(f"/gestion/usuarios/{person.public_id}/{page}/" for person in (ana, gone) for page in ("ver-como", "baja")),
        "/acceso/salir/",
        "/acceso/confirmar/?next=/gestion/",
        "/admin/",
        "/tickets/999/",
    ]


@pytest.fixture
def conversation(full_ticket):
    return f"/admin/tickets/ticket/{full_ticket.pk}/change/"


@pytest.fixture
def staffs_pages(
    conversation, updates, talks, notices, contracted, asked_for, help_pages, trainings_at_the_desk, bruno
):
    mail = OutgoingMail.objects.filter(kind="ticket_replied").first()
    asked = AccessRequestFactory(company_typed="Bodegas Sur")
    bruno.set_permissions(by=bruno, changes={"can_use_downloads": True})
    entry = AuditEntry.objects.filter(kind="permissions_changed").latest("pk")
    proposal = CompanyProposal.objects.propose(by=bruno, company=bruno.company, data={"name": "Ibarra, S.A."})
    erasure = ErasureRequest.objects.ask(person=bruno, by=bruno)
    draft = new_note(ReleaseFactory(version="2027.1")).release
    update = DeliveryFactory(version="2026.3", state="draft", published_at=None)
    release_file(update, "servidor-de-aplicaciones", b"4")
    article = Article.objects.get(slug="avisar")
    ArticleVote.objects.cast(article, by=bruno, helps=False, reason="Falta el último paso")
    return [
        *trainings_at_the_desk,
        *(f"/admin/knowledge/{model}/" for model in ("category", "article", "articlevote")),
        "/admin/knowledge/article/add/",
        f"/admin/knowledge/article/{article.pk}/change/",
        "/admin/knowledge/article/enlaces/?q=avisar",
        *(f"/admin/downloads/{model}/" for model in ("component", "delivery", "installation", "downloadlog")),
        f"/admin/downloads/delivery/{update.pk}/change/",
        *(f"/admin/announcements/{model}/" for model in ("announcement", "rulesofuse", "acceptance", "incident")),
        *(f"/admin/announcements/{model}/add/" for model in ("announcement", "rulesofuse", "incident", "contactentry")),
        *(f"/admin/announcements/announcement/{announcement().pk}/{page}/" for page in ("change", "publicar")),
        *(
            f"/admin/announcements/incident/{Incident.objects.first().pk}/{page}/"
            for page in ("change", "novedad", "tickets")
        ),
        "/admin/announcements/incident/add/?que=mantenimiento",
        "/admin/announcements/servicecomponent/",
        "/admin/announcements/informationpage/add/",
        "/admin/webinars/webinar/",
        "/admin/webinars/webinar/add/",
        *(f"/admin/webinars/webinar/{planned().pk}/{page}/" for page in ("change", "fecha", "archivos")),
        f"/admin/webinars/webinar/{webinar().pk}/anunciar/",
        "/admin/webinars/registration/",
        "/admin/",
        "/admin/tickets/ticket/",
        conversation,
        f"/admin/tickets/ticket/{Ticket.objects.exclude(request_type=None).get().pk}/change/",
        "/admin/tickets/department/",
        "/admin/tickets/topic/",
        f"/admin/tickets/topic/{Topic.objects.get(name='Todo').pk}/change/",
        conversation.replace("change", "imprimir") + "?notas",
        "/admin/accounts/company/",
        "/admin/accounts/company/add/",
        "/admin/accounts/user/",
        "/admin/accounts/erasurerequest/",
        f"/admin/accounts/erasurerequest/{erasure.pk}/change/",
        f"/admin/accounts/user/{bruno.pk}/change/",
        "/admin/accounts/accessrequest/",
        f"/admin/accounts/accessrequest/{asked.pk}/change/",
        f"/admin/accounts/accessrequest/{asked.pk}/empresa/",
        "/admin/accounts/auditentry/",
        f"/admin/accounts/auditentry/{entry.pk}/change/",
        "/admin/accounts/companyproposal/",
        f"/admin/accounts/companyproposal/{proposal.pk}/change/",
        "/admin/releases/release/",
        "/admin/releases/release/add/",
        f"/admin/releases/release/{draft.pk}/change/",
        f"/admin/releases/release/{draft.pk}/publicar/",
        "/admin/releases/releasenote/",
        "/admin/contracts/licencefile/",
        "/admin/contracts/licencefile/add/",
        "/admin/contracts/licencefile/radar/",
        f"/admin/contracts/licencefile/{contracted.pk}/change/",
        "/admin/contracts/subscription/",
        "/admin/contracts/subscription/add/",
        "/admin/contracts/subscription/importar/",
        "/admin/mail/outgoingmail/",
        f"/admin/mail/outgoingmail/{mail.pk}/change/",
    ]


@BOTH_LIGHTS
def test_a_visitors_pages_have_no_grave_fault(open_browser, visitors_pages, look):
    page = open_browser(None, look, expecting=[404, 410])

    assert found_on(page, visitors_pages, grave_faults) == {}


@BOTH_LIGHTS
def test_a_customers_pages_have_no_grave_fault(open_browser, customers_pages, bruno, look):
    page = open_browser(bruno, look, expecting=[403, 404])

    assert found_on(page, customers_pages, grave_faults) == {}


@pytest.mark.parametrize("look", [DESKTOP, PHONE_DARK, SMALL_PHONE], ids=["light-desktop", "dark-phone", "320"])
def test_the_pages_behind_the_password_have_no_grave_fault(open_browser, ana, bruno, look):
    """Whoever has just logged in need not confirm it."""
    page = open_browser(None, look)
    log_in(page, ana)
    paths = ["/cuenta/mis-datos/", "/cuenta/mis-datos/borrar/"]

    assert found_on(page, paths, grave_faults) == {}
    assert found_on(page, paths, overflow) == {}
    page.get_by_label("Sé que no se puede deshacer").check()
    page.get_by_role("button", name="Pedirlo").click()
    expect(page.get_by_role("button", name="Retirar la petición")).to_be_visible()
    assert grave_faults(page) == []


@pytest.mark.parametrize("look", [DESKTOP, PHONE_DARK, SMALL_PHONE], ids=["light-desktop", "dark-phone", "320"])
def test_the_rules_come_before_everything_else(open_browser, ana, look):
    now = timezone.now()
    RulesOfUse.objects.draft(text=NOTE).put_in_force(since=now, at=now)
    page = open_browser(None, look)
    log_in(page, ana)

    expect(page.get_by_role("heading", name="Normas de uso")).to_be_visible()
    assert grave_faults(page) == []
    assert not overflow(page)
    page.get_by_role("button", name="Acepto las normas").click()
    expect(page.get_by_text("Puede volver a leer las normas cuando quiera")).to_be_visible()


@BOTH_LIGHTS
def test_a_form_with_errors_has_no_grave_fault(open_browser, ana, look):
    page = open_browser(ana, look)
    page.goto("/tickets/nuevo/")
    page.get_by_role("button", name="Enviar ticket").click()
    expect(page.get_by_label("Asunto")).to_have_attribute("aria-invalid", "true")

    assert grave_faults(page) == []


def test_errors_are_read_out_with_their_fields(open_browser, ana):
    page = open_browser(ana)
    page.goto("/tickets/nuevo/")

    page.get_by_role("button", name="Enviar ticket").click()

    for field, reason in {"Tema": "obligatorio", "Asunto": "obligatorio", "Mensaje": "Escriba su mensaje"}.items():
        expect(page.get_by_label(field)).to_have_accessible_description(re.compile(reason))


@BOTH_LIGHTS
def test_an_empty_portal_has_no_grave_fault(open_browser, ana, look):
    assert found_on(open_browser(ana, look), ["/inicio/", "/tickets/"], grave_faults) == {}


@BOTH_LIGHTS
def test_the_staffs_pages_have_no_grave_fault(open_browser, staffs_pages, boss, look):
    assert found_on(open_browser(boss, look), staffs_pages, grave_faults) == {}


@pytest.mark.parametrize("look", [DESKTOP, PHONE_DARK, SMALL_PHONE], ids=["light-desktop", "dark-phone", "320"])
def test_what_a_guest_is_shown_has_no_grave_fault(open_browser, ana, boss, settings, look):
    """The page after sending, also when it was refused, what may be taken into the company, and the ticket on the
    desk."""
    settings.GUESTS = True
    visitor = open_browser(None, look)
    visitor.goto("/tickets/invitado/")
    visitor.get_by_label("Su nombre").fill("Jon Vidal")
    visitor.get_by_label("Su dirección de correo").fill(ana.email)
    visitor.get_by_label("Tema").select_option("Incidencia")
    visitor.get_by_label("Mensaje", exact=True).fill("No imprime.")
    long_name = {"name": f"{'captura' * 12}.txt", "mimeType": "text/plain", "buffer": b"hola"}
    visitor.set_input_files("input[type=file]", long_name)
    visitor.get_by_role("button", name="Enviar ticket").click()
    expect(visitor.get_by_role("checkbox")).to_be_checked()
    assert (grave_faults(visitor), overflow(visitor)) == ([], 0)
    visitor.get_by_label("Asunto").fill("No imprime")
    visitor.get_by_role("button", name="Enviar ticket").click()
    expect(visitor.locator(".code-to-keep")).to_be_visible()
    assert (grave_faults(visitor), overflow(visitor)) == ([], 0)

    ticket = Guest.objects.get().verify()
    ana.prove_email()
    for person, path in ((ana, "/tickets/invitado/incorporar/"), (boss, f"/admin/tickets/ticket/{ticket.pk}/change/")):
        page = open_browser(person, look)
        assert found_on(page, [path], grave_faults) == {}
        assert found_on(page, [path], overflow) == {}


@pytest.mark.parametrize("look", [pytest.param(PHONE, id="390"), pytest.param(SMALL_PHONE, id="320")])
def test_no_page_stands_out_at_the_side(open_browser, visitors_pages, customers_pages, conversation, bruno, boss, look):
    visitor = open_browser(None, look, expecting=[404, 410])
    customer = open_browser(bruno, look, expecting=[403, 404])

    assert found_on(visitor, visitors_pages, overflow) == {}
    assert found_on(customer, customers_pages, overflow) == {}
    assert found_on(open_browser(boss, look), [conversation], overflow) == {}


def test_a_wide_table_scrolls_inside_its_box(open_browser, ana):
    table = f"| {'Identificador | ' * 5}\n| {'--- | ' * 5}\n| {'Contabilidad | ' * 4}`ACTUALIZACION` |"
    paths = [announced("Versiones", text=table).get_absolute_url(), new_incident(text=table).get_absolute_url()]
    page = open_browser(ana, PHONE)

    assert found_on(page, paths, overflow) == {}
    for path in paths:
        page.goto(path)
        assert page.locator(".text table").evaluate("table => table.scrollWidth - table.clientWidth") > 0


@pytest.mark.parametrize("look", [PHONE, PHONE_DARK], ids=["light", "dark"])
def test_what_goes_on_with_the_service_fits_where_people_would_write_of_it(open_browser, ana, settings, look):
    settings.GUESTS = settings.STATUS_PUBLIC = True
    new_incident(title="NoHayQuienRecibaLosCorreos" * 5)
    caches["process"].delete(UNDER_WAY)

    for person, paths in ((ana, ["/inicio/", "/tickets/nuevo/"]), (None, ["/tickets/invitado/"])):
        page = open_browser(person, look)
        assert found_on(page, paths, overflow) == {}
        assert found_on(page, paths, grave_faults) == {}
        expect(page.get_by_text("Incidencia en curso:")).to_be_visible()
