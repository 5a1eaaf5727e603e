"""Where one is logged in: listed in words, closed at once, and not kept alive by pages that ask by themselves."""

import time
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as project
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import devices
from accounts.models import AuditEntry
from portal.tasks import clear_sessions
from tests.factories import PASSWORD, open_ticket
from tests.walls.forms import invitation_url, log_in

pytestmark = pytest.mark.django_db

PAGE = "/cuenta/sesiones/"
CLOSE_OTHERS = "/cuenta/sesiones/cerrar-otras/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def at(browse, person, user_agent=FIREFOX, address="10.1.1.1"):
    """A browser of the person, from somewhere."""
    browser = browse(headers={"User-Agent": user_agent}, REMOTE_ADDR=address)
    log_in(browser, person.login)
    return browser


def key_of(browser) -> str:
    return browser.cookies[project.SESSION_COOKIE_NAME].value


def is_logged_in(browser) -> bool:
    return browser.get("/cuenta/perfil/").status_code == 200


def shown(browser) -> list[tuple[str, str]]:
    context = browser.get(PAGE).context
    return [(one.device, one.address) for one in (context["here"], *context["others"])]


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox en Windows"),
        (IPHONE, "Safari en iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge en Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537",
            "Chrome en Android",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605", "Safari en Mac"),
        ("curl/8.14", "Un dispositivo que no reconocemos"),
        ("", "Un dispositivo que no reconocemos"),
    ],
)
def test_a_device_is_named_in_words(user_agent, words):
    assert devices.in_words(user_agent) == words


def test_the_page_lists_where_one_is_logged_in_this_one_first(browse, ana, diego):
    here = at(browse, ana)
    at(browse, ana, IPHONE, "10.2.2.2")
    at(browse, diego, address="10.3.3.3")

    assert shown(here) == [("Firefox en Windows", "10.1.1.1"), ("Safari en iPhone", "10.2.2.2")]
    assert "Esta sesión" in here.get(PAGE).content.decode()


def test_the_page_says_since_when_and_when_last(browse, ana):
    browser = at(browse, ana)
    here = browser.get(PAGE).context["here"]

    assert all(timezone.now() - moment < timedelta(minutes=1) for moment in (here.since, here.seen))


def test_no_page_shows_the_key_of_a_session(browse, ana):
    here, elsewhere = at(browse, ana), at(browse, ana, IPHONE)
    page = here.get(PAGE).content.decode()

    assert key_of(here) not in page
    assert key_of(elsewhere) not in page


def test_this_session_is_shown_even_when_nobody_noted_where_it_was_opened(browse, ana):
    assert shown(browse(ana)) == [("Un dispositivo que no reconocemos", "127.0.0.1")]


@pytest.mark.parametrize("ended", ["logged out", "expired", "absolute end", "ended by a new password"])
def test_what_has_ended_is_not_shown(browse, ana, ended):
    gone = at(browse, ana, IPHONE)
    if ended == "logged out":
        gone.post("/acceso/salir/")
    elif ended == "expired":
        Session.objects.filter(pk=key_of(gone)).update(expire_date=timezone.now() - timedelta(seconds=1))
    elif ended == "absolute end":
        session = gone.session
        session["ends_at"] = time.time() - 1
        session.save()
    else:
        ana.change_password(f"{PASSWORD}x")
        ana.change_password(PASSWORD)
    here = at(browse, ana)

    assert shown(here) == [("Firefox en Windows", "10.1.1.1")]


def test_the_page_asks_as_little_with_thirty_sessions_as_with_one(browse, ana):
    here, asked = at(browse, ana), []
    here.get(PAGE)
    for others in (0, 29):
        for _browser in range(others):
            at(browse, ana, IPHONE)
        with CaptureQueriesContext(connection) as queries:
            here.get(PAGE)
        asked.append(len(queries))

    assert asked[0] == asked[1]


