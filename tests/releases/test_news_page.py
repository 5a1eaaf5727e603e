"""Novedades: what customers read, month by month, and what they do not (S0-68 to S0-72)."""

from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contracts.models import Subscription
from releases.models import ReleaseNote
from tests.factories import ProductFactory, ReleaseFactory, new_note, published

pytestmark = pytest.mark.django_db

NEWS = reverse("releases:news")
FIX = ReleaseNote.Kind.FIX


@pytest.fixture
def ana(ana):
    ana.can_use_releases = True
    ana.save()
    return ana


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def shown(answer) -> dict[str, dict[str, list[str]]]:
    """Month → version → its notes, as the page has them."""
    return {
        month.name: {one.release.version: [note.html.strip()[3:-4] for note in one.notes] for one in month.releases}
        for month in answer.context["months"]
    }


def words(answer) -> str:
    return " ".join(unescape(answer.content.decode()).split())


# --- what is shown ---


def test_the_news_stand_month_by_month_the_newest_first(browse, ana):
    for version, day in {"2026.10": at(2026, 10, 6), "2026.9.2": at(2026, 9, 22), "2026.9": at(2026, 9, 1)}.items():
        new_note(published(version, at=day), f"De la {version}")

    answer = browse(ana).get(NEWS)

    assert shown(answer) == {
        "Octubre 2026": {"2026.10": ["De la 2026.10"]},
        "Septiembre 2026": {"2026.9.2": ["De la 2026.9.2"], "2026.9": ["De la 2026.9"]},
    }
    assert list(shown(answer)["Septiembre 2026"]) == ["2026.9.2", "2026.9"]


def test_of_one_moment_the_natural_order_of_the_versions_decides(browse, ana):
    for version in ("4.3", "4.24", "4.4"):
        new_note(published(version, at=at(2026, 5, 5)))

    assert list(shown(browse(ana).get(NEWS))["Mayo 2026"]) == ["4.24", "4.4", "4.3"]


def test_a_release_is_of_the_month_in_which_it_came_out_where_the_vendor_is(browse, ana):
    ana.company.time_zone = "Atlantic/Canary"
    ana.company.save()
    new_note(published("2026.3", at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC)))  # the 1st of March in Madrid

    assert list(shown(browse(ana).get(NEWS))) == ["Marzo 2026"]


def test_each_note_says_its_kind_by_word_and_icon_and_names_its_module(browse, ana):
    release = published("2026.11", at=at(2026, 11, 3))
    new_note(release, "Copiar entre centros.", product=ProductFactory(name="Evaluaciones"))
    new_note(release, "Ya no sale en blanco.", kind=FIX, product=ProductFactory(name="EPIs"))

    page = browse(ana).get(NEWS)

    for kind, word, module in (("enhancement", "Ampliación", "Evaluaciones"), ("fix", "Corrección", "EPIs")):
        head = page.content.decode().split(f'<span class="kind {kind}"><svg')[1]
        assert f"</svg>{word}</span>" in head
        assert f'<span class="module">{module}</span>' in head
    assert "Versión 2026.11</a> · 1 ampliación, 1 corrección" in words(page)


def test_the_text_of_a_note_is_markdown_and_nothing_in_it_runs(browse, ana):
    new_note(published("2026.11"), "**Nuevo** <script>alert(1)</script> [x](javascript:alert(1))\n\n- uno\n- dos")

    page = browse(ana).get(NEWS).content.decode()

    assert "<strong>Nuevo</strong> &lt;script&gt;" in page
    assert "<li>uno</li>" in page
    assert 'href="javascript' not in page


def test_drafts_what_is_to_come_and_internal_notes_are_nobodys(browse, ana, agent):
    new_note(ReleaseFactory(version="2027.1"), "Secreto uno")
    new_note(published("2026.12", at=timezone.now() + timedelta(hours=1)), "Secreto dos")
    out = published("2026.11")
    new_note(out, "Público")
    new_note(out, "Secreto tres", is_public=False)

    pages = {version: browse(ana).get(f"{NEWS}{version}/") for version in ("2027.1", "2026.12", "2026.11", "nada")}

    assert [page.status_code for page in pages.values()] == [404, 404, 200, 404]
    for page in (browse(ana).get(NEWS), browse(ana).get(f"{NEWS}?q=secreto"), pages["2026.11"]):
        assert "Secreto" not in page.content.decode()
        assert "2027.1" not in page.content.decode()
    assert browse(agent).get(NEWS).status_code == 403


