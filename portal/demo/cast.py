"""Who there is: the vendor's modules and topics, support, and three companies with their people."""

from dataclasses import dataclass
from typing import Any

from accounts.permissions import FIRST_MANAGER_FLAGS, NEW_CONTACT_FLAGS

PASSWORD = "Demo-2026"  # noqa: S105 - printed for everybody to use

MODULES = (
    ("Planificación preventiva", "calendar-days"),
    ("Evaluaciones", "clipboard-document-check"),
    ("EPIs", "shield-check"),
    ("Vigilancia de la salud", "heart"),
    ("Formación", "academic-cap"),
    ("Empresas y centros", "building-office-2"),
    ("Documentos", "document-text"),
    ("Informes", "chart-bar"),
    ("Coordinación (CAE)", "user-group"),
    ("Accidentes e incidentes", "exclamation-triangle"),
)

# What the first department, which every installation has, says of itself.
FIRST_HOURS = {"hours": "De lunes a viernes, de 9:00 a 18:00", "response_hours": 8}
# The departments beside it.
DEPARTMENTS = {
    "Administración": {
        "email": "administracion@acme.example",
        "hours": "De lunes a viernes, de 9:00 a 14:00",
        "response_hours": 16,
    },
    "Soporte 24 horas": {
        "email": "urgencias@acme.example",
        "hours": "Todos los días, a todas horas",
        "response_hours": 1,
        "is_always_open": True,
        "surcharge": "120 € por ticket. No se cobra si falla uno de nuestros servicios.",
        "urgency": "Es urgente si su empresa no puede seguir trabajando hasta que se resuelva.",
    },
}
# The requests that administration attends.
ADMINISTRATIVE = ("administracion", "horas-de-formacion", "baja")


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic of the first department, or of another one."""

    name: str
    parent: str | None = None
    department: str = ""


TOPICS = (
    Topic(name="Consulta"),
    Topic(name="Incidencia"),
    Topic(name="Ampliación"),
    Topic(name="Instalación"),
    Topic(name="Actualización del programa", parent="Instalación"),
    Topic(name="Servidor y copias de seguridad", parent="Instalación"),
    Topic(name="Licencias y facturas", department="Administración"),
    Topic(name="Urgencia", department="Soporte 24 horas"),
)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who exists. `can`: what the account may do, as it is printed; without login a contact only gets mail."""

    first_name: str
    last_name: str
    email: str
    can: str
    login: str | None = None
    phone: str = ""
    language: str = "es"
    permissions: tuple[str, ...] = ()
    must_change_password: bool = False
    role: str | None = None

    @property
    def data(self) -> dict[str, Any]:
        names = ("login", "email", "first_name", "last_name", "phone", "language")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class Company:
    """A company: its manager is made with it, the others by the manager."""

    data: dict[str, Any]
    manager: Person
    people: tuple[Person, ...] = ()


SUPERUSER = Person(
    login="admin",
    first_name="Carmen",
    last_name="Vidal",
    email="carmen.vidal@acme.example",
    can="soporte, superusuaria: todo lo que hay en /admin/",
)
STAFF = (
    Person(
        login="marta",
        first_name="Marta",
        last_name="Soler",
        email="marta.soler@acme.example",
        role="Agente",
        can="soporte, agente: atiende tickets en /admin/",
    ),
    Person(
        login="diego",
        first_name="Diego",
        last_name="Lara",
        email="diego.lara@acme.example",
        role="Agente",
        can="soporte, agente: atiende tickets en /admin/",
    ),
    Person(
        login="olga",
        first_name="Olga",
        last_name="Prieto",
        email="olga.prieto@acme.example",
        role="Coordinación",
        can="soporte, coordinación: además los temas, los departamentos y el correo que sale",
    ),
)

