"""The home page of visitors: what it offers is what the settings open, and no more."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from downloads.models import DownloadLog
from tests.factories import (
    PASSWORD,
    ComponentFactory,
    DeliveryFactory,
    ProductFactory,
    announced,
    new_article,
    release_file,
)

pytestmark = pytest.mark.django_db

REGISTER, TAKE, OPEN, ANNOUNCED, FOLLOW, STATUS = (
    "Registro", "Descargas recomendadas", "Abrir un ticket", "Avisos", "Ver el estado de un ticket",
    "Estado del servicio",
)  # fmt: skip


@pytest.fixture(autouse=True)
def public_home(settings):
    settings.VISITORS_HOME = True


@pytest.fixture
def everything(settings):
    settings.REGISTRATION, settings.STATUS_PUBLIC, settings.GUESTS = "approval", True, True
    recommended()


def recommended(slug="visor", **details):
    component = ComponentFactory(slug=slug, is_public=True, text="Para ver planos.", **details)
    return release_file(DeliveryFactory(), component=component, content=slug.encode())


def tiles(browser) -> dict[str, str]:
    """What is offered, and where it leads."""
    return {str(tile.label): tile.url for tile in browser.get("/").context["tiles"]}


def test_without_the_setting_visitors_are_led_to_the_log_in(browse, settings):
    settings.VISITORS_HOME = False

    assert browse().get("/", follow=True).redirect_chain[-1][0] == "/acceso/?next=/inicio/"


@pytest.mark.parametrize(
    ("setting", "hint"), [("open", "basta con una dirección de correo"), ("approval", "el gestor de su empresa")]
)
def test_the_tile_says_what_registering_takes(browse, settings, setting, hint):
    settings.REGISTRATION = setting

    tile = browse().get("/").context["tiles"][0]

    assert tile.label == REGISTER and hint in str(tile.hint)


def test_whoever_is_logged_in_has_the_home_of_their_own(browse, ana, agent):
    assert browse(ana).get("/").url == "/inicio/"
    assert browse(agent).get("/", follow=True).redirect_chain[-1][0] == reverse("admin:index")


def test_with_every_setting_all_the_tiles_are_there(browse, everything):
    assert tiles(browse()) == {
        REGISTER: "/acceso/registro/",
        TAKE: "/descargas/recomendadas/",
        OPEN: "/tickets/invitado/",
        ANNOUNCED: "/avisos/",
        FOLLOW: "/tickets/consulta/",
        STATUS: "/estado/",
    }


def test_with_none_there_are_those_that_lead_through_the_log_in(browse):
    assert tiles(browse()) == {
        OPEN: "/acceso/?next=%2Ftickets%2Fnuevo%2F",
        ANNOUNCED: "/avisos/",
        FOLLOW: "/acceso/?next=%2Ftickets%2F",
    }


@pytest.mark.parametrize(
    ("name", "value", "gone"),
    [
        ("REGISTRATION", "closed", {REGISTER}),
        ("STATUS_PUBLIC", False, {STATUS}),
        ("AREAS", ["knowledge", "status"], {TAKE, OPEN, ANNOUNCED, FOLLOW}),
        ("AREAS", ["tickets"], {TAKE, ANNOUNCED, STATUS}),
    ],
)
def test_a_tile_goes_with_its_setting(browse, everything, settings, name, value, gone):
    before = tiles(browse())
    setattr(settings, name, value)

    assert before.keys() - tiles(browse()).keys() == gone


def test_every_tile_leads_to_a_page_that_opens(browse, everything):
    found = tiles(browse())

    assert {url: browse().get(url).status_code for url in found.values()} == dict.fromkeys(found.values(), 200)


def test_the_search_looks_in_what_is_public(browse, settings):
    new_article("Cómo cambiar los DNS", "En el panel.", audience="public")
    found = re.search(r'<form[^>]*role="search"[^>]*action="([^"]+)"', browse().get("/").content.decode())[1]

    assert "Cómo cambiar los" in browse().get(found, {"q": "dns"}).content.decode()

    settings.AREAS = ["tickets", "announcements"]
    assert "Cómo cambiar los" not in browse().get(found, {"q": "dns"}).content.decode()
    settings.AREAS = ["tickets"]
    assert 'role="search"' not in browse().get("/").content.decode()


def test_the_log_in_box_logs_in(browse, ana):
    browser = browse()
    form = re.search(r'<form method="post" action="([^"]+)".*?</form>', browser.get("/").content.decode(), re.DOTALL)
    assert {'name="login"', 'name="password"', 'name="remember"'} <= set(re.findall(r'name="\w+"', form[0]))

    assert browser.post(form[1], {"login": ana.login, "password": PASSWORD}).url == "/inicio/"
    assert browser.get("/").url == "/inicio/"


def test_what_went_wrong_is_said_on_the_log_in_page(browse, ana):
    page = browse().post(reverse("account_login"), {"login": ana.login, "password": "otra"})

    assert page.status_code == 200 and page.context["form"].errors


@pytest.mark.parametrize("url", ["/", "/acceso/"])
def test_only_public_announcements_in_force_are_shown(browse, url):
    now = timezone.now()
    announced("Público", audience="public")
    announced("Para registrados", audience="registered")
    announced("Pasado", audience="public", at=now - timedelta(days=9), until=now - timedelta(days=1))

    text = browse().get(url).content.decode()

    assert "Público" in text
    assert "Para registrados" not in text and "Pasado" not in text


def test_the_welcome_is_a_setting(browse, settings):
    settings.BRAND = settings.BRAND | {"welcome_title": "Centro <de> Soporte", "welcome": "Todo & más"}

    for url in ("/", "/acceso/"):
        text = browse().get(url).content.decode()
        assert "Centro &lt;de&gt; Soporte" in text and "Todo &amp; más" in text


def test_it_speaks_both_languages_and_says_that_nobody_is_identified(browse, everything):
    browser = browse()
    assert "No se ha identificado como usuario registrado." in browser.get("/").content.decode()

    browser.post(reverse("language"), {"language": "en", "next": "/"})

    text = browser.get("/").content.decode()
    assert "You have not identified yourself as a registered user." in text
    assert 'lang="en" aria-current="true">English' in text and ">Español<" in text


def test_the_page_costs_few_queries(browse, everything):
    for number in range(8):
        announced(f"Aviso {number}", audience="public", slug=f"a-{number}")

    with CaptureQueriesContext(connection) as queries:
        assert browse().get("/").status_code == 200

    assert len(queries) <= 4


@pytest.mark.parametrize("query", ["?q=%00", "?q=" + "a" * 10_000, "?next=//evil.example", "?ver=1&ver=2"])
def test_hostile_addresses_are_answered(browse, query):
    assert browse().get("/" + query).status_code in (200, 400)


# --- recommended downloads ---


def test_a_visitor_takes_what_is_recommended_and_is_noted_as_one(browse):
    file = recommended()
    url = reverse("downloads:recommended_file", args=[file.token])

    page = browse().get(reverse("downloads:recommended")).content.decode()
    taken = browse().get(url)

    assert url in page and "Para ver planos." in page
    assert (taken.status_code, b"".join(taken.streaming_content)) == (200, b"visor")
    assert "attachment" in taken.headers["Content-Disposition"]
    line = DownloadLog.objects.get()
    assert (line.file, line.person, line.company, str(line)) == (file, None, None, f"visitor · {file}")


def test_a_person_who_takes_it_is_noted_as_such(browse, ana):
    file = recommended()

    browse(ana).get(reverse("downloads:recommended_file", args=[file.token]))

    assert DownloadLog.objects.values_list("person", "company").get() == (ana.pk, ana.company_id)


def test_the_parts_of_a_visitors_download_are_one(browse):
    url = reverse("downloads:recommended_file", args=[recommended().token])
    for part in ("bytes=0-1", "bytes=2-3", "bytes=4-"):
        assert browse().get(url, headers={"range": part}).status_code == 206

    assert DownloadLog.objects.count() == 1


def test_of_each_component_the_file_of_the_last_update_is_recommended(browse):
    component = ComponentFactory(slug="visor", is_public=True, product=ProductFactory())
    other = ComponentFactory(slug="servidor")
    old = release_file(DeliveryFactory(published_at=timezone.now() - timedelta(days=9)), component=component)
    last = DeliveryFactory()
    new, hidden = release_file(last, component=component, content=b"dos"), release_file(last, component=other)
    coming = release_file(DeliveryFactory(published_at=timezone.now() + timedelta(days=1)), component=component)

    answers = {
        file: browse().get(reverse("downloads:recommended_file", args=[file.token])).status_code
        for file in (old, new, hidden, coming)
    }

    assert answers == {old: 404, new: 200, hidden: 404, coming: 404}
    assert list(browse().get(reverse("downloads:recommended")).context["files"]) == [new]


def test_what_the_antivirus_has_yet_to_see_is_withheld_from_visitors_too(browse):
    file = recommended()
    type(file.stored).objects.filter(pk=file.stored_id).update(scan_state="pending", scan_due_at=timezone.now())

    page = browse().get(reverse("downloads:recommended_file", args=[file.token]))

    assert page.status_code == 403 and file.name in page.content.decode()
    assert not DownloadLog.objects.exists()


def test_a_network_takes_a_hundred_an_hour(browse, window):
    url = reverse("downloads:recommended_file", args=[recommended().token])

    answers = [browse().get(url).status_code for _time in range(101)]

    assert answers == [200] * 100 + [429]


def test_the_page_of_recommended_files_costs_the_same_with_one_and_with_many(browse):
    delivery = DeliveryFactory()
    counts = []
    for number in range(12):
        component = ComponentFactory(slug=f"c-{number}", is_public=True)
        release_file(delivery, component=component, content=str(number).encode())
        with CaptureQueriesContext(connection) as queries:
            browse().get(reverse("downloads:recommended"))
        counts.append(len(queries))

    assert counts[0] == counts[-1] <= 3


def test_without_downloads_nothing_is_recommended(browse, settings):
    file = recommended()
    settings.AREAS = ["tickets"]

    assert TAKE not in tiles(browse())
    assert browse().get(reverse("downloads:recommended_file", args=[file.token])).status_code == 404


@pytest.mark.parametrize("guests", [True, False])
def test_where_guests_may_write_that_comes_before_the_log_in(browse, everything, settings, guests):
    settings.GUESTS = guests

    page = browse().get("/").content.decode()

    assert (page.index('class="doors"') < page.index('id="entrar"')) == guests
