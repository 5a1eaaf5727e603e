"""Where sessions are kept: Django's table, asked with a statement that is put together once (decision 78)."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from tables.prepared import Prepared

UNEXPIRED = Prepared(
    lambda key, at: Session.objects.filter(session_key=key, expire_date__gt=at), key=CharField(), at=DateTimeField()
)


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        for session in UNEXPIRED.rows(key=self.session_key, at=timezone.now()):
            return session
        self._session_key = None
        return None
