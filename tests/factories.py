"""The least that is needed for a row to exist. Deeds go through the verbs."""

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.models import Company, User
from contracts.models import Product
from tickets.models import Department, Draft, Ticket, Topic

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


class ProductFactory(DjangoModelFactory):
    class Meta:
        model = Product
        django_get_or_create = ["name"]

    name = "Planificación"


def open_ticket(by: User, *, subject: str = "No arranca", body: str = "Se queda en blanco.", **details) -> Ticket:
    """A ticket by the verb, with a topic unless one is given."""
    details.setdefault("topic", TopicFactory())
    return Ticket.objects.open(by=by, subject=subject, body=body, **details)


def new_draft(person: User, ticket: Ticket | None = None) -> Draft:
    return Draft.objects.at(key=Draft.new_key(), person=person, ticket=ticket)
