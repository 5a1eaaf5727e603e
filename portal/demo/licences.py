"""What the companies of the demonstration have contracted, and the files that extend their licences."""

from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Company, User
from contracts.models import LicenceFile, Product, Received, Subscription
from files.receiving import receive

TEXTS = {
    "Planificación preventiva": "Medidas, responsables y plazos de cada centro, con avisos antes de que venzan.",
    "Evaluaciones": "Evaluaciones de riesgos por centro y puesto, con su historial y sus informes.",
    "EPIs": "Entrega, tallas y caducidad de los equipos de protección de cada persona.",
    "Vigilancia de la salud": "Citas, reconocimientos y aptitudes, sin datos médicos a la vista de quien no debe.",
    "Formación": "Cursos, asistentes y caducidades; las convocatorias salen por correo.",
    "Empresas y centros": "Empresas, centros y puestos de trabajo, comunes a todos los módulos.",
    "Documentos": "Archivo de documentos con versiones y firma de los recibidos.",
    "Informes": "Informes propios a partir de cualquier dato del programa.",
    "Coordinación (CAE)": "Intercambio de documentos con contratas y control de quién puede entrar.",
    "Accidentes e incidentes": "Partes, investigación y estadísticas de siniestralidad.",
}
SERVICES = (
    ("Soporte técnico", "lifebuoy", "Tickets y teléfono en horario de oficina."),
    ("Alojamiento en la nube", "cloud", "El programa en nuestros servidores, con copias diarias."),
    ("Formación a medida", "academic-cap", "Sesiones con un formador, por videollamada o en sus oficinas."),
)

# Company → product → (first day, last day) of each period, in days from today; None is without an end.
CONTRACTED: dict[str, dict[str, list[tuple[int, int | None]]]] = {
    "IBA": {
        "Planificación preventiva": [(-1088, -724), (-723, -359), (-358, 3)],
        "Evaluaciones": [(-723, -359), (-358, 3)],
        "EPIs": [(-358, 3)],
        "Empresas y centros": [(-1089, None)],
        "Formación": [(20, 384)],
        "Documentos": [(-1088, -724)],
        "Soporte técnico": [(-358, 3)],
    },
    "BAH": {
        "Planificación preventiva": [(-165, 200)],
        "Coordinación (CAE)": [(-165, 200)],
        "Empresas y centros": [(-165, None)],
        "Alojamiento en la nube": [(-165, 200)],
    },
}


def make_services() -> None:
    for position, (name, icon, text) in enumerate(SERVICES, start=len(TEXTS) + 1):
        details = {"kind": Product.Kind.SERVICE, "icon": icon, "position": position, "text": text}
        Product.objects.get_or_create(name=name, defaults=details)


def contract(*, today: date) -> None:
    """Support enters what was signed."""
    by = staff()
    for code, products in CONTRACTED.items():
        company = Company.objects.get(code=code)
        for name, periods in products.items():
            for first, last in periods:
                Subscription.objects.agree(
                    by=by,
                    company=company,
                    product=Product.objects.get(name=name),
                    starts=today + timedelta(days=first),
                    expires=None if last is None else today + timedelta(days=last),
                )


def upload_present(*, today: date) -> None:
    """The files that run today, which the companies apply."""
    for code, first, last, login in (("IBA", -358, 3, "lucia"), ("BAH", -165, 200, "yaiza")):
        file = upload(code, today + timedelta(days=first), today + timedelta(days=last))
        person = User.objects.get(login=login)
        file.note_download(by=person)
        file.apply(by=person)


def upload_next(*, today: date) -> None:
    """The file that follows one which ends soon; it leaves by e-mail, and nobody has applied it yet."""
    first, last = today + timedelta(days=4), today + timedelta(days=368)
    file = upload("IBA", first, last, note="Reinicie el servicio del programa después de aplicarlo.")
    file.mail(at=timezone.now())


def upload(code: str, first: date, last: date, *, note: str = "") -> LicenceFile:
    name = f"{code}_{first.isoformat()}_{last.isoformat()}.lic"
    content = f"Licencia de ejemplo de {code}, del {first.isoformat()} al {last.isoformat()}.\n"
    received = Received(
        Company.objects.get(code=code), first, last, receive(SimpleUploadedFile(name, content.encode())), note
    )
    (file,) = LicenceFile.objects.upload([received], by=staff())
    return file


def staff() -> User:
    return User.objects.staff().filter(is_superuser=True).earliest("pk")


# When each was done, and what.
DEEDS = (("257d 10:00", contract), ("110d 09:30", upload_present), ("3d 08:15", upload_next))
