from collections.abc import Sequence
from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User, telling
from announcements import emails


class TellingQuerySet(telling.TellingQuerySet):
    def due(self, *, at: datetime):
        """Those of announcements that are in force: word of one that has ended helps nobody."""
        begun = self.filter(finished_at=None, notice__published_at__lte=at)
        return begun.exclude(notice__until__lte=at).select_related("notice")


class Telling(telling.Telling):
    """Word of an announcement among those who get general mail and whom it is for (S0-102); made when it is published
    with word to them."""

    notice = models.OneToOneField("announcements.Announcement", models.CASCADE, related_name="telling")

    objects = TellingQuerySet.as_manager()

    class Meta(telling.Telling.Meta):
        verbose_name = _("word of an announcement")
        verbose_name_plural = _("word of announcements")

    def __str__(self) -> str:
        return f"{self.notice} · {self.told}"

    def people(self):
        return self.notice.audience_by_mail(at=timezone.now())

    def announcement(self) -> None:
        """Each mail says how its person gets no more of them."""

    def tell(self, announcement: None, people: Sequence[User], *, at: datetime) -> None:
        emails.published(self.notice, people)
