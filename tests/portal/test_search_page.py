"""Buscar: what a person or a visitor finds in everything, what they never find, and what it costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from announcements.models import Announcement, RulesOfUse
from contracts.models import Subscription
from knowledge.models import Article
from tests.factories import (
    ComponentFactory,
    DeliveryFactory,
    ProductFactory,
    ReleaseFactory,
    RequestTypeFactory,
    UserFactory,
    announced,
    announcement,
    new_article,
    new_note,
    open_ticket,
    planned,
    published,
    recorded,
    release_file,
    webinar,
)
from tests.walls import payloads
from text.hits import MOST
from tickets.models import Attachment, Request

pytestmark = pytest.mark.django_db

ADDRESS = "/buscar/"
QUERIES = 11
# A word that stands in one thing of each kind.
WORD = "legionela"
AREAS = ("can_use_releases", "can_use_downloads", "can_use_webinars")


@pytest.fixture(autouse=True)
def files_root(settings, tmp_path):
    """A disk of one's own for each test."""
    settings.FILES_ROOT = tmp_path / "files"
    return settings.FILES_ROOT


@pytest.fixture
def ana(ana):
    """To her every area is open, and the company's tickets."""
    for flag in (*AREAS, "can_see_company_tickets"):
        setattr(ana, flag, True)
    ana.save()
    return ana


def search(browser, words, **more):
    return browser.get(ADDRESS, {"q": words} | more)


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def found(browser, words) -> dict[str, list[str]]:
    """{kind: titles} of what the page shows."""
    groups = search(browser, words).context["groups"]
    return {str(group.kind.label): [strip(hit.title) for hit in group.hits] for group in groups}


def strip(title) -> str:
    return str(title).replace("<mark>", "").replace("</mark>", "")


def one_of_each(person, attach) -> None:
    """Something of each kind that the person may see and that holds the word."""
    open_ticket(person, subject="Ensayo de legionela")
    open_ticket(person, subject="Otra cosa", files=attach(person, "legionela.pdf"))
    new_article("Prevención de la legionela")
    new_note(published("4.1"), "Se imprime el control de legionela.", product=ProductFactory(name="Salud"))
    announced("Norma de legionela")
    release_file(DeliveryFactory(version="4.2"), name="legionela-servidor.zip")
    recorded("Legionela en torres")


OF_EACH = {
    "Tickets": ["Otra cosa", "Ensayo de legionela"],
    "Ayuda": ["Prevención de la legionela"],
    "Novedades": ["Versión 4.1: Salud"],
    "Avisos": ["Norma de legionela"],
    "Descargas": ["legionela-servidor.zip"],
    "Archivos de tickets": ["legionela.pdf"],
    "Webinars": ["Legionela en torres"],
}

# --- what is found ---


@pytest.mark.parametrize("words", ["imprime", "nada de nada"])
def test_the_alarm_is_lit_here_as_on_every_page(browse, ana, agent, words):
    ticket, page = open_ticket(ana, subject="No imprime"), browse(ana)
    assert 'class="alarm"' not in text_of(search(page, words))

    ticket.reply(by=agent, body="Pruebe ahora.")

    assert 'class="alarm"' in text_of(search(page, words))


def test_one_word_finds_something_of_each_kind(browse, ana, attach):
    one_of_each(ana, attach)

    assert found(browse(ana), "LEGIONÉLA") == OF_EACH


def test_what_is_found_leads_to_its_page_and_says_where_it_stands(browse, ana, attach):
    one_of_each(ana, attach)
    browser = browse(ana)
    groups = search(browser, WORD).context["groups"]

    answers = {str(group.kind.label): browser.get(hit.url) for group in groups for hit in group.hits}

    assert set(answers) == set(OF_EACH)
    assert {answer.status_code for answer in answers.values()} == {200}
    assert {answer["Content-Type"] for answer in answers.values()} == {"text/html; charset=utf-8"}
    assert "Content-Disposition" not in {name for answer in answers.values() for name in answer.headers}


def test_the_passage_of_a_ticket_is_its_newest_message_with_all_the_words(browse, ana, agent):
    ticket = open_ticket(ana, subject="No imprime", body="La ficha sale en blanco. Firmado: Ana.")
    ticket.reply(by=agent, body="Pruebe otra vez la **ficha** en blanco, por favor.")
    ticket.reply(by=ana, body="Gracias por todo.")

    page = text_of(search(browse(ana), "ficha blanco"))

    assert "Pruebe otra vez la <mark>ficha</mark> en <mark>blanco</mark>, por favor." in page
    assert "Firmado" not in page and "Gracias por todo" not in page


