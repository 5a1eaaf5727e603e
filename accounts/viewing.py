"""Seeing the portal as a person: staff look, for a reason that the company's logbook keeps, and touch nothing.

The line of the logbook is the look itself, and the session only says which one: an old session revives no look that
has ended. Three fences, each enough by itself: only pages of the list below open, nothing is posted, and while such a
page is made the database takes no change (decision 25).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied

from accounts import sessions
from accounts.models import AuditEntry, User
from accounts.permissions import within_the_installation

PERMISSION = "accounts.view_as_person"
LASTS = timedelta(minutes=30)
# In the session: the line of the logbook.
KEY = "viewing"

# The pages that may be looked at in somebody's place. Whatever is not here, each new page too, stays closed: what only
# writes, what hands out data in bulk, and what is between the person and the portal alone, such as their account.
OPEN_TO_VIEWERS = frozenset({
    "root", "home", "search:results", "management:index", "company:card", "people:list", "permissions:matrix",
    "logbook:list", "licences:list",
    "tickets:list", "tickets:filters",
    "requests:list", "requests:asked", "approvals:list", "approvals:detail",
    "releases:news", "releases:news_print", "releases:release", "releases:release_print",
    "downloads:list", "downloads:release", "downloads:previous", "downloads:changes", "downloads:recommended",
    "training:calendar", "training:bookings", "training:booking", "training:hours", "training:plan",
    "training:preparation", "training:recordings", "training:recording",
    "announcements:list", "announcements:announcement", "status:status", "status:incident", "rules:rules",
    "information:contact", "information:legal", "information:privacy", "information:accessibility",
    "webinars:list", "webinars:webinar", "webinars:poster",
    "knowledge:index", "knowledge:category", "knowledge:article", "knowledge:picture",
    "thread:ticket", "thread:changes", "thread:attachment", "thread:attachment_state",
})  # fmt: skip
# What may be posted meanwhile: neither changes anything of the person.
POSTED_BY_VIEWERS = frozenset({"view_end", "language"})

READING = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")
# What a page writes that changes nothing of anybody: the session of the staff, the logbook, counted attempts.
HARMLESS = re.compile(
    r'(?:INSERT INTO|UPDATE|DELETE FROM) "?(?:django_session|accounts_auditentry|portal_cache)"?(?!\w)'
)


class ReadOnly(PermissionDenied):
    """Asked for while the portal is seen as a person: a change, or a page that is closed then."""


@dataclass(frozen=True, slots=True)
class Look:
    """`viewer` sees the portal as `person`; `begun` is its line in the logbook."""

    begun: AuditEntry
    viewer: User
    person: User

    @property
    def reason(self) -> str:
        return self.begun.reason

    @property
    def ends_at(self) -> datetime:
        return self.begun.at + LASTS

    def holds(self, session, *, at: datetime) -> bool:
        """Still allowed, in time, and of use: the person may log in, and the session of the staff goes on."""
        return (
            at < self.ends_at
            and not sessions.is_over(session, at=at.timestamp())
            and self.person.may_log_in()
            and self.viewer.has_perm(PERMISSION)
            and not self.has_ended()
        )

    def has_ended(self) -> bool:
        later = AuditEntry.objects.filter(company=self.begun.company_id, pk__gt=self.begun.pk)
        return later.filter(kind=AuditEntry.Kind.VIEW_ENDED, batch=self.begun.batch).exists()

    def end(self, session) -> None:
        """Staff are themselves again; the logbook says since when."""
        del session[KEY]
        if not self.has_ended():
            self.write(AuditEntry.Kind.VIEW_ENDED)

    def write(self, kind: AuditEntry.Kind) -> None:
        begun = self.begun
        AuditEntry.write(
            kind, by=self.viewer, on=self.person, company=begun.company, reason=begun.reason, batch=begun.batch
        )


def begin(session, *, by: User, person: User, reason: str) -> None:
    """From the next page on, `by` sees the portal as `person`, for at most half an hour."""
    kind = AuditEntry.Kind.VIEW_BEGUN
    session[KEY] = AuditEntry.write(kind, by=by, on=person, company=person.company, reason=reason).pk


def look_of(request) -> Look | None:
    """The look that this session is in, which may be over by now."""
    pk = request.session.get(KEY)
    if pk is None or not request.user.is_authenticated:
        return None
    lines = AuditEntry.objects.filter(kind=AuditEntry.Kind.VIEW_BEGUN, actor_id=request.user.pk)
    begun = lines.select_related("company").filter(pk=pk).first()
    if begun is None:
        return None
    person = User.objects.select_related("company").get(pk=begun.target_id)
    person.is_viewed = True
    return Look(begun, request.user, within_the_installation(person))


def check(request, name: str) -> None:
    """Raises ReadOnly for what is not open to a viewer. `name` is that of the page."""
    is_open = name in (OPEN_TO_VIEWERS if request.method in ("GET", "HEAD", "OPTIONS") else POSTED_BY_VIEWERS)
    if not is_open:
        raise ReadOnly


def reading_only(execute, sql, params, many, context):
    """For `connection.execute_wrapper`: raises ReadOnly instead of changing anything of anybody."""
    statement = sql.lstrip("( \n")
    if not statement.startswith(READING) and not HARMLESS.match(statement):
        raise ReadOnly
    return execute(sql, params, many, context)