IBARRA = Company(
    data={
        "code": "IBA",
        "name": "Talleres Ibarra, S.L.",
        "tax_id": "B00000001",
        "email": "info@talleresibarra.example",
        "phone": "943 000 100",
        "address": "Polígono Zubialdea, pabellón 12\n20180 Oiartzun (Gipuzkoa)",
        "region": "PV",
        "email_domains": "talleresibarra.example",
    },
    manager=Person(
        login="lucia",
        first_name="Lucía",
        last_name="Marín",
        email="lucia@talleresibarra.example",
        phone="943 000 101",
        permissions=FIRST_MANAGER_FLAGS,
        can="gestora de Talleres Ibarra: todas las áreas y los tickets de toda la empresa",
    ),
    people=(
        Person(
            login="amaia",
            first_name="Amaia",
            last_name="Ruiz",
            email="amaia@talleresibarra.example",
            phone="943 000 102",
            permissions=(*NEW_CONTACT_FLAGS, "can_see_company_tickets", "receives_general_mail"),
            can="Talleres Ibarra: los tickets de toda la empresa, sin gestión",
        ),
        Person(
            login="jon",
            first_name="Jon",
            last_name="Ibarra",
            email="jon@talleresibarra.example",
            phone="943 000 103",
            permissions=(
                *NEW_CONTACT_FLAGS,
                "can_use_training",
                "copied_on_company_tickets",
                "is_technical_contact",
            ),
            can="Talleres Ibarra: solo sus tickets; recibe por correo las respuestas de los demás",
        ),
        Person(
            login="nerea",
            first_name="Nerea",
            last_name="Otxoa",
            email="nerea@talleresibarra.example",
            permissions=(
                "has_portal_access",
                "can_use_requests",
                "can_use_webinars",
                "can_use_releases",
                "can_use_contracts",
                "can_use_invoices",
                "is_administrative_contact",
            ),
            can="Talleres Ibarra: sin el área de tickets; hace solicitudes y sigue las suyas",
        ),
        Person(
            login="iker",
            first_name="Iker",
            last_name="Zabala",
            email="iker@talleresibarra.example",
            permissions=NEW_CONTACT_FLAGS,
            must_change_password=True,
            can="Talleres Ibarra: tiene que cambiar la contraseña al entrar",
        ),
        Person(
            login="pedro",
            first_name="Pedro",
            last_name="Goñi",
            email="pedro@talleresibarra.example",
            permissions=NEW_CONTACT_FLAGS,
            can="Talleres Ibarra: desactivado, ya no puede entrar; sus tickets se conservan",
        ),
        Person(
            first_name="Sistemas",
            last_name="",
            email="sistemas@talleresibarra.example",
            permissions=("receives_licence_files", "is_technical_contact"),
            can="Talleres Ibarra: contacto sin acceso, solo recibe correo",
        ),
    ),
)

BAHIA = Company(
    data={
        "code": "BAH",
        "name": "Hoteles Bahía Atlántica, S.A.",
        "tax_id": "A00000002",
        "email": "prevencion@bahiaatlantica.example",
        "phone": "928 000 200",
        "address": "Avenida de la Caleta, 4\n35100 San Bartolomé de Tirajana (Las Palmas)",
        "time_zone": "Atlantic/Canary",
        "region": "CN",
        "email_domains": "bahiaatlantica.example",
    },
    manager=Person(
        login="yaiza",
        first_name="Yaiza",
        last_name="Santana",
        email="yaiza@bahiaatlantica.example",
        phone="928 000 201",
        permissions=FIRST_MANAGER_FLAGS,
        can="gestora de Hoteles Bahía Atlántica (otra empresa, hora canaria): todas las áreas",
    ),
    people=(
        Person(
            login="airam",
            first_name="Airam",
            last_name="Déniz",
            email="airam@bahiaatlantica.example",
            permissions=NEW_CONTACT_FLAGS,
            can="Hoteles Bahía Atlántica: solo sus tickets",
        ),
        Person(
            login="emma",
            first_name="Emma",
            last_name="Clarke",
            email="emma@bahiaatlantica.example",
            language="en",
            permissions=(*NEW_CONTACT_FLAGS, "can_see_company_tickets"),
            can="Hoteles Bahía Atlántica: los tickets de toda la empresa, con el portal en inglés",
        ),
    ),
)

DEMONSTRATION = Company(
    data={
        "code": "DEMO",
        "name": "Empresa de demostración",
        "email": "demo@demostracion.example",
        "email_domains": "demostracion.example",
        "is_demo": True,
    },
    manager=Person(
        login="demo",
        first_name="Persona",
        last_name="de Prueba",
        email="demo@demostracion.example",
        permissions=FIRST_MANAGER_FLAGS,
        can="gestora de la empresa de demostración, cuyos tickets no se atienden",
    ),
)

COMPANIES = (IBARRA, BAHIA, DEMONSTRATION)
# In the order in which they are printed: a manager with every area, support, and then the others.
EVERYBODY = (
    IBARRA.manager,
    *STAFF,
    SUPERUSER,
    *IBARRA.people,
    BAHIA.manager,
    *BAHIA.people,
    DEMONSTRATION.manager,
)
# Who left, and when; the manager deactivated the account.
LEAVERS = {"pedro": "110d 14:00"}
# Who pressed "mark all as read", and when.
READERS = {"lucia": "6d 08:30", "amaia": "5d 08:45", "yaiza": "4d 09:00"}
ARRIVAL = "258d 09:00"
