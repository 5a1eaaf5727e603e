"""The help in the browser: found while a ticket is written, and put into an answer."""

import pytest
from playwright.sync_api import expect

from knowledge.models import ArticleVote
from tests.factories import new_article, open_ticket

pytestmark = pytest.mark.e2e


def test_an_article_answers_before_the_ticket_is_sent(open_browser, ana):
    new_article("El informe sale en blanco", "Compruebe las fechas.")
    page = open_browser(ana)
    page.goto("/tickets/nuevo/")

    page.get_by_label("Asunto").press_sequentially("Mi informe sale en blanco")

    expect(page.get_by_role("link", name="1 artículo")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="El informe sale en blanco").click()
    article = opened.value
    article.get_by_text("No", exact=True).click()
    article.get_by_label("¿Qué falta o qué no es correcto?").fill("El último paso")
    article.get_by_role("button", name="Enviar").click()
    expect(article.get_by_text("Gracias: nos ayuda a mejorar.")).to_be_visible()
    assert ArticleVote.objects.get().reason == "El último paso"


def test_an_article_is_inserted_where_the_answer_is_being_written(open_browser, ana, boss, settings):
    new_article("Copias de seguridad")
    ticket = open_ticket(ana)
    page = open_browser(boss)
    page.goto(f"/admin/tickets/ticket/{ticket.pk}/change/")
    page.get_by_label("Mensaje").fill("Vea")

    page.get_by_text("Insertar un artículo de la ayuda").click()
    page.get_by_label("Buscar en la ayuda").press_sequentially("copia")
    page.get_by_role("button", name="Insertar").click()

    link = f"[Copias de seguridad]({settings.PUBLIC_URL}/ayuda/copias-de-seguridad/)"
    expect(page.get_by_label("Mensaje")).to_have_value(f"Vea {link}")
