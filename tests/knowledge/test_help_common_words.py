"""Of a long question the words that everything holds are left out, where the database knows which they are."""

import pytest
from django.db import connection

from knowledge.models import Article
from tests.factories import CategoryFactory
from text import search

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

RARE = "guillotina prensa torno fresa soldadura"


@pytest.fixture
def articles():
    shelf = CategoryFactory()
    for number in range(30):
        Article.objects.write(category=shelf, title=f"Uno {number}", text="Ventanas y campos.", state="published")
    Article.objects.write(category=shelf, title="La guillotina", text=f"{RARE} ventana.", state="published")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE knowledge_article")
    return Article.objects.all()


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (f"ventana {RARE}", RARE),
        (f"{RARE} ventanas campo", RARE),
        ("ventana campo guillotina", "ventana campo guillotina"),
        ("ventana campo ventanas campos guillotina prensa torno fresa", "ventana guillotina prensa torno fresa"),
    ],
)
def test_common_words_are_left_out_while_enough_remain(articles, monkeypatch, question, asked):
    words, best = [], search._postgres_best
    monkeypatch.setattr(
        search, "_postgres_best", lambda rows, said, **how: words.append(said) or best(rows, said, **how)
    )

    answers = articles.answering(question, most=3)

    assert answers[0].title == "La guillotina"
    assert len(words[0]) == len(asked.split())
    assert set(RARE.split()) & set(question.split()) <= set(words[0])


def test_where_the_highest_sums_are_for_others_the_rest_is_looked_at(articles, monkeypatch):
    monkeypatch.setattr(search, "HIGHEST", 1)

    answers = articles.exclude(title="La guillotina").answering("ventana campo guillotina", most=3)

    assert [answer.title for answer in answers] == ["Uno 0", "Uno 1", "Uno 2"]


def test_nothing_is_found_among_no_articles(articles):
    assert articles.none().answering(f"ventana {RARE}", most=3) == []


@pytest.mark.parametrize("highest", [1, 100])
def test_a_single_word_is_sought_in_titles_first(articles, monkeypatch, highest):
    monkeypatch.setattr(search, "HIGHEST", highest)

    Article.objects.write(category=CategoryFactory(), title="La prensa", text="Y la guillotina.", state="published")

    assert [answer.title for answer in articles.answering("guillotina", most=3)] == ["La guillotina", "La prensa"]
    for_others = articles.exclude(title="La guillotina")
    assert [answer.title for answer in for_others.answering("guillotina", most=3)] == ["La prensa"]
    assert [answer.title for answer in for_others.answering("ventana", most=2)] == ["Uno 0", "Uno 1"]
