"""How long a session lives: customers by idleness, staff also by an absolute end. Which ones a person has open."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import devices
from accounts.models import AuditEntry
from accounts.models.logbook import origin
from text.words import one_line

SEEN, ENDS_AT, REMEMBER, PROVED = "seen", "ends_at", "remember", "proved"
# How many a page lists, the latest first; closing the others reaches all of them.
LISTED = 50
UNKNOWN_ADDRESS = "::"
ROWS_AT_A_TIME = 1_000


def prepare(request, user, *, remember: bool) -> None:
    """The password was right. What the log-in needs to know later waits here: the second factor may lie between."""
    request.session[REMEMBER] = remember
    request.session[PROVED] = user.get_session_auth_hash()


def is_prepared(request, user) -> bool:
    """Whether the password that was right is still theirs, and they may still log in."""
    proved = request.session.pop(PROVED, "")
    return user.may_log_in() and constant_time_compare(proved, user.get_session_auth_hash())


def begin(request) -> None:
    """Set the limits of the session that has just begun, and note where it was opened."""
    remember = request.session.pop(REMEMBER, False)
    now = timezone.now().timestamp()
    request.session[SEEN] = now
    if request.user.is_staff:
        request.session[ENDS_AT] = now + settings.SESSION_ABSOLUTE_STAFF
        request.session.set_expiry(settings.SESSION_IDLE_STAFF)
    else:
        request.session.set_expiry(settings.SESSION_IDLE_REMEMBERED if remember else 0)
    note_where(request)


def note_where(request) -> None:
    length = UserSession._meta.get_field("user_agent").max_length
    where = {
        "user": request.user,
        "ip": origin.get() or UNKNOWN_ADDRESS,
        "user_agent": one_line(request.headers.get("User-Agent", ""))[:length],
    }
    UserSession.objects.update_or_create(session_key=request.session.session_key, defaults=where)


def rename(request) -> None:
    """Another key for this session, after each proof of who is there: a key that somebody has read is worth nothing."""
    before = request.session.session_key
    request.session.cycle_key()
    follow(request, before)


def keep(request, user) -> None:
    """This session survives a change that ended all of the person's, under another key."""
    before = request.session.session_key
    update_session_auth_hash(request, user)
    follow(request, before)


def follow(request, before: str) -> None:
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


def in_background(view):
    """For what an open page asks by itself: no activity, else a page that was left alone would keep its session."""
    view.is_in_background = True
    return view


def is_over(session, *, at: float) -> bool:
    """Whether the absolute end has passed; idleness is the expiry of the stored row."""
    return at >= session.get(ENDS_AT, float("inf"))


def note_activity(session, *, at: float) -> None:
    """Move the idle limit on, writing at most every SESSION_ACTIVITY_EVERY seconds."""
    if at - session.get(SEEN, 0) >= settings.SESSION_ACTIVITY_EVERY:
        session[SEEN] = at


# --- the sessions that a person has open ---


@dataclass(frozen=True)
class OpenSession:
    """One line of the page. `name` stands for the key, which no page shows."""

    name: str
    device: str
    address: str
    since: datetime | None
    seen: datetime | None
    is_current: bool = False


def open_ones(request) -> list[OpenSession]:
    """This session first, then the person's others, the latest first. In two queries."""
    here = request.session.session_key
    others, current = [], this_one(request)
    for row, stored in alive(request.user):
        is_current = row.session_key == here
        entry = OpenSession(
            name=name_of(row.session_key),
            device=devices.in_words(row.user_agent),
            address="" if row.ip == UNKNOWN_ADDRESS else row.ip,
            since=row.created_at,
            seen=moment(stored.get(SEEN)),
            is_current=is_current,
        )
        if is_current:
            current = entry
        else:
            others.append(entry)
    return [current, *others]


def this_one(request) -> OpenSession:
    """The session of the request, also when nobody noted where it was opened."""
    return OpenSession(
        name="",
        device=devices.in_words(request.headers.get("User-Agent", "")),
        address=origin.get() or "",
        since=None,
        seen=moment(request.session.get(SEEN)),
        is_current=True,
    )


def alive(user) -> Iterator[tuple[UserSession, Mapping[str, Any]]]:
    """The sessions that the next request of their browser would find open, with what they hold."""
    now = timezone.now()
    rows = list(UserSession.objects.filter(user=user).order_by("-created_at", "-pk")[:LISTED])
    unexpired = Session.objects.filter(expire_date__gt=now).in_bulk([row.session_key for row in rows])
    for row in rows:
        stored = unexpired[row.session_key].get_decoded() if row.session_key in unexpired else {}
        if is_of(user, stored) and not is_over(stored, at=now.timestamp()):
            yield row, stored


def is_of(user, stored: Mapping[str, Any]) -> bool:
    """Whether the session was not ended by a new password or by `end_sessions`."""
    kept = stored.get(HASH_SESSION_KEY, "")
    return any(
        constant_time_compare(kept, valid)
        for valid in (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    )


def name_of(key: str) -> str:
    return salted_hmac("accounts.sessions", key, algorithm="sha256").hexdigest()[:24]


def moment(timestamp: float | None) -> datetime | None:
    return datetime.fromtimestamp(timestamp, UTC) if timestamp else None


@transaction.atomic
def close(request, name: str) -> bool:
    """End one of the person's other sessions; False when there is none of that name."""
    for row, _stored in alive(request.user):
        if row.session_key != request.session.session_key and constant_time_compare(name_of(row.session_key), name):
            Session.objects.filter(session_key=row.session_key).delete()
            row.delete()
            note_closed(request.user)
            return True
    return False


@transaction.atomic
def close_others(request) -> None:
    """End every session of the person but this one, also those that nobody noted."""
    user = request.user
    others = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    Session.objects.filter(session_key__in=list(others.values_list("session_key", flat=True))).delete()
    others.delete()
    user.end_sessions()
    note_closed(user)
    keep(request, user)


def note_closed(user) -> None:
    AuditEntry.write(AuditEntry.Kind.SESSIONS_CLOSED, by=user, on=user, company=user.company)


def forget_ended() -> None:
    """Drop where sessions were opened that are there no more."""
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


def of(person) -> Iterator[tuple[Session, dict[str, Any]]]:
    """The stored sessions of a person, each with what it holds. A row does not say whose it is: all are read."""
    for session in Session.objects.iterator(ROWS_AT_A_TIME):
        held = session.get_decoded()
        if held.get(SESSION_KEY) == str(person.pk):
            yield session, held
