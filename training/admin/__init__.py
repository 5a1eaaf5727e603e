from training.admin.bookings import BookingAdmin
from training.admin.plan import GuideAdmin, TrainingModuleAdmin
from training.admin.slots import SlotAdmin
from training.admin.trainers import TrainerAdmin

__all__ = ["BookingAdmin", "GuideAdmin", "SlotAdmin", "TrainerAdmin", "TrainingModuleAdmin"]
