from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User

# Heroicons that suit a shelf of articles.
ICONS = (
    ("book-open", _("Book")),
    ("academic-cap", _("First steps")),
    ("adjustments-horizontal", _("Settings")),
    ("arrow-down-tray", _("Installation")),
    ("chat-bubble-left-right", _("Conversation")),
    ("clipboard-document-list", _("Lists")),
    ("computer-desktop", _("Computer")),
    ("document-text", _("Documents")),
    ("heart", _("Health")),
    ("key", _("Access")),
    ("lifebuoy", _("Support")),
    ("question-mark-circle", _("Questions")),
    ("shield-check", _("Safety")),
    ("users", _("People")),
    ("wrench-screwdriver", _("Problems and solutions")),
)


class CategoryQuerySet(models.QuerySet["Category"]):
    def visible_to(self, user: "User"):
        """Those in which, or below which, there is an article that the person may read."""
        articles: Any = Category._meta.get_field("articles").related_model
        within = articles.objects.visible_to(user).order_by().values("category")
        return self.filter(Q(pk__in=within) | Q(children__in=within)).distinct()

    def in_order(self):
        return self.order_by("position", "name", "pk")


class Category(models.Model):
    """A shelf of help articles; shelves stand inside others, one level deep."""

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(
        _("address"),
        max_length=80,
        unique=True,
        error_messages={"unique": _("There is a category with this address already.")},
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("inside"),
        related_name="children",
        help_text=_("Empty: it stands by itself."),
    )
    icon = models.CharField(_("icon"), max_length=40, choices=ICONS, default="book-open")
    text = models.CharField(_("about"), max_length=200, blank=True, help_text=_("One line below its name."))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_faq = models.BooleanField(
        _("frequent questions"),
        default=False,
        help_text=_("Its articles are questions, and open to their answers on the same page."),
    )

    objects = CategoryQuerySet.as_manager()

    IMPERSONAL = {"name", "slug", "text"}

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")), name="a_category_is_not_inside_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent.name} › {self.name}" if self.parent_id else self.name

    def get_absolute_url(self) -> str:
        return reverse("knowledge:category", args=[self.slug])
