"""What the desk does not tell."""

import pytest
from django.urls import reverse

from tests.factories import StaffFactory, open_ticket

pytestmark = pytest.mark.django_db


# --- what the desk does not tell ---


def refuses(answer) -> bool:
    return answer.status_code == 400 or (answer.status_code == 302 and "e=1" in answer["Location"])


QUESTIONS = [
    "author__password__startswith=md5", "company__people__password=x", "user__password__startswith=md5",
    "assignee__password__contains=a", "groups__user__password__startswith=md5", "_to_field=password", "_to_field=email",
]  # fmt: skip


@pytest.mark.parametrize("query", QUESTIONS)
@pytest.mark.parametrize("model", ["accounts_user", "accounts_company", "tickets_ticket", "tickets_topic"])
def test_no_list_of_the_desk_answers_questions_about_passwords(browse, agent, ana, model, query):
    open_ticket(ana)

    for person in (agent, StaffFactory(first_name="Olga", is_superuser=True)):
        assert refuses(browse(person).get(f"{reverse(f'admin:{model}_changelist')}?{query}"))


@pytest.mark.parametrize("query", ["password__startswith=md5", "password__regex=.", "password=x"])
def test_the_list_of_people_answers_no_questions_about_passwords(browse, agent, ana, query):
    assert refuses(browse(agent).get(f"{reverse('admin:accounts_user_changelist')}?{query}"))


def test_autocomplete_asks_for_the_right_to_see_what_it_offers(browse, agent):
    newcomer = StaffFactory(first_name="Nuevo")
    company = {"app_label": "accounts", "model_name": "user", "field_name": "company", "term": ""}
    password = {"app_label": "accounts", "model_name": "user", "field_name": "password", "term": ""}
    person = {"app_label": "accounts", "model_name": "auditentry", "field_name": "actor_id", "term": ""}

    assert browse(agent).get(reverse("admin:autocomplete"), company).status_code == 200
    for client, question in ((newcomer, company), (agent, password), (agent, person)):
        assert browse(client).get(reverse("admin:autocomplete"), question).status_code == 403


NO_NUMBERS = ["x", "0", "-1", "9" * 40, "1%00", "1' OR '1'='1", "../../1", "ñ", "_5F"]


@pytest.mark.parametrize("pk", NO_NUMBERS)
@pytest.mark.parametrize(
    "model",
    ["accounts_user", "tickets_ticket", "mail_outgoingmail", "accounts_auditentry", "accounts_companyproposal"],
)
def test_a_number_that_is_none_breaks_nothing(browse, boss, model, pk):
    for page in ("change", "history"):
        answer = browse(boss).get(reverse(f"admin:{model}_changelist") + f"{pk}/{page}/")

        assert answer.status_code in (302, 404)
