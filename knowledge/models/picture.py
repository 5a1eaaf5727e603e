import secrets
from typing import TYPE_CHECKING

from django.db import models
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from files.models import StoredFile
from files.receiving import Upload
from knowledge.models.article import Article

if TYPE_CHECKING:
    from accounts.models import User

NAME_LIMIT = 100


def new_token() -> str:
    return secrets.token_urlsafe(16)


class ArticlePictureQuerySet(models.QuerySet["ArticlePicture"]):
    def visible_to(self, user: "User"):
        """Those of the articles that may be read; support, who write them, also sees those of drafts."""
        if user.is_authenticated and user.is_staff:
            return self.all()
        return self.filter(article__in=Article.objects.visible_to(user))

    def add(self, article: Article, upload: Upload) -> "ArticlePicture":
        """A picture that the text may show from now on, by its name."""
        stored = StoredFile.objects.keep(upload)
        return self.create(article=article, stored=stored, name=free_name(article, upload.name))


class ArticlePicture(models.Model):
    """A picture of an article: `imagen:name` in its text."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="pictures", verbose_name=_("article"))
    stored = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name=_("file"))
    name = models.CharField(_("name"), max_length=NAME_LIMIT)
    token = models.CharField(max_length=43, unique=True, default=new_token, editable=False)

    objects = ArticlePictureQuerySet.as_manager()

    IMPERSONAL = {"name", "token"}

    class Meta:
        ordering = ["id"]
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        constraints = [
            models.UniqueConstraint(fields=["article", "name"], name="pictures_of_an_article_have_names"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("knowledge:picture", args=[self.token])


def plain_name(name: str) -> str:
    """The name of a file as the text writes it: small letters, digits and dashes."""
    stem, _dot, ending = name.rpartition(".")
    stem = slugify(stem or ending)[: NAME_LIMIT - 15].strip("-_") or "imagen"
    return f"{stem}.{slugify(ending)[:8]}" if _dot else stem


def free_name(article: Article, name: str) -> str:
    """The same, with a number where the article has another picture of that name."""
    wanted = plain_name(name)
    taken = set(article.pictures.values_list("name", flat=True))
    stem, dot, ending = wanted.rpartition(".")
    found, number = wanted, 1
    while found in taken:
        number += 1
        found = f"{stem}-{number}{dot}{ending}"
    return found
