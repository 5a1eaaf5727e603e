"""The days that a list is narrowed to, in the reader's time zone."""

from datetime import date, datetime, time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

# Days beyond these are slips of the hand, and no time zone carries them out of the calendar.
DAYS = [MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2999, 12, 31))]


def beginning_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.max))
