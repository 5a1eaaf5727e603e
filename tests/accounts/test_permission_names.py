"""A permission has one name on every page, in files and in the logbook."""

import pytest
from django.template.defaultfilters import capfirst
from django.urls import reverse
from django.utils import translation

from accounts import spreadsheet
from accounts.permissions import TABLE

pytestmark = pytest.mark.django_db

LANGUAGES = ["es", "en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_over_a_column_begins_the_whole_name(language):
    with translation.override(language):
        for permission in TABLE:
            assert str(permission.label).startswith(str(permission.noun))


def test_form_matrix_and_card_call_it_the_same(browse, bruno, ana):
    browser = browse(bruno)
    form = browser.get(reverse("people:edit", args=[ana.public_id])).content.decode()
    matrix = browser.get(reverse("permissions:matrix")).content.decode()
    headings = spreadsheet.headings()

    for permission in TABLE:
        name = capfirst(permission.label)
        assert f">{name}</label>" in form
        assert f'<span class="first-capital">{permission.noun}</span>' in matrix
        assert name in headings


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_may_name_the_column_either_way(language):
    with translation.override(language):
        called = {str(word): permission.name for permission in TABLE for word in (permission.label, permission.noun)}

    assert {word: spreadsheet.column_of(word) for word in called} == called
    assert spreadsheet.column_of("Puede entrar") == spreadsheet.column_of("May log in") == "has_portal_access"
