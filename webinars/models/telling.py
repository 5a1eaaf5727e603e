from collections.abc import Sequence
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User, telling
from webinars import emails


class TellingQuerySet(telling.TellingQuerySet):
    def due(self, *, at: datetime):
        """Those of webinars that have yet to begin: word of one that is over helps nobody."""
        coming = self.filter(finished_at=None, webinar__state="planned", webinar__starts_at__gt=at)
        return coming.select_related("webinar")


class Telling(telling.Telling):
    """Word of a webinar among those who get general mail (S0-67); made when it is announced with word to everybody."""

    webinar = models.OneToOneField("webinars.Webinar", models.CASCADE, related_name="telling")

    objects = TellingQuerySet.as_manager()

    class Meta(telling.Telling.Meta):
        verbose_name = _("word of a webinar")
        verbose_name_plural = _("word of webinars")

    def __str__(self) -> str:
        return f"{self.webinar} · {self.told}"

    def people(self):
        return User.objects.receiving_general_mail().select_related("company")

    def announcement(self) -> None:
        """Each mail says the time where its person is, and how that person gets no more of them."""

    def tell(self, announcement: None, people: Sequence[User], *, at: datetime) -> None:
        emails.announced(self.webinar, people)
