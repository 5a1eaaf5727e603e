"""A real help of 445 articles: every line accounted for, twice is once, and each is found by the words of its title."""

import csv
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command

from knowledge.models import Article
from tests.text.reading import Seen
from text.search import WORD, bare

pytestmark = pytest.mark.django_db

FILES = {"facturascripts_articulos": 141, "adempiere_manual": 173, "gnome_ayuda": 131}
FOUND = 5
# Titles of four or five numbers and everyday words, as “Reunión de desarrollo 07-05-2019”, of which there are twenty.
MAY_BE_FURTHER = 3
HARMLESS = ("http://", "https://", "mailto:", "/ayuda/", "#")


@pytest.fixture
def imported(real_data, tmp_path):
    """What became of each line."""
    folder = real_data / "kb_es"

    def run() -> Counter:
        report = tmp_path / "report.csv"
        call_command("import_articles", str(folder), report=report, stdout=io.StringIO())
        with report.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len({(row["file"], row["line"]) for row in rows}) == len(rows), "a line was told twice"
        return Counter((Path(row["file"]).stem, row["outcome"]) for row in rows)

    return run


def lines(real_data):
    for name in FILES:
        for line in (real_data / "kb_es" / "dev" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def test_every_line_is_accounted_for_and_twice_is_once(imported):
    for outcome in ("imported", "unchanged"):
        lines_of_files = {(name, outcome): count for name, count in FILES.items()}
        assert imported() == Counter(lines_of_files | {("README", "left aside"): 1})


def test_each_is_found_by_the_words_of_its_title_and_holds_nothing_but_text(imported, real_data):
    imported()
    slugs = dict(Article.objects.values_list("external_id", "slug"))

    missed = []
    for line in lines(real_data):
        question = " ".join(bare(word) for word in WORD.findall(line["title"]))
        answers = Article.objects.answering(question, most=FOUND)
        if slugs[line["id"]] not in [article.slug for article in answers]:
            missed.append(question)
    assert len(missed) <= MAY_BE_FURTHER, missed
    for html in Article.objects.values_list("html", flat=True):
        links = [given["href"] for _tag, given in Seen(html).tags if "href" in given]
        assert [link for link in links if not link.startswith(HARMLESS)] == []


def test_what_is_internal_is_for_support(imported, real_data, client):
    imported()

    internal = {line["id"] for line in lines(real_data) if line["kind"] in ("reunion", "desarrollo")}
    assert set(Article.objects.filter(audience="staff").values_list("external_id", flat=True)) == internal
    assert client.get("/ayuda/").context["shelves"] == []
