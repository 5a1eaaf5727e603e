"""What trainers offer and gave: as much whatever the size."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from accounts.models import Company, User
from bench import population
from bench.population import OURS, UPDATER
from contracts.models import HourEntry
from training.models import Booking, Slot, TakenQuarter, Trainer
from training.models.slot import QUARTER

TRAINERS = 20
PAST, FREE = 100_000, 2_000  # slots of all of them
BOOKED_OF_PAST = 5  # one of so many was booked
LASTS = timedelta(minutes=2 * QUARTER)
A_DAY = 5  # slots of each trainer
BATCH = 5_000


def write(now: datetime) -> None:
    """Slots of the past and of the weeks of the next month; sessions of the companies, and one to come of our own."""
    people = User.objects.filter(pk__in=[population.agent_id(number) for number in range(TRAINERS)])
    trainers = Trainer.objects.bulk_create(Trainer(user=person) for person in people)
    begin = population.slots_begin_at(now)
    free = Slot.objects.bulk_create(slots(trainers, FREE, begin), batch_size=BATCH)
    former = begin - timedelta(days=60 + PAST // TRAINERS // A_DAY)
    past = Slot.objects.bulk_create(slots(trainers, PAST, former), batch_size=BATCH)
    taken = Booking.objects.bulk_create(bookings([*past[::BOOKED_OF_PAST], free[0]], now), batch_size=BATCH)
    TakenQuarter.objects.bulk_create(quarters(taken), batch_size=BATCH)
    by = User.objects.get(login=population.login_of(OURS, UPDATER))
    HourEntry.objects.purchase(by=by, company=by.company, minutes=6_000, reason="", at=now)


def slots(trainers: list[Trainer], count: int, begin: datetime) -> Iterator[Slot]:
    for number in range(count // len(trainers)):
        starts = begin + timedelta(days=number // A_DAY) + LASTS * (number % A_DAY)
        yield from (Slot(trainer=trainer, starts=starts, ends=starts + LASTS) for trainer in trainers)


def bookings(taken: list[Slot], now: datetime) -> Iterator[Booking]:
    """The companies in turn, our own last."""
    companies = list(Company.objects.order_by("pk"))
    contacts = {person.company_id: person for person in User.objects.filter(company__in=companies).order_by("-pk")}
    ours = next(company for company in companies if company.pk == population.company_id(OURS))
    for number, slot in enumerate(taken):
        company = ours if number == len(taken) - 1 else companies[number % len(companies)]
        person = contacts[company.pk]
        yield Booking(slot=slot, company=company, contact=person, booked_by=person, booked_at=now, minutes=slot.minutes)


def quarters(taken: list[Booking]) -> Iterator[TakenQuarter]:
    for booking in taken:
        slot = booking.slot
        for at in slot.quarter_hours():
            yield TakenQuarter(trainer_id=slot.trainer_id, at=at, slot=slot, booking=booking)
