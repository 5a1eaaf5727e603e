"""What is grave asks again who is there, unless they showed it within ten minutes (A34)."""

import time

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY as RECORDS
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.utils.http import urlencode

from tests.accounts.test_second_factor import code_of, give_app
from tests.factories import PASSWORD
from tests.walls.forms import log_in

pytestmark = pytest.mark.django_db

GRAVE = [
    "/cuenta/correo/",
    "/cuenta/segundo-factor/aplicacion/",
    "/cuenta/segundo-factor/aplicacion/quitar/",
    "/cuenta/segundo-factor/codigos/",
    "/cuenta/segundo-factor/llaves/nueva/",
    "/cuenta/segundo-factor/llaves/x/",
    "/cuenta/segundo-factor/llaves/x/quitar/",
]
CONFIRM = "/acceso/confirmar/"


@pytest.fixture(autouse=True)
def no_attempt_is_remembered():
    """The limits on attempts are counted in the cache, for all tests together."""
    cache.clear()


@pytest.mark.parametrize("page", GRAVE)
def test_a_grave_page_asks_first_and_does_nothing(browse, ana, page):
    give_app(ana)
    browser = browse(ana)

    for method in (browser.get, browser.post):
        assert method(page).headers["Location"] == f"{CONFIRM}?next={page.replace('/', '%2F')}"
    assert Authenticator.objects.count() == 1


@pytest.mark.parametrize("page", GRAVE)
def test_who_has_just_logged_in_is_not_asked_again(browse, ana, page):
    browser = browse()
    log_in(browser, ana.login)

    assert CONFIRM not in browser.get(page).headers.get("Location", "")


@pytest.mark.parametrize(("seconds", "asked"), [(9 * 60, False), (10 * 60 + 1, True)])
def test_the_proof_is_good_for_ten_minutes(browse, ana, seconds, asked):
    browser = browse()
    log_in(browser, ana.login)
    session = browser.session
    session[RECORDS] = [record | {"at": time.time() - seconds} for record in session[RECORDS]]
    session.save()

    assert (browser.get("/cuenta/correo/").status_code == 302) is asked


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        ("http://testserver/cuenta/mis-datos/?x=1", "/cuenta/mis-datos/?x=1"),
        ("http://otra.example/cuenta/mis-datos/", "/cuenta/mis-datos/descargar/"),
        ("", "/cuenta/mis-datos/descargar/"),
    ],
)
def test_a_button_leads_back_to_the_page_that_has_it(browse, ana, came_from, back):
    answer = browse(ana).post("/cuenta/mis-datos/descargar/", headers={"referer": came_from})

    assert answer["Location"] == f"{CONFIRM}?{urlencode({'next': back})}"


def test_the_address_of_a_button_is_a_page_that_says_so(browse, ana):
    answer = browse(ana).get("/cuenta/mis-datos/descargar/")

    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "No se ha hecho nada" in answer.content.decode()


def test_the_password_leads_back_to_the_page(browse, ana):
    browser = browse(ana)

    answer = browser.post(f"{CONFIRM}?next=/cuenta/correo/", {"password": PASSWORD})

    assert answer.headers["Location"] == "/cuenta/correo/"
    assert browser.get("/cuenta/correo/").status_code == 200


@pytest.mark.parametrize("typed", ["", "Clave-9999", f"{PASSWORD} ", "\x00", "x" * 10_000])
def test_a_wrong_password_leads_nowhere(browse, ana, typed):
    browser = browse(ana)

    assert browser.post(f"{CONFIRM}?next=/cuenta/correo/", {"password": typed}).status_code == 200
    assert browser.get("/cuenta/correo/").status_code == 302


def test_a_code_of_the_app_does_instead_of_the_password_and_only_once(browse, ana):
    secret = give_app(ana)
    code, first, second = code_of(secret), browse(ana), browse(ana)
    assert "código de su aplicación" in first.get(CONFIRM).content.decode()
    before = first.cookies["sessionid"].value

    answers = [
        browser.post(f"{CONFIRM}codigo/?next=/cuenta/correo/", {"code": code}).status_code
        for browser in (first, second)
    ]

    assert answers == [302, 200]
    assert first.get("/cuenta/correo/").status_code == 200
    assert first.cookies["sessionid"].value != before


def test_who_has_no_app_confirms_with_the_password(browse, ana):
    browser = browse(ana)

    for way in ("codigo/", "llave/"):
        assert browser.get(f"{CONFIRM}{way}?next=/cuenta/correo/").headers["Location"].startswith(CONFIRM)


def test_five_wrong_codes_and_no_more(browse, ana):
    secret = give_app(ana)
    browser = browse(ana)
    for _try in range(5):
        browser.post(f"{CONFIRM}codigo/", {"code": "000000"})

    answer = browser.post(f"{CONFIRM}codigo/", {"code": code_of(secret)})

    assert "15 minutos" in answer.content.decode()


@pytest.mark.parametrize("next_page", ["//evil.example", "https://evil.example/", "javascript:alert(1)"])
def test_afterwards_one_stays_here(browse, ana, next_page):
    secret = give_app(ana)
    answers = [
        browse(ana).post(f"{CONFIRM}?next={next_page}", {"password": PASSWORD}),
        browse(ana).post(f"{CONFIRM}codigo/?next={next_page}", {"code": code_of(secret)}),
    ]

    assert {answer.headers["Location"] for answer in answers} == {"/inicio/"}
