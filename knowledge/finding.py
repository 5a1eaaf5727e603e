"""What the search over everything finds here: articles, also for visitors."""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from knowledge.models import Article
from text.extracts import extract, highlighted
from text.hits import MOST, Hit


def articles(words: str, *, person: User | AnonymousUser, at: datetime) -> list[Hit]:
    """The best answers among those that the person may read."""
    found = Article.objects.visible_to(person).answering(words, most=MOST + 1)
    return [
        Hit(
            url=article.get_absolute_url(),
            title=highlighted(article.title, words),
            passage=extract(article.plain, words),
            facts=[article.category.name],
            at=article.updated_at,
        )
        for article in found
    ]
