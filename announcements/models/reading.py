from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class ReadingQuerySet(models.QuerySet["Reading"]):
    def forget(self, person: User) -> None:
        self.filter(person=person).delete()


class Reading(models.Model):
    """A person says that they have read an announcement: it leaves their home page, and nobody else's."""

    announcement = models.ForeignKey("announcements.Announcement", models.CASCADE, related_name="readings")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(_("read"))

    objects = ReadingQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("read announcement")
        verbose_name_plural = _("read announcements")
        constraints = [
            models.UniqueConstraint(fields=["announcement", "person"], name="an_announcement_is_marked_as_read_once")
        ]

    def __str__(self) -> str:
        return f"{self.announcement} · {self.person}"
