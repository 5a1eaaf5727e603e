"""Gestión and the menu beside it speak of a company only to whoever has one."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db

PAGE = "/gestion/"


@pytest.mark.parametrize("address", [PAGE, "/gestion/usuarios/"])
def test_support_has_no_company_in_menu_or_heading(browse, agent, address):
    text = browse(agent).get(address).content.decode()

    assert "None" not in text and "Mi empresa" not in text
    assert f'href="{reverse("company:card")}"' not in text
    assert f'href="{PAGE}"' in text


def test_a_person_of_a_company_finds_it_in_both(browse, ana):
    text = browse(ana).get(PAGE).content.decode()

    assert '<p class="lead">Talleres Ibarra, S.L.</p>' in text and "Mi empresa" in text
    assert f'href="{reverse("company:card")}"' in text
