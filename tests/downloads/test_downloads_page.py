"""Descargas as its people see it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contracts.models import Subscription
from downloads.models import Installation
from releases.models import ReleaseNote
from tests.factories import ComponentFactory, DeliveryFactory, ProductFactory, release_file

pytestmark = pytest.mark.django_db


def days_ago(days):
    return timezone.now() - timedelta(days=days)


@pytest.fixture
def history():
    """Three updates: the server changes in each, the web in the second alone."""
    releases = [DeliveryFactory(version=f"2026.{n}", published_at=days_ago(90 - n * 10)) for n in (1, 2, 3)]
    for number, release in enumerate(releases):
        release_file(release, "servidor", f"servidor {number}".encode())
        release_file(release, "web", b"web" if number == 0 else b"web nueva")
    return releases


def test_the_last_update_with_what_is_new_in_it(browse, ana, history):
    page = browse(ana).get("/descargas/")
    words = page.content.decode()

    assert "2026.3" in words and "misma actualización" in words
    assert {file.component.slug: file.is_new for file in page.context["shelf"].files} == {
        "servidor": True,
        "web": False,
    }
    assert words.count("badge-new") == 1 and "Solo los nuevos (1)" in words


def test_nothing_yet(browse, ana):
    assert "Todavía no hay" in browse(ana).get("/descargas/").content.decode()
    assert browse(ana).get("/descargas/anteriores/").status_code == 200
    assert browse(ana).get("/descargas/instalado/").status_code == 200


def test_previous_versions_lead_to_their_files(browse, ana, history):
    listed = browse(ana).get("/descargas/anteriores/").content.decode()
    old = browse(ana).get("/descargas/2026.1/")

    assert all(f"/descargas/2026.{n}/" in listed for n in (1, 2, 3))
    assert "No es la última" in old.content.decode()
    assert [file.is_new for file in old.context["shelf"].files] == [True, True]


def test_what_the_company_says_it_has_makes_the_files_that_it_needs(browse, ana, history):
    answer = browse(ana).post("/descargas/instalado/", {"everything": "2026.1"}, follow=True)
    words = answer.content.decode()

    assert "Tiene instalado: 2026.1" in words
    assert [file.component.slug for file in answer.context["shelf"].needed.files] == ["servidor", "web"]
    assert "/descargas/2026.3/zip/necesarios/" in words


def test_whoever_has_the_update_before_needs_what_is_new(browse, ana, history):
    answer = browse(ana).post("/descargas/instalado/", {"everything": "2026.2"}, follow=True)

    assert [file.component.slug for file in answer.context["shelf"].needed.files] == ["servidor"]
    assert "/descargas/2026.3/zip/necesarios/" not in answer.content.decode()


def test_components_of_different_updates_are_warned_of(browse, ana, history):
    answer = browse(ana).post("/descargas/instalado/", {"everything": "2026.3", "component-web": "2026.1"}, follow=True)

    assert "actualizaciones distintas: 2026.3, 2026.1" in answer.content.decode()


def test_the_form_shows_what_was_said(browse, ana, history):
    said = {"everything": "2026.3", "component-servidor": "", "component-web": "-"}
    browse(ana).post("/descargas/instalado/", said)

    form = browse(ana).get("/descargas/instalado/").context["form"]

    assert {name: form[name].value() or "" for name in said} == said


def test_what_is_not_used_is_not_needed(browse, ana, history):
    answer = browse(ana).post("/descargas/instalado/", {"everything": "2026.1", "component-web": "-"}, follow=True)

    assert [file.component.slug for file in answer.context["shelf"].needed.files] == ["servidor"]


@pytest.mark.parametrize("data", [{}, {"everything": "1999.1"}, {"everything": "2026.1", "component-web": "x"}])
def test_nonsense_is_refused_in_words_and_nothing_is_kept(browse, ana, history, data):
    answer = browse(ana).post("/descargas/instalado/", data)

    assert answer.status_code == 200 and answer.context["form"].errors
    assert not Installation.objects.exists()


def test_colleagues_see_it_and_other_companies_do_not(browse, ana, carla, history):
    browse(ana).post("/descargas/instalado/", {"everything": "2026.1"})

    assert browse(carla).get("/descargas/").context["shelf"].installed == []


def test_what_changes_for_one_is_what_changes_in_ones_modules(browse, ana, history):
    mine, other = ProductFactory(name="Mío"), ProductFactory(name="Ajeno")
    Subscription.objects.create(company=ana.company, product=mine, starts="2020-01-01")
    for release in history:
        for product, is_public in ((mine, True), (mine, False), (other, True)):
            text = f"{release.version} {product} {is_public}"
            ReleaseNote.objects.create(release=release, product=product, kind="fix", text=text, is_public=is_public)
    ana.can_use_releases = True
    ana.save(update_fields=["can_use_releases"])
    browse(ana).post("/descargas/instalado/", {"everything": "2026.1"})

    assert "/descargas/cambios/" in browse(ana).get("/descargas/").content.decode()
    assert [str(note) for note in browse(ana).get("/descargas/cambios/").context["shelf"].notes] == [
        "2026.3 Mío True",
        "2026.2 Mío True",
    ]
    ana.can_use_releases = False
    ana.save(update_fields=["can_use_releases"])
    assert "/descargas/cambios/" not in browse(ana).get("/descargas/").content.decode()
    assert browse(ana).get("/descargas/cambios/").context["shelf"].notes == []


def test_whoever_said_nothing_or_has_the_last_one_is_told_so(browse, ana, history):
    ana.can_use_releases = True
    ana.save(update_fields=["can_use_releases"])
    assert "¿Qué versión tiene instalada?" in browse(ana).get("/descargas/cambios/").content.decode()
    browse(ana).post("/descargas/instalado/", {"everything": "2026.3"})

    assert "/descargas/cambios/" not in browse(ana).get("/descargas/").content.decode()
    assert "Nada cambia para usted" in browse(ana).get("/descargas/cambios/").content.decode()


def test_what_changes_costs_the_same_for_many(browse, ana, history, django_assert_num_queries):
    mine = ProductFactory()
    Subscription.objects.create(company=ana.company, product=mine, starts="2020-01-01")
    ana.can_use_releases = True
    ana.save(update_fields=["can_use_releases"])
    browser = browse(ana)
    browser.post("/descargas/instalado/", {"everything": "2026.1"})
    for number in range(30):
        ReleaseNote.objects.create(release=history[-1], product=mine, kind="fix", text=str(number))

    with django_assert_num_queries(8):
        browser.get("/descargas/cambios/")


def test_a_broken_cursor_shows_the_first_page(browse, ana, history):
    assert browse(ana).get("/descargas/anteriores/", {"pagina": "nada"}).context["page"].rows == history[::-1]


def queries_of(browser, url):
    browser.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize("url", ["/descargas/", "/descargas/anteriores/", "/descargas/2026.0/"])
def test_the_pages_cost_the_same_with_one_update_and_with_thirty(browse, ana, url):
    browser = browse(ana)
    module = ProductFactory(name="Vigilancia")
    Subscription.objects.create(company=ana.company, product=module, starts="2020-01-01")
    components = [ComponentFactory(slug="servidor"), ComponentFactory(slug="vigilancia", product=module)]
    numbers = []
    for count in (1, 30):
        for n in range(0 if count == 1 else 1, count):
            release = DeliveryFactory(version=f"2026.{n}", published_at=days_ago(n))
            for component in components:
                release_file(release, component=component, content=f"{component.slug} {n // 2}".encode())
        browser.post("/descargas/instalado/", {"everything": "2026.0"})
        numbers.append(queries_of(browser, url))

    assert numbers[0] == numbers[1] <= 8, numbers
