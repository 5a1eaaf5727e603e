"""What people read: articles of the help, announcements and webinars, as many whatever the size."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils.text import slugify

from announcements.models import Announcement
from bench import population, words
from bench.population import WRITERS
from knowledge.models import Article, Category
from webinars.models import Webinar

ARTICLES, CATEGORIES = 5_000, 20
SENTENCES = 20  # of each article: about 1,600 characters
OF_ONE_COMPANY = 5  # one of so many articles and announcements is for another company than ours, in a word of its own
HOLD_RARE = 500  # one of so many holds the rare word
ANNOUNCEMENTS, WEBINARS = 500, 200
BATCH = 500


def write(now: datetime) -> None:
    chance = random.Random("readings")  # noqa: S311 - the same texts each time is the point
    categories = Category.objects.bulk_create(category(number) for number in range(CATEGORIES))
    rows = Article.objects.bulk_create(articles(categories, chance, now), batch_size=BATCH)
    notices = Announcement.objects.bulk_create(announcements(chance, now), batch_size=BATCH)
    Webinar.objects.bulk_create(webinars(chance, now), batch_size=BATCH)
    theirs = population.company_id(WRITERS)
    for model, made in ((Article, rows), (Announcement, notices)):
        through: Any = model.companies.through
        name = f"{model._meta.model_name}_id"
        through.objects.bulk_create(
            (through(**{name: row.pk, "company_id": theirs}) for row in made if row.audience == "chosen"),
            batch_size=BATCH,
        )


def category(number: int) -> Category:
    return Category(name=f"Tema {number + 1}", slug=f"tema-{number + 1}", position=number)


def told(chance: random.Random, number: int, *, sentences: int) -> tuple[str, str]:
    """For whom the text with this number is, and the text."""
    said = [chance.choice(words.sentences("answered")) for _ in range(sentences)]
    is_theirs = number % OF_ONE_COMPANY == 0
    if is_theirs:
        said[0] = chance.choice(words.sentences("marked"))
    if number % HOLD_RARE == 1:
        said[-1] = f"Vale también para {words.RARE}."
    return ("chosen" if is_theirs else "registered"), "\n\n".join(said)


def articles(categories: list[Category], chance: random.Random, now: datetime) -> Iterator[Article]:
    for number in range(ARTICLES):
        audience, text = told(chance, number, sentences=SENTENCES)
        title = words.subject(chance)
        row = Article(
            category=categories[number % CATEGORIES],
            title=title,
            slug=f"{slugify(title)[:80]}-{number}",
            text=text,
            audience=audience,
            state=Article.State.PUBLISHED,
            updated_at=now,
        )
        row.render({})
        yield row


def announcements(chance: random.Random, now: datetime) -> Iterator[Announcement]:
    for number in range(ANNOUNCEMENTS):
        audience, text = told(chance, number, sentences=5)
        at = now - timedelta(days=number + 1)
        row = Announcement(
            title=words.subject(chance), slug=f"aviso-{number}", text=text, audience=audience, published_at=at, until=at
        )
        row.render()
        yield row


def webinars(chance: random.Random, now: datetime) -> Iterator[Webinar]:
    """All of them recorded and for everybody, on a host of their own."""
    for number in range(WEBINARS):
        text = "\n\n".join(chance.choice(words.sentences("answered")) for _ in range(5))
        begins = now - timedelta(days=7 * number + 7)
        row = Webinar(
            title=words.subject(chance),
            slug=f"webinar-{number}",
            text=text,
            starts_at=begins,
            ends_at=begins + timedelta(hours=1),
            state=Webinar.State.RECORDED,
            announced_at=begins - timedelta(days=9),
            embed_url="https://video.example/embed/1",
        )
        row.render()
        yield row