def test_it_appears_when_its_time_comes(browse, ana):
    release = published("2026.12", at=timezone.now() + timedelta(hours=1))
    new_note(release, "Ya está")
    before = shown(browse(ana).get(NEWS))

    release.published_at = timezone.now() - timedelta(seconds=1)
    release.save()

    assert before == {}
    assert len(shown(browse(ana).get(NEWS))) == 1


def test_a_release_without_a_public_note_has_a_page_and_no_place_in_the_list(browse, ana):
    new_note(published("2026.11"), is_public=False)

    assert shown(browse(ana).get(NEWS)) == {}
    assert "no trae nada que vaya a notar" in words(browse(ana).get(f"{NEWS}2026.11/"))


# --- filters ---


@pytest.fixture
def year(ana):
    """Notes of two modules and both kinds in two years."""
    epis, cae = ProductFactory(name="EPIs"), ProductFactory(name="Coordinación (CAE)")
    new, old = published("2026.11", at=at(2026, 11, 3)), published("2025.11", at=at(2025, 11, 4))
    new_note(new, "Código de barras", product=epis)
    new_note(new, "La talla se ordenaba mal", product=epis, kind=FIX)
    new_note(new, "Aviso de caducidad", product=cae)
    new_note(old, "Histórico de entregas", product=epis)
    return epis, cae


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Código de barras", "La talla se ordenaba mal", "Aviso de caducidad", "Histórico de entregas"]),
        ({"tipo": "ampliaciones"}, ["Código de barras", "Aviso de caducidad", "Histórico de entregas"]),
        ({"tipo": "correcciones"}, ["La talla se ordenaba mal"]),
        ({"anio": "2025"}, ["Histórico de entregas"]),
        ({"modulo": "cae"}, ["Aviso de caducidad"]),
        ({"modulo": "epis", "anio": "2026", "tipo": "ampliaciones"}, ["Código de barras"]),
        ({"q": "codigo"}, ["Código de barras"]),
        ({"q": "CADUCIDAD aviso"}, ["Aviso de caducidad"]),
        ({"q": "hist"}, ["Histórico de entregas"]),
        ({"q": "nada de eso"}, []),
    ],
    ids=str,
)
def test_the_news_are_filtered(browse, ana, year, query, found):
    modules = dict(zip(("epis", "cae"), year, strict=True))
    asked = {key: modules[value].pk if key == "modulo" else value for key, value in query.items()}

    answer = browse(ana).get(NEWS, asked)

    texts = [text for month in shown(answer).values() for notes in month.values() for text in notes]
    assert texts == found
    assert not answer.context["misread"]


def test_the_counts_are_those_of_what_is_filtered(browse, ana, year):
    answer = browse(ana).get(NEWS, {"anio": "2026", "modulo": year[0].pk})

    assert "1 ampliación, 1 corrección" in words(answer)


def test_only_my_modules_are_those_of_the_companys_subscriptions_in_force(browse, ana, carla, year):
    epis, cae = year
    today = timezone.localdate()
    past = {"starts": date(2020, 1, 1), "expires": today - timedelta(days=1)}
    Subscription.objects.create(company=ana.company, product=cae, starts=today, expires=today)
    Subscription.objects.create(company=ana.company, product=epis, **past)
    Subscription.objects.create(company=carla.company, product=epis, starts=today)

    assert shown(browse(ana).get(NEWS, {"mios": "1"})) == {"Noviembre 2026": {"2026.11": ["Aviso de caducidad"]}}


def test_without_subscriptions_my_modules_say_so(browse, ana, year):
    page = words(browse(ana).get(NEWS, {"mios": "1"}))

    assert "No constan los módulos de su empresa" in page


@pytest.mark.parametrize("query", ["tipo=nada", "modulo=x", "modulo=999999", "anio=doce", "mios=9", "pagina=falsa"])
def test_what_is_not_understood_gives_the_usual_list_and_a_word(browse, ana, year, query):
    answer = browse(ana).get(f"{NEWS}?{query}")

    assert answer.status_code == 200
    assert len(shown(answer)) == 2
    assert "no se ha entendido" in words(answer)


@pytest.mark.parametrize("key", ["tipo", "modulo", "anio", "mios", "q", "pagina", "nota"])
@pytest.mark.parametrize("value", ["\0", "x" * 10_000, "🙂", "-1", "1; DROP TABLE", "' OR 1=1", "٣"], ids=ascii)
def test_nonsense_breaks_no_page(browse, ana, year, key, value):
    for path in (NEWS, f"{NEWS}imprimir/", f"{NEWS}2026.11/"):
        assert browse(ana).get(path, {key: value}).status_code == 200


