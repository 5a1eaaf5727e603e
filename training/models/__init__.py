from training.models.booking import Attendee, Booking, TopicWish, checked_link
from training.models.plan import PreparationGuide, Topic, TrainingModule
from training.models.recording import Recording
from training.models.refusals import (
    NoSuchTime,
    NotAQuarter,
    NotBooked,
    Offered,
    SlotGone,
    Stranger,
    TooLate,
    TopicOfAnotherModule,
    TwiceThatTime,
)
from training.models.slot import Slot, TakenQuarter, instant
from training.models.trainer import Absence, Availability, Trainer

__all__ = [
    "Absence",
    "Attendee",
    "Availability",
    "Booking",
    "NoSuchTime",
    "NotAQuarter",
    "NotBooked",
    "Offered",
    "PreparationGuide",
    "Recording",
    "Slot",
    "SlotGone",
    "Stranger",
    "TakenQuarter",
    "TooLate",
    "Topic",
    "TopicOfAnotherModule",
    "TopicWish",
    "Trainer",
    "TrainingModule",
    "TwiceThatTime",
    "checked_link",
    "instant",
]
