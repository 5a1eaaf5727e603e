from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User

# People who are told in one transaction.
BATCH = 500


class TellingQuerySet(models.QuerySet):
    def due(self, *, at: datetime):
        """Those whose time has come, and not at their end."""
        raise NotImplementedError

    def tell_due(self, *, at: datetime) -> None:
        """Tell everybody who has yet to hear of what is due. Safe to run twice and to be killed."""
        for telling in self.due(at=at).order_by("pk"):
            announcement = telling.announcement()
            while telling.tell_next(announcement, at=at):
                pass


class Telling(models.Model):
    """How far word of something has got among many people: up to which person, by their number.

    Made by the deed that people shall hear of, and found by a sweep when its time has come.
    """

    told_to = models.BigIntegerField(_("told up to person"), default=0)
    told = models.PositiveIntegerField(_("people told"), default=0)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        abstract = True
        default_permissions = ()

    # --- what each kind of word says for itself ---

    def people(self):
        """Everybody who is to hear of it."""
        raise NotImplementedError

    def announcement(self) -> Any:
        """What is the same for all of them, made once."""
        raise NotImplementedError

    def tell(self, announcement: Any, people: Sequence[User], *, at: datetime) -> None:
        """Queue the mails to these people."""
        raise NotImplementedError

    # --- verbs ---

    @transaction.atomic
    def tell_next(self, announcement: Any, *, at: datetime, size: int = BATCH) -> bool:
        """Queue the mails of the next people, and remember it in the same transaction; False when there are none left,
        or when another worker was quicker."""
        following = self.people().filter(pk__gt=self.told_to).order_by("pk")
        people = list(following[:size])
        if not self._advance(people, at=at):
            return False
        self.tell(announcement, people, at=at)
        return bool(people)

    def _advance(self, people: Sequence[User], *, at: datetime) -> bool:
        """Claim these people: it counts only while nobody has told anybody since this row was read."""
        told_to = people[-1].pk if people else self.told_to
        finished_at = None if people else at
        mine = type(self)._default_manager.filter(pk=self.pk, told_to=self.told_to, finished_at=None)
        if not mine.update(told_to=told_to, told=F("told") + len(people), finished_at=finished_at):
            return False
        self.told_to, self.finished_at = told_to, finished_at
        return True
