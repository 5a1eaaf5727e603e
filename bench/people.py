"""Companies, their people, support and the catalogue: the few rows that Django itself can write."""

from collections import Counter
from datetime import datetime, timedelta

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from accounts.models import Company, User
from bench import copying, population, words
from bench.population import AGENTS, COMPANIES, MANAGER, OURS, PEOPLE, UPDATER
from contracts.models import Product
from tickets.models import Department

MODULES = ("Planificación", "Riesgos", "Salud", "Formación", "Equipos", "Contratas", "Accidentes", "Documentos")
TOPICS = ("Instalación", "Informes", "Usuarios y permisos", "Actualizaciones", "Facturación")


def write(*, begin: datetime) -> None:
    """Everybody has been there since `begin` and has the same password."""
    Product.objects.bulk_create(Product(name=name, position=position) for position, name in enumerate(MODULES))
    department = Department.objects.earliest("pk")
    for position, name in enumerate(TOPICS, start=10):
        department.topics.create(name=name, position=position)
    Company.objects.bulk_create(map(company, range(COMPANIES)))
    password = make_password(population.PASSWORD)
    everybody = [agent(number) for number in range(AGENTS)]
    everybody += [person(number, one) for number in range(COMPANIES) for one in range(PEOPLE)]
    for one in everybody:
        one.password, one.unread_from = password, begin
    User.objects.bulk_create(everybody)
    Group.objects.get(name="Agente").user_set.set(User.objects.staff())
    copying.set_sequences([Company, User])
    open_floor_session(User.objects.get(login=population.login_of(OURS, MANAGER)))


def company(number: int) -> Company:
    return Company(
        id=population.company_id(number), name=population.company_name(number), code=population.company_code(number)
    )


def person(company_number: int, number: int) -> User:
    """One manager and one who updates see everything; one contact is copied on everything; the others see their own."""
    return User(
        id=population.person_id(company_number, number),
        company_id=population.company_id(company_number),
        first_name=words.FIRST_NAMES[(company_number + number) % len(words.FIRST_NAMES)],
        last_name=words.LAST_NAMES[(company_number * PEOPLE + number) % len(words.LAST_NAMES)],
        login=population.login_of(company_number, number),
        email=f"persona{number}@empresa{company_number}.example",
        has_portal_access=True,
        can_use_tickets=True,
        is_company_manager=number == MANAGER,
        can_see_company_tickets=number in (MANAGER, UPDATER),
        can_use_releases=number == UPDATER,
        can_use_downloads=number == UPDATER,
        can_use_webinars=number == UPDATER,
        can_use_training=number == UPDATER,
        can_book_training=number == UPDATER,
        copied_on_company_tickets=number == PEOPLE - 1,
    )


def agent(number: int) -> User:
    return User(
        id=population.agent_id(number),
        first_name=words.FIRST_NAMES[number % len(words.FIRST_NAMES)],
        last_name=words.LAST_NAMES[number % len(words.LAST_NAMES)],
        login=population.login_of_agent(number),
        email=f"agente{number}@soporte.example",
        is_staff=True,
    )


def open_floor_session(user: User) -> None:
    backend = f"{ModelBackend.__module__}.{ModelBackend.__qualname__}"
    values = {SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: backend, HASH_SESSION_KEY: user.get_session_auth_hash()}
    SessionStore.get_model_class().objects.create(
        session_key=population.FLOOR_SESSION,
        session_data=SessionStore().encode(values),
        expire_date=timezone.now() + timedelta(days=1),
    )


def count_tickets(tickets: Counter[int]) -> None:
    """Each company's counter stands at its last ticket."""
    companies = list(Company.objects.all())
    for one in companies:
        one.ticket_counter = tickets[one.pk - population.company_id(0)]
    Company.objects.bulk_update(companies, ["ticket_counter"])
