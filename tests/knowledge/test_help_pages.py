"""The pages of the help: what they show, find and ask, what they cost, and what nonsense does to them."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from knowledge.models import Article, ArticleVote
from tests.factories import CategoryFactory, new_article
from tests.walls import payloads

pytestmark = pytest.mark.django_db

PUBLIC = {"audience": Article.Audience.PUBLIC}


def results(client, words):
    return [result.article.title for result in client.get("/ayuda/", {"q": words}).context["results"]]


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


# --- search ---


def test_a_search_needs_no_accents_and_marks_what_it_found(client):
    new_article("Cómo exportar la planificación", "Elija **Planificación › Exportar** y el centro.", **PUBLIC)

    page = text_of(client.get("/ayuda/", {"q": "PLANIFICACION exportan"}))

    assert "Cómo <mark>exportar</mark> la <mark>planificación</mark>" in page
    assert "Elija <mark>Planificación</mark> › <mark>Exportar</mark> y el centro." in page


def test_titles_come_before_texts_and_full_answers_before_halves(client):
    new_article("Otra cosa", "La copia de seguridad se restaura con calma.", **PUBLIC)
    new_article("Copia de seguridad", "Todas las noches.", **PUBLIC)
    new_article("Restaurar una copia de seguridad", "Desde el menú.", **PUBLIC)

    assert results(client, "restaurar copia seguridad") == [
        "Restaurar una copia de seguridad",
        "Copia de seguridad",
        "Otra cosa",
    ]


def test_numbers_count_however_short_and_half_a_question_is_enough(client):
    for day in ("07-05-2019", "14-05-2019"):
        new_article(f"Reunión de desarrollo ({day})", "Se habló de todo.", **PUBLIC)

    assert results(client, "reunion de desarrollo 14 05 2019")[0] == "Reunión de desarrollo (14-05-2019)"
    assert len(results(client, "la reunión con jaleo y poco desarrollo")) == 2
    assert results(client, "palabras distintas sueltas desarrollo demasiadas") == []


@pytest.mark.parametrize(
    "words",
    ["x" * 10_000, "informe " * 1_500, '"', "a* OR b", "{title} : a", "NEAR(a b)", "& | !", "\x00", *payloads.OWN[:8]],
)
def test_nothing_that_is_typed_is_syntax_or_too_long(client, words):
    new_article("Un informe", **PUBLIC)

    page = client.get("/ayuda/", {"q": words})

    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()


def test_visitors_of_one_network_search_sixty_times_a_minute(client, browse, ana, window):
    new_article("Un informe", **PUBLIC)

    codes = {client.get("/ayuda/", {"q": "informe"}).status_code for _time in range(60)}

    assert codes == {200}
    assert client.get("/ayuda/", {"q": "informe"}).status_code == 429
    assert browse(ana).get("/ayuda/", {"q": "informe"}).status_code == 200


def test_where_nothing_is_found_one_can_ask(browse, client, ana):
    assert "No hay resultados" in text_of(client.get("/ayuda/", {"q": "zzzz"}))
    assert reverse("tickets:new") in text_of(browse(ana).get("/ayuda/", {"q": "zzzz"}))
    assert reverse("tickets:new") not in text_of(client.get("/ayuda/", {"q": "zzzz"}))


def test_a_visitor_asks_as_a_guest_where_guests_may(client, settings):
    settings.GUESTS = True

    for address in ("/ayuda/", "/ayuda/?q=zzzz"):
        assert reverse("guests:new") in text_of(client.get(address))
        assert "preguntar a soporte" not in text_of(client.get(address))


# --- pages ---


def test_headings_become_the_contents(client):
    new_article("Guía", "# Antes\nUno\n## Detalle\nDos\n# Después\nTres\n### Hondo\nX", **PUBLIC)

    article = client.get("/ayuda/guia/").context["article"]

    assert [(heading.level, heading.words) for heading in article.contents] == [
        (2, "Antes"), (3, "Detalle"), (2, "Después"),
    ]  # fmt: skip
    assert 'id="ap-antes"' in article.html


def test_one_heading_needs_no_contents(client):
    new_article("Guía", "# Antes\nUno", **PUBLIC)

    assert client.get("/ayuda/guia/").context["article"].contents == []


def test_frequent_questions_open_to_their_answers(client):
    faq = CategoryFactory(name="Preguntas frecuentes", is_faq=True)
    new_article("¿Puedo cambiar la contraseña?", "Sí, en **Gestión**.\n\n# Más", category=faq, **PUBLIC)

    page = text_of(client.get("/ayuda/"))

    assert "<summary>¿Puedo cambiar la contraseña?</summary>" in page
    assert "<strong>Gestión</strong>" in page and "<h2>Más</h2>" in page


def test_the_first_of_each_category_stand_on_the_first_page(client):
    for number in range(9):
        new_article(f"Artículo {number}", position=number, **PUBLIC)

    [shelf] = client.get("/ayuda/").context["shelves"]

    assert [article.title for article in shelf.articles] == [f"Artículo {number}" for number in range(6)]
    assert shelf.has_more


def test_a_long_category_goes_on_page_by_page(client):
    for number in range(45):
        new_article(f"Artículo {number:02}", **PUBLIC)

    first = client.get("/ayuda/temas/primeros-pasos/").context["page"]
    second = client.get("/ayuda/temas/primeros-pasos/", {"pagina": first.next}).context["page"]

    assert len(first.rows) == 40 and [article.title for article in second.rows][-1] == "Artículo 44"
    assert client.get("/ayuda/temas/primeros-pasos/", {"pagina": "nada"}).status_code == 200


def test_empty_help_says_so_to_each(client, browse, ana):
    assert "No hay nada para visitantes" in text_of(client.get("/ayuda/"))
    assert "Todavía no hay artículos" in text_of(browse(ana).get("/ayuda/"))


def test_a_sheet_says_where_links_lead(client):
    new_article("Guía", "Vea [la web](https://acme.example/guia).", at=datetime(2026, 3, 1, tzinfo=UTC), **PUBLIC)

    page = text_of(client.get("/ayuda/guia/imprimir/"))

    assert "(https://acme.example/guia)" in page and "1 mar 2026" in page


def test_two_articles_of_one_title_have_two_addresses(db):
    assert [new_article("Año nuevo").slug for _time in range(3)] == ["ano-nuevo", "ano-nuevo-2", "ano-nuevo-3"]
    assert new_article("Temas").slug == "temas-2" and new_article("¿?").slug == "articulo"


# --- votes ---


def test_a_vote_is_cast_once_and_may_be_changed(browse, ana, bruno):
    article = new_article("Guía")
    page = browse(ana)

    page.post("/ayuda/guia/voto/", {"helps": "no", "reason": "Falta el paso 3\x00"})
    answer = page.post("/ayuda/guia/voto/", {"helps": "si", "reason": "ya no cuenta"}, follow=True)
    browse(bruno).post("/ayuda/guia/voto/", {"helps": "no", "reason": "No hay capturas"})

    votes = set(ArticleVote.objects.values_list("person__first_name", "helps", "reason"))
    assert votes == {("Ana", True, ""), ("Bruno", False, "No hay capturas")}
    assert "Dijo que le sirvió" in text_of(answer)
    row = Article.objects.with_votes().get(pk=article.pk)
    assert (row.helped, row.failed) == (1, 1)


@pytest.mark.parametrize("body", [{}, {"helps": "quizá"}, {"helps": "no", "reason": "x" * 5_000}])
def test_a_vote_that_says_nothing_is_refused_in_words(browse, ana, body):
    new_article("Guía")

    answer = browse(ana).post("/ayuda/guia/voto/", body, follow=True)

    assert answer.status_code == 200 and "alert-danger" in answer.content.decode()
    assert not ArticleVote.objects.exists()


def test_support_is_not_asked(browse, agent):
    new_article("Guía")

    assert "¿Le ha servido" not in browse(agent).get("/ayuda/guia/").content.decode()
    assert browse(agent).post("/ayuda/guia/voto/", {"helps": "si"}).status_code == 403


def test_the_reason_goes_with_its_person(ana):
    from text.personal import emptied

    assert emptied(ArticleVote) == {"reason": ""}


# --- what it costs ---


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/ayuda/", 7),
        ("/ayuda/?q=informe", 6),
        ("/ayuda/temas/primeros-pasos/", 6),
        ("/ayuda/guia-00/", 6),
        ("/ayuda/guia-00/imprimir/", 3),
        ("/tickets/parecidos/?subject=informe", 5),
    ],
)
def test_pages_cost_the_same_with_one_article_and_with_thirty(
    browse, ana, django_assert_max_num_queries, path, queries
):
    faq = CategoryFactory(name="Preguntas", is_faq=True)
    page = browse(ana)
    page.get(path)
    for number in range(30):
        new_article(f"Guía {number:02}", "Un informe.")
        new_article(f"¿Pregunta {number:02}?", "Un informe.", category=faq)
        if number in (0, 29):
            with django_assert_max_num_queries(queries):
                assert page.get(path).status_code == 200
