"""Every page, as the person who sees most of it: for screen readers, in both lights, on narrow screens."""

import io
import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect

from files import display
from files.receiving import receive
from mail.models import OutgoingMail
from tests.e2e.looks import DESKTOP, PHONE, PHONE_DARK, SMALL_PHONE
from tests.e2e.steps import overflow
from tests.factories import ProductFactory, TopicFactory, new_draft, open_ticket
from tickets.models import Ticket
from tickets.status import Status

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
# Fetching style sheets again would break the policy of the page, and serves one rule alone.
OPTIONS = {"resultTypes": ["violations"], "preload": False}
# What axe finds in the lists of Django itself: the search box is named by a picture.
DJANGOS_OWN = {"label-title-only"}


def grave_faults(page: Page) -> list[str]:
    """What axe calls serious or critical, each with the elements that it means."""
    violations = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{violation['id']}: {[node['target'] for node in violation['nodes']]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical") and violation["id"] not in DJANGOS_OWN
    ]


def found_on(page: Page, paths: list[str], look_for) -> dict:
    """What is found on the pages where something is found."""
    found = {}
    for path in paths:
        page.goto(path)
        if result := look_for(page):
            found[path] = result
    return found


@pytest.fixture
def full_ticket(ana, bruno, diego, agent, boss):
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
    new_draft(bruno, ticket).add([receive(SimpleUploadedFile("versiones.txt", b"12.4"))])
    display.make_display_copies(at=timezone.now())
    return ticket


@pytest.fixture
def visitors_pages(browse, ana):
    browse().post("/acceso/recuperar/", {"email": ana.email})
    link_to_reset = re.search(r"/acceso/recuperar/\S+", OutgoingMail.objects.get(kind="password_reset").text)
    return [
        "/acceso/",
        "/acceso/recuperar/",
        "/acceso/recuperar/enviado/",
        link_to_reset[0],
        "/acceso/recuperar/1-falso/",
        "/acceso/recuperar/listo/",
        f"/cuenta/invitacion/{ana.invitation_token()}/",
        "/cuenta/invitacion/falsa/",
        "/no-existe/",
    ]


@pytest.fixture
def customers_pages(full_ticket, ana, bruno, agent):
    for status in (Status.OPEN, Status.ENHANCEMENT, Status.SCHEDULED, Status.CLOSED):
        ticket = open_ticket(bruno, subject=f"Un ticket {status.label}")
        ticket.reply(by=agent, body="Lo miramos.")
        ticket.set_status(status, by=agent)
    old = open_ticket(ana, subject="Un ticket antiguo")
    old.reply(by=agent, body="Hecho.", then="closed")
    Ticket.objects.filter(pk=old.pk).update(closed_at=timezone.now() - timedelta(days=40))
    return [
        "/inicio/",
        "/tickets/?estado=todos",
        "/tickets/?estado=todos&filtros=1&desde=ayer",
        "/tickets/?estado=nada&q=nada",
        "/tickets/nuevo/",
        full_ticket.get_absolute_url(),
        ticket.get_absolute_url(),
        old.get_absolute_url(),
        f"{full_ticket.get_absolute_url()}copia/",
        "/cuenta/perfil/",
        "/cuenta/contrasena/",
        "/acceso/salir/",
        "/admin/",
        "/tickets/999/",
    ]


@pytest.fixture
def conversation(full_ticket):
    return f"/admin/tickets/ticket/{full_ticket.pk}/change/"


@pytest.fixture
def staffs_pages(conversation, bruno):
    mail = OutgoingMail.objects.filter(kind="ticket_replied").first()
    return [
        "/admin/",
        "/admin/tickets/ticket/",
        conversation,
        "/admin/accounts/company/",
        "/admin/accounts/company/add/",
        "/admin/accounts/user/",
        f"/admin/accounts/user/{bruno.pk}/change/",
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


@pytest.mark.parametrize("look", [pytest.param(PHONE, id="390"), pytest.param(SMALL_PHONE, id="320")])
def test_no_page_stands_out_at_the_side(open_browser, visitors_pages, customers_pages, conversation, bruno, boss, look):
    visitor = open_browser(None, look, expecting=[404, 410])
    customer = open_browser(bruno, look, expecting=[403, 404])

    assert found_on(visitor, visitors_pages, overflow) == {}
    assert found_on(customer, customers_pages, overflow) == {}
    assert found_on(open_browser(boss, look), [conversation], overflow) == {}
