"""Announcements, the state of the service, rules that are only a draft, and how Acme is reached."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from accounts.models import Company, User
from announcements.models import Announcement, ContactEntry, Incident, RulesOfUse, ServiceComponent
from contracts.models import Product

PUBLIC, REGISTERED, CHOSEN = Announcement.Audience
NOTICES = (
    {
        "slug": "horario-de-navidad",
        "title": "Horario de soporte en Navidad",
        "level": "information",
        "audience": PUBLIC,
        "is_pinned": True,
        "days": 2,
        "until": 40,
        "text": "El **24 y el 31 de diciembre** atendemos de 9:00 a 14:00. El resto de días laborables, en el horario "
        "habitual.\n\nLo que envíe fuera de ese horario queda registrado y se atiende el siguiente día laborable.",
    },
    {
        "slug": "actualice-antes-de-planificar",
        "title": "Actualice antes de preparar la planificación del año",
        "level": "warning",
        "audience": CHOSEN,
        "modules": ("Planificación preventiva",),
        "days": 5,
        "text": "La última versión corrige el cálculo de los plazos de las medidas que pasan de un año a otro. "
        "Si va a copiar la planificación, instálela antes:\n\n1. Descargue los archivos marcados como nuevos.\n"
        "2. Actualice todos los equipos.\n3. Copie la planificación.",
    },
    {
        "slug": "correos-que-no-son-nuestros",
        "title": "Correos que no son nuestros",
        "level": "warning",
        "audience": PUBLIC,
        "days": 12,
        "text": "Algunas empresas reciben correos que piden la contraseña en nuestro nombre. **Nunca la pedimos.** "
        "Si recibe uno, no pulse ningún enlace y avísenos en un ticket.",
    },
    {
        "slug": "nuevo-portal-de-soporte",
        "title": "Estrenamos el portal de soporte",
        "level": "news",
        "audience": REGISTERED,
        "days": 21,
        "text": "Desde aquí puede seguir sus tickets, descargar las actualizaciones y ver los webinars. El gestor de "
        "usuarios de su empresa decide qué ve cada persona.",
    },
)

COMPONENTS = (
    ("Portal de soporte", "Tickets, descargas y avisos"),
    ("Servidor de licencias", "Renovación automática de las licencias"),
    ("Sincronización móvil", "Inspecciones y entregas hechas desde el móvil"),
    ("Envío de avisos por correo", "Los avisos de caducidad que envía el programa"),
    ("Copias de seguridad alojadas", "Para las empresas que las tienen contratadas"),
)

ENTRIES = (
    {
        "name": "Soporte técnico",
        "text": "Lo urgente, o un ticket que lleva más de 48 horas sin respuesta.",
        "phone": "+34 900 000 001",
        "price": "Llamada gratuita",
        "hours": "De lunes a viernes, de 9:00 a 18:00",
        "email": "soporte@acme.example",
        "subject": "[Soporte técnico]",
    },
    {
        "name": "Administración",
        "text": "Facturas, contratos y datos de su empresa.",
        "phone": "+34 910 000 002",
        "price": "Precio de una llamada a un fijo",
        "hours": "De lunes a jueves, de 9:00 a 14:00",
        "email": "administracion@acme.example",
        "subject": "[Administración]",
    },
    {
        "name": "Comercial",
        "text": "Otros módulos, más horas de formación y presupuestos.",
        "phone": "+34 910 000 003",
        "price": "Precio de una llamada a un fijo",
        "hours": "De lunes a viernes, de 9:00 a 18:00",
        "email": "comercial@acme.example",
        "subject": "[Comercial]",
    },
)

RULES = """Para que el soporte sea rápido y útil para todas las empresas:

- Un problema en cada ticket, en mensajes claros y breves: no es un chat.
- No escriba contraseñas, importes ni datos de salud de personas.
- Respondemos en 24 o 48 horas laborables. Si pasa ese tiempo sin respuesta, llámenos.
- Lo urgente, por teléfono y en horario de oficina.
- Las conversaciones se supervisan para mejorar el servicio.
- Quien falte al respeto deja de poder usar los tickets, y se le atiende solo por teléfono.
"""


def make_components() -> None:
    for position, (name, text) in enumerate(COMPONENTS, start=1):
        ServiceComponent.objects.create(name=name, text=text, position=position)


def write(*, now: datetime) -> None:
    support = User.objects.filter(is_staff=True, is_superuser=False).earliest("pk")
    for notice in NOTICES:
        announce(dict(notice), now=now)
    plan(ServiceComponent.objects.get(name="Servidor de licencias"), by=support, now=now)
    for position, entry in enumerate(ENTRIES, start=1):
        ContactEntry.objects.create(position=position, **entry)
    RulesOfUse.objects.draft(text=RULES)


def announce(notice: dict, *, now: datetime) -> None:
    at = now - timedelta(days=notice.pop("days"))
    until, modules = notice.pop("until", None), notice.pop("modules", ())
    row = Announcement.objects.draft(
        until=now + timedelta(days=until) if until else None,
        modules=Product.objects.filter(name__in=modules),
        companies=Company.objects.none(),
        **notice,
    )
    row.publish(at=at, tell=False, now=at)


def plan(component: ServiceComponent, *, by: User, now: datetime) -> None:
    """A night next week."""
    begins = at_hour(timezone.localdate(now) + timedelta(days=6), "22:00")
    words = "Cambiamos el servidor de licencias. El programa sigue funcionando; solo se retrasan las renovaciones."
    Incident.objects.plan(
        by=by, title="Cambio del servidor de licencias", text=words, components=[component],
        starts_at=begins, until=begins + timedelta(hours=2), at=now - timedelta(days=1),
    )  # fmt: skip


def at_hour(day, hour: str) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.fromisoformat(hour)))
