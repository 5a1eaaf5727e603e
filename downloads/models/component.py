from django.db import models
from django.utils.translation import gettext_lazy as _

from contracts.models import Product
from text import icons
from text.search import SearchColumn


class ComponentQuerySet(models.QuerySet["Component"]):
    def delivered(self):
        """Those that new updates still bring."""
        return self.filter(is_active=True)


class Component(models.Model):
    """A part of the product that is installed by itself: a server, a client, a web (S0-75)."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    icon = models.CharField(_("icon"), max_length=40, default="cube", help_text=_("Name of an outline heroicon."))
    text = models.TextField(_("description"), max_length=500, blank=True, help_text=_("What it is, and who needs it."))
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("module"),
        related_name="components",
        help_text=_("Only companies that have contracted it get the files. Empty: everybody does."),
    )
    file_names = models.CharField(
        _("names of its files"),
        max_length=120,
        blank=True,
        help_text=_(
            "Which files of a folder are its own, as in setup-server-*.exe. "
            "Empty: those whose name begins with the short name."
        ),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_public = models.BooleanField(
        _("recommended to everybody"),
        default=False,
        help_text=_("Visitors who have not logged in may download its file of the last update, whatever its module."),
    )
    is_active = models.BooleanField(_("delivered"), default=True, help_text=_("New updates bring it."))
    search = SearchColumn("name")

    objects = ComponentQuerySet.as_manager()

    IMPERSONAL = {"name", "slug", "icon", "text", "file_names", "search"}

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("component")
        verbose_name_plural = _("components")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        icons.check(self.icon)
