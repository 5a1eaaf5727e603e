"""The first page of the help: its categories, each with its first articles."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from accounts.models import User
from knowledge.models import Article, Category
from knowledge.models.article import ArticleQuerySet

FIRST = 6  # articles of each category
QUESTIONS = 20  # answers that stand open on one page


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category that stands by itself. `inside`: those that stand in it; `has_more`: articles than are shown."""

    category: Category
    inside: list[Category]
    articles: list[Article]
    has_more: bool


def shelves(user: User) -> list[Shelf]:
    """What a person finds in the help, in three queries; frequent questions last, and with their answers."""
    categories = list(Category.objects.visible_to(user).in_order())
    visible = Article.objects.visible_to(user)
    plain = visible.filter(category__is_faq=False).exclude(category__parent__is_faq=True)
    first = defaultdict(list)
    for article in plain.in_lists().first_of_each(FIRST + 1):
        first[article.shelf].append(article)
    asked = [category for category in categories if category.is_faq and category.parent_id is None]
    if asked:
        answered = questions_of(visible.filter(category__in=asked)).first_of_each(QUESTIONS + 1)
        for article in answered.select_related(None):
            first[article.shelf].append(article)
    return [*in_order(categories, first, is_faq=False), *in_order(categories, first, is_faq=True)]


def in_order(categories: list[Category], first: dict[int, list[Article]], *, is_faq: bool) -> Iterator[Shelf]:
    most = QUESTIONS if is_faq else FIRST
    for category in categories:
        if category.parent_id is None and category.is_faq == is_faq:
            inside = [other for other in categories if other.parent_id == category.pk]
            articles = first[category.pk]
            yield Shelf(category, inside, articles[:most], has_more=len(articles) > most)


def questions_of(articles: ArticleQuerySet) -> ArticleQuerySet:
    """With what stands below a question."""
    return articles.only("slug", "title", "position", "category", "html", "audience", "updated_at")
