from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class SightingQuerySet(models.QuerySet["Sighting"]):
    def forget(self, person: User) -> None:
        self.filter(person=person).delete()


class Sighting(models.Model):
    """A person says that they have seen a recording."""

    webinar = models.ForeignKey("webinars.Webinar", models.CASCADE, related_name="sightings")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(_("seen"))

    objects = SightingQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name = _("seen recording")
        verbose_name_plural = _("seen recordings")
        constraints = [models.UniqueConstraint(fields=["webinar", "person"], name="a_recording_is_marked_as_seen_once")]

    def __str__(self) -> str:
        return f"{self.webinar} · {self.person}"
