"""Why a session cannot be booked, changed or cancelled, in words for whoever tried."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class SlotGone(ValidationError):
    """Somebody was quicker, support withdrew the slot, or it has begun."""

    def __init__(self) -> None:
        super().__init__(_("This slot is no longer free. Choose another one: nothing was booked."), code="gone")


class NotBooked(ValidationError):
    """The session was cancelled, or it is over."""

    def __init__(self) -> None:
        super().__init__(_("This session was cancelled or is over, and no longer changes."), code="not_booked")


class TooLate(ValidationError):
    """The working day before has passed: a session is no longer moved."""

    def __init__(self) -> None:
        super().__init__(
            _("It is too late to change this session: that is possible until the same time of the working day before."),
            code="late",
        )


class NotAQuarter(ValidationError):
    def __init__(self) -> None:
        super().__init__(
            _("A slot begins on a quarter of an hour and lasts 15 minutes or a multiple of them, up to 8 hours."),
            code="quarter",
        )


class NoSuchTime(ValidationError):
    """In the night in which clocks go forward an hour is missing."""

    def __init__(self) -> None:
        super().__init__(_("That time does not exist on this day: the clocks go forward over it."), code="no_such_time")


class TwiceThatTime(ValidationError):
    """In the night in which clocks go back an hour comes twice: somebody has to say which one is meant."""

    def __init__(self) -> None:
        super().__init__(
            _("That time comes twice on this day, because the clocks go back. Say which of the two you mean."),
            code="twice",
        )


class Offered(ValidationError):
    def __init__(self) -> None:
        super().__init__(_("This trainer already offers exactly this slot."), code="offered")


class TopicOfAnotherModule(ValidationError):
    def __init__(self) -> None:
        super().__init__(_("Choose topics of the module that you want to see."), code="topic")


class Stranger(ValidationError):
    def __init__(self) -> None:
        super().__init__(_("Only people of your company attend its sessions."), code="stranger")
