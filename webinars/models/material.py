from typing import TYPE_CHECKING

from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from files.models import StoredFile
from text.tokens import random_token
from webinars.models.webinar import Webinar

if TYPE_CHECKING:
    from accounts.models import User


class MaterialQuerySet(models.QuerySet["Material"]):
    def visible_to(self, user: "User"):
        """Those of the webinars that exist for the person."""
        return self.filter(webinar__in=Webinar.objects.visible_to(user))


class Material(models.Model):
    """Something to take along from a webinar: its slides, a template."""

    webinar = models.ForeignKey(Webinar, models.CASCADE, related_name="materials")
    stored = models.ForeignKey(
        StoredFile, models.PROTECT, verbose_name=_("stored file"), related_name="materials_of_webinars"
    )
    token = models.CharField(max_length=32, unique=True, default=random_token, editable=False)
    name = models.CharField(_("name"), max_length=120)

    objects = MaterialQuerySet.as_manager()

    IMPERSONAL = {"token", "name"}

    class Meta:
        default_permissions = ()
        ordering = ["id"]
        verbose_name = _("material")
        verbose_name_plural = _("materials")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("webinars:material", args=[self.webinar.slug, self.token])

    @transaction.atomic
    def take_out(self) -> None:
        stored = self.stored_id
        self.delete()
        StoredFile.objects.filter(pk=stored).delete()
