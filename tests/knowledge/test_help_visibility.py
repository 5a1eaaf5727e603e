"""Who reads which article: visitors, everybody who is logged in, some companies, those with a module, support."""

from datetime import timedelta

import pytest

from contracts.models import Subscription
from knowledge.models import Article, Category
from tests.factories import CategoryFactory, ProductFactory, article_picture, new_article
from tests.text.reading import Seen
from tests.walls import payloads

pytestmark = pytest.mark.django_db

Audience = Article.Audience


@pytest.fixture
def shelf_of(ana, carla):
    """One article for each kind of reader, and a draft; Ibarra has a module now, Norte had it."""
    module = ProductFactory(name="Vigilancia de la salud")
    today = ana.company.today()
    Subscription.objects.create(company=ana.company, product=module, starts=today)
    Subscription.objects.create(
        company=carla.company, product=module, starts=today - timedelta(days=9), expires=today - timedelta(days=1)
    )
    return {
        "public": new_article("Público", audience=Audience.PUBLIC),
        "registered": new_article("Registrados"),
        "ibarra": new_article("De Ibarra", audience=Audience.CHOSEN, companies=[ana.company]),
        "norte": new_article("De Norte", audience=Audience.CHOSEN, companies=[carla.company]),
        "module": new_article("Del módulo", audience=Audience.CHOSEN, modules=[module]),
        "staff": new_article("De soporte", audience=Audience.STAFF),
        "draft": new_article("Borrador", audience=Audience.PUBLIC, state=Article.State.DRAFT),
    }


SEEN = {
    "visitor": {"public"},
    "ana": {"public", "registered", "ibarra", "module"},
    "carla": {"public", "registered", "norte"},
    "agent": {"public", "registered", "ibarra", "norte", "module", "staff"},
}


@pytest.fixture
def browsers(client, browse, ana, carla, agent):
    return {"visitor": client, "ana": browse(ana), "carla": browse(carla), "agent": browse(agent)}


@pytest.mark.parametrize("who", SEEN)
def test_an_article_exists_for_whom_it_is_there(shelf_of, browsers, who):
    answers = {name: browsers[who].get(article.get_absolute_url()) for name, article in shelf_of.items()}

    assert {name for name, answer in answers.items() if answer.status_code == 200} == SEEN[who]
    assert {answer.status_code for name, answer in answers.items() if name not in SEEN[who]} <= {404}


@pytest.mark.parametrize("who", SEEN)
def test_lists_searches_and_sheets_show_the_same(shelf_of, browsers, who):
    page = browsers[who]
    listed = {article.title for shelf in page.get("/ayuda/").context["shelves"] for article in shelf.articles}
    found = page.get("/ayuda/", {"q": "exportar"}).context["results"]
    shelf = page.get("/ayuda/temas/primeros-pasos/").context["page"].rows
    printed = {name for name, row in shelf_of.items() if page.get(f"/ayuda/{row.slug}/imprimir/").status_code == 200}

    titles = {shelf_of[name].title for name in SEEN[who]}
    assert listed == titles
    assert {result.article.title for result in found} == titles
    assert {article.title for article in shelf} == titles
    assert printed == SEEN[who]


@pytest.mark.parametrize("who", SEEN)
def test_pictures_are_where_their_article_is(shelf_of, browsers, who):
    pictures = {name: article_picture(article) for name, article in shelf_of.items()}

    answers = {name: browsers[who].get(picture.get_absolute_url()) for name, picture in pictures.items()}

    shown = SEEN[who] | ({"draft"} if who == "agent" else set())
    assert {name for name, answer in answers.items() if answer.status_code == 200} == shown
    assert answers["public"]["Content-Type"] == "image/webp"


def test_a_category_in_which_there_is_nothing_for_somebody_does_not_exist(client, browse, ana):
    new_article(category=CategoryFactory(name="Interna"))

    assert client.get("/ayuda/temas/interna/").status_code == 404
    assert browse(ana).get("/ayuda/temas/interna/").status_code == 200
    assert list(Category.objects.visible_to(ana)) == [Category.objects.get()]


def test_a_category_shows_what_stands_in_those_inside_it(browse, ana):
    top = CategoryFactory(name="Módulos")
    inside = CategoryFactory(name="Salud", parent=top)
    new_article("Citas", category=inside)

    page = browse(ana).get("/ayuda/temas/modulos/")

    assert [article.title for article in page.context["page"].rows] == ["Citas"]
    assert list(page.context["inside"]) == [inside]
    assert "Módulos" in browse(ana).get("/ayuda/citas/").content.decode()


def test_related_articles_are_those_that_one_may_read(browse, client, ana):
    article = new_article("Principal", audience=Audience.PUBLIC)
    article.related.set([new_article("Otro", audience=Audience.PUBLIC), new_article("Solo registrados")])

    assert [other.title for other in client.get("/ayuda/principal/").context["related"]] == ["Otro"]
    assert len(browse(ana).get("/ayuda/principal/").context["related"]) == 2


def test_the_suggestions_of_a_new_ticket_are_those_that_its_writer_may_read(shelf_of, browsers):
    for who in ("ana", "carla"):
        answer = browsers[who].get("/tickets/parecidos/", {"subject": "Del módulo de Norte"})

        assert {article.title for article in answer.context["articles"]} <= {shelf_of[name].title for name in SEEN[who]}
    assert "Del módulo" in browsers["ana"].get("/tickets/parecidos/", {"subject": "módulo"}).content.decode()


@pytest.mark.parametrize("slug", ["..", "nada", "temas", "imagenes", "a" * 300])
def test_what_is_no_article_is_a_404(client, slug):
    assert client.get(f"/ayuda/{slug}/").status_code == 404


@pytest.mark.parametrize("text", [*payloads.OWN, "[x](javascript:alert(1))", "![x](javascript:alert(1))", "<script>"])
def test_hostile_articles_are_words(client, text):
    article = new_article("<b>Título</b>", text, audience=Audience.PUBLIC)

    page = client.get(article.get_absolute_url()).content.decode()

    assert payloads_outside(article.html) == []
    assert "<b>Título" not in page and "&lt;b&gt;Título" in page


def payloads_outside(html):
    """What a browser would run of a piece of HTML."""
    tags = Seen(html).tags
    bad = [tag for tag, _given in tags if tag in ("script", "style", "iframe", "svg", "object")]
    handlers = [name for _tag, given in tags for name in given if name.startswith("on") or name == "style"]
    links = [given["href"] for _tag, given in tags if "href" in given]
    return bad + handlers + [link for link in links if not link.startswith(("http", "mailto:", "/", "#"))]
