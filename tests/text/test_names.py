"""Names are found by any part, whatever the accents."""

import pytest

from accounts.models import User
from tests.factories import UserFactory
from text import names

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Íñigo", "inigo"), ("Íñigo", "ÍÑIGO"), ("Inigo", "íñigo"), ("Żółć", "zo"), ("Peña", "eña"),
        ("Ångström", "angs"),
        ("a.b", "."), ("50%", "%"), ("O'Neil", "o'n"), ("(x)", "("), ("[x]", "["), ("a\\b", "\\"), ("a+b", "+"),
    ],
)  # fmt: skip
def test_a_name_is_found(ibarra, stored, typed):
    person = UserFactory(company=ibarra, first_name=stored, login="uno")
    UserFactory(company=ibarra, first_name="Otro", last_name="Distinto", login="dos", email="dos@x")

    assert list(names.holding(User.objects.all(), typed, columns=["first_name"])) == [person]


def test_every_word_must_stand_somewhere(ibarra):
    person = UserFactory(company=ibarra, first_name="Ana", last_name="Ruiz", login="uno")
    UserFactory(company=ibarra, first_name="Ana", last_name="Gil", login="dos")
    columns = ["first_name", "last_name"]

    assert list(names.holding(User.objects.all(), "ruiz an", columns=columns)) == [person]
    assert list(names.holding(User.objects.all(), "ruiz eva", columns=columns)) == []


def test_nothing_typed_is_everybody(ibarra):
    UserFactory(company=ibarra)

    assert names.holding(User.objects.all(), "  ", columns=["first_name"]).count() == 1