@pytest.mark.parametrize("typed", ["#2", "2", "IBA-2", "iba-2"])
def test_a_ticket_is_found_by_its_number_before_all_others(browse, ana, typed):
    for subject in ("Uno", "Dos", "Las 2 copias", "IBA, 2 veces"):
        open_ticket(ana, subject=subject)

    assert found(browse(ana), typed)["Tickets"][0] == "Dos"


def test_a_number_of_another_company_leads_nowhere(browse, ana, carla):
    open_ticket(carla, subject="De Norte")
    open_ticket(carla, subject="De Norte también")

    assert found(browse(ana), "#2") == {}
    assert found(browse(ana), "NOR-2") == {}


def test_a_file_of_an_update_is_shown_once_in_the_newest_that_has_it(browse, ana):
    old = DeliveryFactory(version="4.1", published_at=timezone.now() - timedelta(days=30))
    new = DeliveryFactory(version="4.2")
    component = ComponentFactory(slug="servidor", name="Servidor de informes")
    for release in (old, new):
        release_file(release, component=component, name="acme-srv.zip")
    release_file(old, "cliente", name="acme-srv-cliente.zip", content=b"dos")

    hits = search(browse(ana), "acme srv").context["groups"][0].hits

    assert [(strip(hit.title), hit.facts) for hit in hits] == [
        ("acme-srv.zip", ["Versión 4.2"]),
        ("acme-srv-cliente.zip", ["Versión 4.1"]),
    ]
    assert found(browse(ana), "servidor informes") == {"Descargas": ["acme-srv.zip"]}


def test_each_kind_shows_its_first_and_leads_to_the_areas_own_search_with_the_words(browse, ana):
    for number in range(MOST + 2):
        open_ticket(ana, subject=f"Copia {number}")
        announced(f"Copia {number}")
    new_article("Copia de seguridad")

    answer = search(browse(ana), "cópia")
    tickets, articles, notices = answer.context["groups"]

    assert [len(tickets.hits), len(articles.hits), len(notices.hits)] == [MOST, 1, MOST]
    assert tickets.url == "/tickets/?estado=todos&q=c%C3%B3pia"
    assert articles.url == "/ayuda/?q=c%C3%B3pia"
    assert notices.url == ""
    assert "Ver todos en Tickets" in text_of(answer)
    assert text_of(answer).count("Hay más: añada una palabra") == 1
    assert len(browse(ana).get(tickets.url).context["page"].rows) == MOST + 2


# --- what is not found ---


def test_another_companys_things_are_not_found(browse, ana, carla, attach):
    for flag in AREAS:
        setattr(carla, flag, True)
    carla.save()
    module = ProductFactory(name="Aguas")
    Subscription.objects.create(company=carla.company, product=module, starts=carla.company.today())
    open_ticket(carla, subject="Legionela en Norte", body="La legionela.", files=attach(carla, "legionela.pdf"))
    for title, chosen in (
        ("La legionela para Norte", {"companies": [carla.company]}),
        ("Con Aguas", {"modules": [module]}),
    ):
        new_article(title, "Sobre legionela.", audience=Article.Audience.CHOSEN, **chosen)
        announced(title, text="Sobre legionela.", audience=Announcement.Audience.CHOSEN, **chosen)
    release_file(DeliveryFactory(), component=ComponentFactory(slug="aguas", product=module), name="legionela.zip")

    assert found(browse(ana), WORD) == {}
    assert {kind: len(titles) for kind, titles in found(browse(carla), WORD).items()} == {
        "Tickets": 1, "Ayuda": 2, "Avisos": 2, "Descargas": 1, "Archivos de tickets": 1,
    }  # fmt: skip


def test_a_colleagues_tickets_are_found_by_whom_may_see_them(browse, ana, bruno, diego, attach):
    open_ticket(ana, subject="Legionela", files=attach(ana, "legionela.pdf"))
    assert set(found(browse(bruno), WORD)) == {"Tickets", "Archivos de tickets"}
    assert found(browse(diego), WORD) == {}

    open_ticket(ana, subject="Legionela, en copia", followers=[diego])

    assert found(browse(diego), WORD) == {"Tickets": ["Legionela, en copia"]}


def test_what_is_not_out_is_not_found(browse, ana, agent):
    now = timezone.now()
    open_ticket(ana, subject="Otra").note(by=agent, body="Nota interna sobre legionela.")
    new_article("Legionela", state=Article.State.DRAFT)
    new_article("Legionela", audience=Article.Audience.STAFF)
    new_note(ReleaseFactory(), "La legionela de un borrador.")
    new_note(published("9.9", at=now + timedelta(days=1)), "La legionela de mañana.")
    new_note(published("4.0"), "La legionela, por dentro.", is_public=False)
    announcement("Legionela")
    announcement("Legionela").publish(at=now + timedelta(days=1), tell=False)
    release_file(DeliveryFactory(state="draft", published_at=None), name="legionela.zip")
    webinar("Legionela")

    assert found(browse(ana), WORD) == {}

    planned("Legionela, ya anunciado")
    assert found(browse(ana), WORD) == {"Webinars": ["Legionela, ya anunciado"]}


