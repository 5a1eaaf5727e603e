"""A week of all trainers, as the desk sees it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from training.models import Booking, Slot, Trainer
from worktime import clock
from worktime.calendars import days

# Further away nobody looks, and no calendar ends.
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)


def monday_of(typed: str, *, today: date) -> date:
    """The Monday of the week of a day as it stands in an address; of today where that is no day."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        day = today
    day = day if FIRST <= day <= LAST else today
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True, slots=True)
class Item:
    """What stands in a day: a session, or a free slot."""

    starts: datetime
    slot: Slot
    booking: Booking | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """`rows`: each trainer with the items of the seven days."""

    days: list[date]
    rows: list[tuple[Trainer, list[list[Item]]]]


def of_all(first: date, *, at: datetime) -> Week:
    """Sessions and free slots of seven days, on the clocks of the portal. Three queries."""
    zone, week = timezone.get_default_timezone(), list(days(first, first + timedelta(days=6)))
    since, until = (clock.first_at(day, time(0), zone) for day in (first, first + timedelta(days=7)))
    items: dict[tuple[int, date], list[Item]] = defaultdict(list)
    for slot in Slot.objects.free(at=at).between(since, until):
        items[slot.trainer_id, slot.starts.astimezone(zone).date()].append(Item(slot.starts, slot))
    for booking in Booking.objects.live().between(since, until).select_related("slot", "company", "module__product"):
        day = booking.slot.starts.astimezone(zone).date()
        items[booking.slot.trainer_id, day].append(Item(booking.slot.starts, booking.slot, booking))
    busy = {trainer for trainer, _day in items}
    trainers = [one for one in Trainer.objects.select_related("user") if one.is_active or one.pk in busy]
    ordered = [[sorted(items[one.pk, day], key=lambda item: item.starts) for day in week] for one in trainers]
    return Week(week, list(zip(trainers, ordered, strict=True)))
