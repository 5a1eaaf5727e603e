from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from knowledge.models.article import Article
from text.words import printable

if TYPE_CHECKING:
    from accounts.models import User

REASON_LIMIT = 1_000


class ArticleVoteQuerySet(models.QuerySet["ArticleVote"]):
    def visible_to(self, user: "User"):
        """One's own."""
        return self.filter(person=user) if user.is_authenticated else self.none()

    def cast(self, article: Article, *, by: "User", helps: bool, reason: str = "") -> "ArticleVote":
        """What a person says of an article, in place of what they said before; the reason when it did not help."""
        said = {"helps": helps, "reason": "" if helps else printable(reason).strip()[:REASON_LIMIT]}
        return self.update_or_create(article=article, person=by, defaults=said)[0]


class ArticleVote(models.Model):
    """Whether an article helped somebody, and why not."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="votes", verbose_name=_("article"))
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person"))
    helps = models.BooleanField(_("it helped"))
    reason = models.TextField(_("reason"), blank=True, max_length=REASON_LIMIT)
    at = models.DateTimeField(_("said"), auto_now=True)

    objects = ArticleVoteQuerySet.as_manager()

    PERSONAL = {"reason"}
    WHOSE = {"person": "ids"}

    class Meta:
        ordering = ["-at"]
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [models.UniqueConstraint(fields=["article", "person"], name="one_vote_per_person_and_article")]
        indexes = [models.Index(fields=["-at"], name="latest_votes")]

    def __str__(self) -> str:
        return f"{self.article}: {self.reason or ('+' if self.helps else '–')}"