def test_one_session_is_closed_at_once(browse, ana):
    here, elsewhere, third = at(browse, ana), at(browse, ana, IPHONE), at(browse, ana, address="10.3.3.3")
    name = next(one.name for one in here.get(PAGE).context["others"] if one.device == "Safari en iPhone")

    here.post(f"{PAGE}{name}/cerrar/")

    assert [is_logged_in(browser) for browser in (here, elsewhere, third)] == [True, False, True]
    assert not Session.objects.filter(pk=key_of(elsewhere)).exists()
    assert AuditEntry.objects.filter(kind="sessions_closed", actor_id=ana.pk).count() == 1


def test_one_closes_neither_this_session_nor_anybody_elses(browse, ana, diego):
    here, strangers = at(browse, ana), at(browse, diego)
    own, theirs = here.get(PAGE).context["here"].name, strangers.get(PAGE).context["here"].name

    answers = [here.post(f"{PAGE}{name}/cerrar/").status_code for name in (own, theirs, "x", "%00", "a" * 9000)]

    assert answers == [404] * 5
    assert is_logged_in(here) and is_logged_in(strangers)


def test_all_the_others_are_closed_at_once_and_this_one_goes_on_under_another_key(browse, ana):
    here, elsewhere, unnoted = at(browse, ana), at(browse, ana, IPHONE), browse(ana)
    before, invitation = key_of(here), invitation_url(ana.invitation_token())

    here.post(CLOSE_OTHERS)

    assert [is_logged_in(browser) for browser in (here, elsewhere, unnoted)] == [True, False, False]
    assert not Session.objects.filter(pk__in=[before, key_of(elsewhere)]).exists()
    assert shown(here) == [("Firefox en Windows", "10.1.1.1")]
    assert browse().get(invitation).status_code == 410
    assert AuditEntry.objects.filter(kind="sessions_closed", actor_id=ana.pk).count() == 1


def test_a_new_password_ends_the_others_and_this_one_stays_listed(browse, ana):
    here, elsewhere = at(browse, ana), at(browse, ana, IPHONE)
    before = key_of(here)

    here.post("/cuenta/contrasena/", {"current": PASSWORD, "password1": "Otra-2027", "password2": "Otra-2027"})

    assert (is_logged_in(here), is_logged_in(elsewhere), key_of(here) == before) == (True, False, False)
    assert shown(here) == [("Firefox en Windows", "10.1.1.1")]


def test_showing_who_one_is_gives_the_session_another_key(browse, ana):
    here, thief = at(browse, ana), browse()
    thief.cookies[project.SESSION_COOKIE_NAME] = key_of(here)

    here.post("/acceso/confirmar/", {"password": PASSWORD})

    assert is_logged_in(here)
    assert not is_logged_in(thief)
    assert shown(here) == [("Firefox en Windows", "10.1.1.1")]


def test_a_wrong_password_changes_no_key(browse, ana):
    here = at(browse, ana)
    before = key_of(here)

    here.post("/acceso/confirmar/", {"password": "Clave-9999"})

    assert key_of(here) == before


def test_an_open_page_that_asks_by_itself_is_no_activity(browse, ana):
    ticket = open_ticket(ana)
    browser = at(browse, ana)
    session = browser.session
    session["seen"] = long_ago = time.time() - 3600
    session.save()

    browser.get(reverse("thread:changes", args=[ticket.number, 0]))
    assert browser.session["seen"] == long_ago
    browser.get("/inicio/")

    assert time.time() - browser.session["seen"] < 60


def test_where_sessions_were_opened_is_forgotten_with_them(browse, ana):
    here, gone = at(browse, ana), at(browse, ana, IPHONE)
    Session.objects.filter(pk=key_of(gone)).update(expire_date=timezone.now() - timedelta(days=1))

    clear_sessions()

    assert [row.session_key for row in UserSession.objects.all()] == [key_of(here)]


def test_a_browser_may_say_anything_of_itself(browse, ana):
    browser = at(browse, ana, user_agent="\x00\x01" + "x" * 5000)

    assert shown(browser) == [("Un dispositivo que no reconocemos", "10.1.1.1")]
