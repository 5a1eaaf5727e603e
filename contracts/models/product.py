from django.db import models
from django.utils.translation import gettext_lazy as _

from text import icons


class ProductQuerySet(models.QuerySet):
    def offered(self):
        return self.filter(is_active=True)

    def modules(self):
        return self.filter(kind=Product.Kind.MODULE)


class Product(models.Model):
    """What the vendor offers: a module of the product, or a service. A ticket and a release note may name a module."""

    class Kind(models.TextChoices):
        MODULE = "module", _("Module")
        SERVICE = "service", _("Service")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.MODULE)
    name = models.CharField(_("name"), max_length=80, unique=True)
    text = models.TextField(_("description"), max_length=2000, blank=True)
    icon = models.CharField(_("icon"), max_length=40, default="cube", help_text=_("Name of an outline heroicon."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    objects = ProductQuerySet.as_manager()

    IMPERSONAL = {"name", "text", "icon"}

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("product")
        verbose_name_plural = _("products")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        icons.check(self.icon)
