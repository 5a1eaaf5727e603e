"""Gestión › Usuarios: who is on the list, what a card says, how people are found."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.permissions import BY_NAME, ON_CARDS
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = "/gestion/usuarios/"


def listed(answer):
    return [person.first_name for person in answer.context["page"].rows]


def apart(answer):
    return [person.first_name for person in answer.context["deactivated"]]


@pytest.fixture
def pedro(ibarra, bruno):
    person = UserFactory(company=ibarra, first_name="Pedro", last_name="Goñi")
    person.deactivate(by=bruno)
    return person


@pytest.fixture
def sistemas(ibarra):
    """A mailbox without access that hears of licences."""
    flags = {"has_portal_access": False, "can_use_tickets": False, "receives_licence_files": True}
    return UserFactory(company=ibarra, first_name="Sistemas", last_name="", login=None, email="avisos@iba.eus", **flags)


def test_only_managers_enter(browse, ana, bruno, agent):
    assert browse(bruno).get(LIST).status_code == 200
    assert browse(ana).get(LIST).status_code == 403
    assert browse(agent).get(LIST).status_code == 403
    assert "/gestion/usuarios/" in browse(bruno).get("/gestion/").content.decode()
    assert "/gestion/usuarios/" not in browse(ana).get("/gestion/").content.decode()


def test_the_list_is_the_company_in_order_and_the_deactivated_stand_apart(browse, ana, bruno, carla, pedro, sistemas):
    answer = browse(bruno).get(LIST)

    assert (listed(answer), apart(answer)) == (["Ana", "Bruno", "Sistemas"], ["Pedro"])
    assert "Carla" not in answer.content.decode()


def test_a_card_shows_each_mark_on_or_off_in_words(browse, bruno, sistemas):
    card = browse(bruno).get(LIST, {"q": "Sistemas"}).content.decode()

    for name in ON_CARDS:
        label = str(BY_NAME[name].label)
        words = f"{label[0].upper()}{label[1:]}: {'sí' if getattr(sistemas, name) else 'no'}"
        assert f'title="{words}"' in card, words


def test_a_card_says_until_when_who_declined_mail_and_who_has_no_password_yet(browse, bruno, ana):
    User.objects.filter(pk=ana.pk).update(
        access_until=date(2126, 12, 31), declines_general_mail=True, password="!nothing"
    )

    card = browse(bruno).get(LIST, {"q": "Ana"}).content.decode()

    assert "Acceso hasta el 31 dic 2126" in card
    assert "No quiere correos genéricos" in card
    assert "Aún no ha elegido contraseña" in card


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("goñi", ["Íñigo"]),
        ("goni", ["Íñigo"]),
        ("INIGO", ["Íñigo"]),
        ("goni inigo", ["Íñigo"]),
        ("n\u0303i i\u0301n", ["Íñigo"]),
        ("ruiz", ["Ana"]),
        ("iba.example", ["Ana", "Bruno"]),
        ("nadie", []),
        (".*", []),
        ("(", []),
        ("[", []),
        ("%", []),
        ("\\", []),
        ("'", []),
    ],
)
def test_people_are_found_by_any_part_of_name_address_and_login(browse, ana, bruno, ibarra, typed, found):
    UserFactory(company=ibarra, first_name="Íñigo", last_name="GOÑI", login="i.g", email="ig@otra.example")

    assert listed(browse(bruno).get(LIST, {"q": typed})) == found


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ("", ["Ana", "Bruno", "Sistemas"]),
        ("con-acceso", ["Ana", "Bruno"]),
        ("sin-acceso", ["Sistemas"]),
        ("hasta", ["Ana"]),
        ("sin-correos", ["Ana"]),
        ("desactivados", ["Pedro"]),
        ("is_company_manager", ["Bruno"]),
        ("can_use_tickets", ["Ana", "Bruno"]),
        ("receives_licence_files", ["Sistemas"]),
    ],
)
def test_the_list_is_filtered(browse, ana, bruno, pedro, sistemas, shown, found):
    User.objects.filter(pk=ana.pk).update(access_until=date(2126, 12, 31), declines_general_mail=True)

    answer = browse(bruno).get(LIST, {"ver": shown})

    assert listed(answer) == found
    assert apart(answer) == ([] if shown else ["Pedro"])


@pytest.mark.parametrize("key", ["q", "ver", "pagina", "is_staff", "company"])
@pytest.mark.parametrize("value", ["\x00", "x" * 10_000, "password", "company__code", "🙂", "1 OR 1=1"])
def test_nonsense_shows_nothing_else_and_never_breaks(browse, ana, bruno, carla, key, value):
    answer = browse(bruno).get(LIST, {key: value})

    assert answer.status_code == 200
    assert listed(answer) in (["Ana", "Bruno"], [])
    assert "Carla" not in answer.content.decode()


def test_a_list_with_nobody_says_what_to_do_next(browse, bruno):
    assert "Nadie coincide" in browse(bruno).get(LIST, {"q": "nadie"}).content.decode()


def test_many_people_stand_on_pages_that_lose_nobody(browse, bruno, ibarra):
    people = [UserFactory(company=ibarra, first_name=f"P{number:02}").first_name for number in range(65)]
    browser, seen, cursor = browse(bruno), [], None
    while True:
        page = browser.get(LIST, {"pagina": cursor} if cursor else {}).context["page"]
        seen += [person.first_name for person in page.rows]
        if not (cursor := page.next):
            break

    assert seen == ["Bruno", *people]


def test_the_list_costs_the_same_with_one_person_and_with_thirty(browse, bruno, ibarra, pedro):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            browse(bruno).get(LIST)
        return len(queries)

    with_few = cost()
    for number in range(30):
        UserFactory(company=ibarra, is_active=number % 2 == 0)

    assert cost() == with_few


def test_an_erased_person_is_on_no_list(browse, bruno, pedro):
    User.objects.filter(pk=pedro.pk).update(erased_at="2026-01-01T00:00:00Z")
    browser = browse(bruno)

    assert apart(browser.get(LIST)) == []
    assert browser.get(reverse("people:edit", args=[pedro.public_id])).status_code == 404
    assert browser.post(reverse("people:reactivate", args=[pedro.public_id])).status_code == 404