# --- pages, links and paper ---


def test_a_note_has_an_address_of_its_own(browse, ana, monkeypatch):
    monkeypatch.setattr("portal.news.NOTES_OF_ONE", 2)
    release = published("2026.11")
    notes = [new_note(release, f"Número {n}") for n in range(5)]

    for note in notes:
        page = browse(ana).get(note.get_absolute_url())
        assert f'id="{note.anchor}"' in page.content.decode()
        assert note.get_absolute_url().endswith(f"#{note.anchor}")
    assert "Número 0" in browse(ana).get(notes[1].get_absolute_url()).content.decode()


def test_the_pages_of_a_long_release_hold_every_note_once(browse, ana, monkeypatch):
    monkeypatch.setattr("portal.news.NOTES_OF_ONE", 2)
    release = published("2026.11")
    for n in range(5):
        new_note(release, f"Número {n}")

    found, address = [], f"{NEWS}2026.11/"
    while address:
        page = browse(ana).get(address).context["page"]
        found += [note.text for note in page.rows]
        address = page.next and f"{NEWS}2026.11/?pagina={page.next}"

    assert found == [f"Número {n}" for n in range(5)]


def test_the_pages_of_the_list_hold_every_release_once(browse, ana):
    for n in range(20):
        new_note(published(f"3.{n}", at=at(2026, 1 + n // 2, 1 + n)))

    found, address = [], NEWS
    while address:
        answer = browse(ana).get(address)
        found += [version for month in shown(answer).values() for version in month]
        address = (cursor := answer.context["page"].next) and f"{NEWS}?pagina={cursor}"

    assert found == [f"3.{n}" for n in reversed(range(20))]


def test_of_a_long_release_the_list_shows_the_first_notes_and_how_many_more(browse, ana, monkeypatch):
    monkeypatch.setattr("portal.news.NOTES", 2)
    release = published("2026.11", at=at(2026, 11, 3))
    for n in range(5):
        new_note(release, f"Número {n}")

    answer = browse(ana).get(NEWS)

    assert shown(answer) == {"Noviembre 2026": {"2026.11": ["Número 0", "Número 1"]}}
    assert "3 más en la versión 2026.11" in words(answer)
    assert "5 ampliaciones" in words(answer)


def test_on_paper_stands_what_is_filtered(browse, ana, year):
    paper = words(browse(ana).get(f"{NEWS}imprimir/", {"tipo": "correcciones"}))
    one = words(browse(ana).get(f"{NEWS}2025.11/imprimir/"))

    assert "La talla se ordenaba mal" in paper
    assert "Código de barras" not in paper
    assert "Histórico de entregas" in one
    assert "Código de barras" not in one


def test_while_there_are_no_downloads_no_link_leads_there(browse, ana, year):
    ana.can_use_downloads = True
    ana.save()

    assert browse(ana).get(NEWS).status_code == 200


def test_an_empty_list_says_what_will_come(browse, ana):
    assert "Todavía no se ha publicado nada" in words(browse(ana).get(NEWS))


# --- what it costs ---


@pytest.mark.parametrize("query", ["", "?q=centros", "?mios=1&tipo=ampliaciones&anio=2026"])
def test_the_list_costs_the_same_with_one_note_and_with_many(browse, ana, query):
    product = ProductFactory()
    Subscription.objects.create(company=ana.company, product=product, starts=timezone.localdate())
    new_note(published("2026.1.1", at=at(2026, 1, 5)), product=product)
    browser = browse(ana)
    browser.get(NEWS)
    costs = []
    for month in (1, 2, 3):
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert shown(browser.get(f"{NEWS}{query}"))
        costs.append(len(queries))
        for n in range(10):
            release = published(f"2026.{month + 1}.{n}", at=at(2026, month + 1, 1 + n))
            for _note in range(3):
                new_note(release, product=ProductFactory(name=f"Módulo {month}-{n}") if n % 2 else product)

    # Session, person, what there is to choose from, releases, counts, notes, own tickets, and the alarm of the menu.
    assert costs == [8, 8, 8]
    with CaptureQueriesContext(connection) as queries:
        browser.get(f"{NEWS}{query}")
    assert len(queries) == 7  # what there is to choose from was kept


def test_a_release_costs_the_same_with_one_note_and_with_many(browse, ana):
    release = published("2026.11")
    costs = []
    browser = browse(ana)
    browser.get(NEWS)
    for count in (1, 30):
        for n in range(count):
            new_note(release, product=ProductFactory(name=f"Módulo {n}"))
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"{NEWS}2026.11/")
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 8
