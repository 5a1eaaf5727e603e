"""What is sent in place of a row's number: every form and list of the desk refuses it in words."""

import pytest
from django import forms
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from tests.factories import TopicFactory
from tickets.models import Topic

pytestmark = pytest.mark.django_db

NO_NUMBERS = ["abc", "1,2,x", "\0", "1\0", "9" * 40, "10" * 15, "-1", "٣", "1e5", "", "9223372036854775807", "NaN"]
MODELS = {model._meta.label_lower: model for model in admin.site._registry}


def fields_of(answer) -> dict[str, forms.Field]:
    """The choices among rows that a form of Django's admin, or one of ours, offers."""
    if not answer.context:
        return {}
    shown = answer.context.get("adminform") or answer.context.get("form")
    form = getattr(shown, "form", shown)
    choices = (forms.ModelChoiceField, forms.ModelMultipleChoiceField)
    return {name: field for name, field in form.fields.items() if isinstance(field, choices)} if form else {}


def test_the_forms_with_long_choices_are_among_those_that_are_tried(browse, boss):
    found = {label: set(fields_of(browse(boss).get(address(model, "add")))) for label, model in MODELS.items()}

    assert {"companies", "related", "category"} <= found["knowledge.article"]
    assert {"companies", "modules"} <= found["announcements.announcement"]
    assert {"company", "product"} <= found["contracts.subscription"]
    assert sum(map(bool, found.values())) >= 8


def address(model, page: str, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("label", MODELS)
def test_a_form_takes_numbers_of_rows_alone(browse, boss, label):
    desk, page = browse(boss), address(MODELS[label], "add")
    for name in fields_of(desk.get(page)):
        for several in ([[value] for value in NO_NUMBERS], [NO_NUMBERS]):
            for values in several:
                answer = desk.post(page, {name: values})
                assert answer.status_code in (200, 400), (name, values)


def test_an_article_says_what_is_wrong_with_such_a_number(browse, boss):
    page = address(MODELS["knowledge.article"], "add")
    for name in ("companies", "related"):
        for value in set(NO_NUMBERS) - {""}:
            assert name in browse(boss).post(page, {name: [value]}).context["adminform"].form.errors, value


def test_a_topic_is_added_below_another(browse, boss):
    above = TopicFactory()
    page = address(Topic, "add")
    form = {"name": "Desde el móvil", "department": above.department_id, "parent": above.pk, "position": 0}
    empty = {f"{prefix}-{part}_FORMS": 0 for prefix in ("request_type", "form_fields") for part in ("TOTAL", "INITIAL")}

    browse(boss).post(page, form | empty)

    assert above.children.get().name == "Desde el móvil"


@pytest.mark.parametrize("label", MODELS)
def test_a_list_takes_numbers_of_rows_alone(browse, boss, label):
    desk, page = browse(boss), address(MODELS[label], "changelist")
    relations = [field for field in MODELS[label]._meta.get_fields() if field.is_relation and field.concrete]
    for field in relations:
        for lookup in (field.name, f"{field.name}__id__exact", f"{field.name}__in"):
            for value in NO_NUMBERS:
                answer = desk.get(page, {lookup: value})
                assert answer.status_code in (200, 302, 400, 403), (lookup, value)


@pytest.mark.parametrize("value", [value for value in NO_NUMBERS if value != "٣"])
def test_no_row_has_such_a_number(browse, boss, value):
    for label, model in MODELS.items():
        for page in ("change", "delete", "history"):
            try:
                asked = address(model, page, value)
            except NoReverseMatch:
                assert value == ""
                continue
            assert browse(boss).get(asked).status_code in (302, 400, 403, 404), (label, page)


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_the_search_of_long_choices_takes_anything(browse, boss, value):
    asked = {"app_label": "knowledge", "model_name": "article", "field_name": "companies"}
    for name in ("term", "page", "field_name", "model_name", "app_label"):
        assert browse(boss).get("/admin/autocomplete/", asked | {name: value}).status_code in (200, 400, 403, 404)
