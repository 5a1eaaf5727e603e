from training.views.booking import book, booking, bookings, cancel, ics, link, move
from training.views.calendar import calendar, change
from training.views.hours import hours, hours_export
from training.views.learning import outline, plan, preparation, recording, recording_file, recordings

__all__ = [
    "book",
    "booking",
    "bookings",
    "calendar",
    "cancel",
    "change",
    "hours",
    "hours_export",
    "ics",
    "link",
    "move",
    "outline",
    "plan",
    "preparation",
    "recording",
    "recording_file",
    "recordings",
]
