from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from webinars.lengths import MOST, clock


class Chapter(models.Model):
    """A place of a video from which something is talked about."""

    webinar = models.ForeignKey("webinars.Webinar", models.CASCADE, related_name="chapters")
    seconds = models.PositiveIntegerField(_("begins"), help_text=_("In seconds."))
    title = models.CharField(_("title"), max_length=120)

    IMPERSONAL = {"title"}

    class Meta:
        default_permissions = ()
        ordering = ["seconds"]
        verbose_name = _("chapter")
        verbose_name_plural = _("chapters")
        constraints = [
            models.UniqueConstraint(fields=["webinar", "seconds"], name="chapters_begin_at_different_places"),
            models.CheckConstraint(condition=Q(seconds__lt=MOST), name="a_chapter_begins_within_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.clock} {self.title}"

    @property
    def clock(self) -> str:
        return clock(self.seconds)