def test_drafts_and_requests_that_await_approval_are_not_found(browse, ana, bruno, attach):
    kind = RequestTypeFactory(slug="horas", needs_approval=True)
    attach(ana, "legionela-sin-enviar.pdf")
    ana.can_use_requests = True
    ana.save()
    request = Request.objects.ask(
        by=ana, kind=kind, subject="Legionela", body="Más legionela.", files=attach(ana, "legionela.pdf")
    )
    assert Attachment.objects.filter(name__startswith="legionela").count() == 2
    assert found(browse(ana), WORD) == {} == found(browse(bruno), WORD)

    request.approve(by=bruno)

    assert found(browse(ana), WORD) == {"Tickets": ["Legionela"], "Archivos de tickets": ["legionela.pdf"]}


def test_what_has_ended_is_found_and_says_so(browse, ana):
    row = announced("Corte del servicio", at=timezone.now() - timedelta(days=2))
    row.withdraw(at=timezone.now() - timedelta(days=1))

    assert "Terminado" in text_of(search(browse(ana), "corte"))
    assert found(browse(ana), "corte") == {"Avisos": ["Corte del servicio"]}


# --- areas ---


def test_a_closed_area_does_not_appear_and_asks_nothing(browse, ana, attach):
    one_of_each(ana, attach)
    for flag in (*AREAS, "can_use_tickets", "can_see_company_tickets"):
        setattr(ana, flag, False)
    ana.save()
    browser = browse(ana)
    search(browser, WORD)

    with CaptureQueriesContext(connection) as asked:
        answer = search(browser, WORD)

    assert set(found(browser, WORD)) == {"Ayuda", "Avisos"}
    assert [str(kind.label) for kind in answer.context["kinds"]] == ["Ayuda", "Avisos"]
    tables = ("tickets_", "releases_", "downloads_", "webinars_")
    assert not [query["sql"] for query in asked if any(f'FROM "{table}' in query["sql"] for table in tables)]


def test_with_solicitudes_alone_ones_requests_are_found_without_a_link_to_the_list_of_tickets(browse, ibarra, ana):
    eva = UserFactory(company=ibarra, can_use_tickets=False, can_use_requests=True)
    open_ticket(eva, subject="Legionela", request_type=RequestTypeFactory(slug="idea"))
    open_ticket(eva, subject="Legionela, de cuando tenía tickets")
    open_ticket(ana, subject="Legionela de Ana")

    answer = search(browse(eva), WORD)

    assert found(browse(eva), WORD) == {"Tickets": ["Legionela"]}
    assert "Ver todos en Tickets" not in text_of(answer)


def test_support_without_company_finds_what_it_sees_on_the_pages(browse, agent, ana, attach):
    one_of_each(ana, attach)

    assert set(found(browse(agent), WORD)) == {"Ayuda", "Avisos"}


def test_a_visitor_finds_what_is_public_and_is_told_of_the_rest(client, ana, attach):
    one_of_each(ana, attach)
    new_article("Legionela para todos", audience=Article.Audience.PUBLIC)
    announced("Legionela, aviso a todos", audience=Announcement.Audience.PUBLIC)

    answer = search(client, WORD)

    assert found(client, WORD) == {"Ayuda": ["Legionela para todos"], "Avisos": ["Legionela, aviso a todos"]}
    assert "/acceso/?next=/buscar/%3Fq%3Dlegionela" in text_of(answer)


def test_a_visitor_who_finds_nothing_asks_as_a_guest_where_guests_may(client, settings):
    without = text_of(search(client, "zzzz"))
    settings.GUESTS = True

    assert reverse("guests:new") not in without
    assert reverse("guests:new") in text_of(search(client, "zzzz"))


# --- the gates that stand before people's own things ---


def test_who_must_change_the_password_first_finds_nothing_before(browse, ana):
    open_ticket(ana, subject="Legionela")
    ana.must_change_password = True
    ana.save()

    assert search(browse(ana), WORD)["Location"] == reverse("account:password")


def test_support_without_the_second_factor_finds_nothing_before(browse, agent, settings):
    settings.STAFF_SECOND_FACTOR = True

    assert search(browse(agent), WORD)["Location"] == reverse("account:second_factor")


