"""How long a session lives: customers by idleness, staff also by an absolute end."""

from django.conf import settings
from django.utils import timezone

SEEN, ENDS_AT = "seen", "ends_at"


def begin(request, *, remember: bool) -> None:
    """Set the limits of the session that has just begun."""
    now = timezone.now().timestamp()
    request.session[SEEN] = now
    if request.user.is_staff:
        request.session[ENDS_AT] = now + settings.SESSION_ABSOLUTE_STAFF
        request.session.set_expiry(settings.SESSION_IDLE_STAFF)
    else:
        request.session.set_expiry(settings.SESSION_IDLE_REMEMBERED if remember else 0)


def is_over(session, *, at: float) -> bool:
    """Whether the absolute end has passed; idleness is the expiry of the stored row."""
    return at >= session.get(ENDS_AT, float("inf"))


def note_activity(session, *, at: float) -> None:
    """Move the idle limit on, writing at most every SESSION_ACTIVITY_EVERY seconds."""
    if at - session.get(SEEN, 0) >= settings.SESSION_ACTIVITY_EVERY:
        session[SEEN] = at
