"""Trainers, slots, hours and sessions for tests: the least that is needed, by the verbs where there is one."""

from datetime import UTC, datetime

from accounts.models import Company, User
from contracts.models import HourEntry
from tests.factories import ProductFactory, StaffFactory
from training.models import Booking, Slot, Topic, Trainer, TrainingModule

# A Monday; and the Thursday of that week at ten o'clock in Madrid.
NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
THURSDAY = datetime(2026, 11, 19, 9, tzinfo=UTC)


def new_trainer(first_name: str = "Marta", last_name: str = "Soler", **details) -> Trainer:
    login = f"formacion{Trainer.objects.count()}"
    return Trainer.objects.create(user=StaffFactory(first_name=first_name, last_name=last_name, login=login), **details)


def new_slot(starts: datetime = THURSDAY, *, trainer: Trainer | None = None, minutes: int = 90) -> Slot:
    return Slot.objects.offer(trainer=trainer or new_trainer(), starts=starts, minutes=minutes)


def fill(company: Company, minutes: int = 600, *, by: User | None = None) -> HourEntry:
    """The company has bought so many minutes."""
    return HourEntry.objects.purchase(
        by=by or StaffFactory(), company=company, minutes=minutes, reason="Contrato", at=NOW
    )


def new_module(name: str = "Planificación", *, topics: tuple[str, ...] = (), **details) -> TrainingModule:
    module = TrainingModule.objects.create(product=ProductFactory(name=name), **details)
    for position, title in enumerate(topics):
        Topic.objects.create(module=module, position=position, title=title)
    return module


def book(slot: Slot, by: User, **details) -> Booking:
    """By the verb, for the company of whoever books, without a module unless one is given."""
    details = {"module": None, "at": NOW, "company": by.company} | details
    return Booking.objects.book(slot=slot, by=by, **details)