def test_the_rules_of_use_are_accepted_before(browse, ana):
    now = timezone.now()
    RulesOfUse.objects.draft(text="Un problema, un ticket.").put_in_force(since=now, at=now)

    assert search(browse(ana), WORD)["Location"].startswith(reverse("rules:accept"))


# --- what is typed ---


@pytest.mark.parametrize("words", ["", "   ", "\x00"])
def test_without_words_the_page_says_what_it_looks_in(browse, ana, words):
    answer = search(browse(ana), words)

    assert answer.status_code == 200
    assert "¿Qué busca?" in text_of(answer) and "Archivos de tickets" in text_of(answer)


@pytest.mark.parametrize("words", ["🙂🙂", '"*"', "((", "&|!", "·—«»", "_"])
def test_only_symbols_are_answered_in_words_and_kept(browse, ana, words):
    answer = search(browse(ana), words)

    assert answer.status_code == 200
    assert "Ahí no hay ninguna palabra" in text_of(answer)
    assert answer.context["form"].words == words


@pytest.mark.parametrize("words", ["a", "é", "a b", "x*"])
def test_one_letter_is_too_little(browse, ana, words):
    assert "escriba al menos dos" in text_of(search(browse(ana), words))


@pytest.mark.parametrize(
    "words",
    [
        *("x" * 10_000, "informe " * 1_500, "a* OR b", "{title} : a", "NEAR(a b)", "col:val", "^ab", "-ab", "12e5 ab"),
        *("ab\x00cd", "ab AND NOT", "'; DROP TABLE tickets_ticket; --", "%ab_", "\\", "𝒳𝒴 ab", "1" * 300),
        *payloads.OWN[:12],
    ],
)
def test_nothing_that_is_typed_is_syntax_or_too_long(browse, client, ana, attach, words):
    one_of_each(ana, attach)

    pages = [search(browser, words) for browser in (browse(ana), client)]

    assert {page.status_code for page in pages} == {200}
    assert not [page for page in pages if "<script>alert" in page.content.decode()]


def test_too_much_is_cut_and_said(browse, ana):
    open_ticket(ana, subject="uno dos tres cuatro cinco seis siete ocho")
    long, many = (
        search(browse(ana), "palabra " * 100),
        search(browse(ana), "uno dos tres cuatro cinco seis siete ocho diez"),
    )

    assert "Era muy largo: solo se busca el principio" in text_of(long)
    assert len(long.context["form"].words) <= 200
    assert "Solo se buscan las 8 primeras palabras: queda fuera 1." in text_of(many)
    assert len(many.context["groups"]) == 1


def test_nothing_found_keeps_the_words_and_gives_advice(browse, ana):
    page = text_of(search(browse(ana), "zzyzx <b>"))

    assert "No hay resultados para «zzyzx &lt;b&gt;»" in page
    assert 'value="zzyzx &lt;b&gt;"' in page
    assert "Pruebe con otras palabras, o con menos." in page
    assert "/tickets/nuevo/" in page


# --- limits and cost ---


def test_beyond_sixty_a_minute_the_page_says_so_and_keeps_the_words(browse, ana, diego, client, window):
    open_ticket(ana, subject="Legionela")
    browser = browse(ana)
    assert {search(browser, WORD).status_code for _time in range(60)} == {200}

    refused = search(browser, WORD)

    assert refused.status_code == 429 and int(refused["Retry-After"]) > 0
    assert 'value="legionela"' in text_of(refused) and "No se ha perdido nada" in text_of(refused)
    assert refused.context["groups"] == []
    assert search(browse(diego), WORD).status_code == 200
    assert browser.get(ADDRESS).status_code == 200
    assert {search(client, WORD).status_code for _time in range(61)} == {200, 429}


def queries(browser, words) -> int:
    search(browser, words)
    with CaptureQueriesContext(connection) as asked:
        search(browser, words)
    return len(asked)


def test_it_costs_at_most_eleven_queries_and_no_more_for_more(browse, ana, attach):
    one_of_each(ana, attach)
    browser = browse(ana)
    few = queries(browser, WORD)
    for _time in range(6):
        one_of_each_again(ana, attach)

    assert len(search(browser, WORD).context["groups"]) == len(OF_EACH)
    assert queries(browser, WORD) <= few <= QUERIES


def one_of_each_again(person, attach) -> None:
    open_ticket(person, subject="Más legionela", files=attach(person, "más legionela.pdf"))
    new_article("Más legionela")
    new_note(published(f"5.{Article.objects.count()}"), "Más legionela.")
    announced("Más legionela")
    release_file(DeliveryFactory(), name="legionela-otra.zip", content=str(Article.objects.count()).encode())
    planned("Más legionela")


def test_nothing_found_costs_less(browse, ana):
    assert queries(browse(ana), "zzyzx") < QUERIES
