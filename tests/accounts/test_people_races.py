"""Two managers at once, by real requests (A25): a manager is left, and both edits are kept. Each with its twin."""

import pytest
from django.core.cache import cache
from django.db.models import QuerySet
from django.test import Client

from accounts.models import User
from tests.accounts.test_people_form import page_of, shown
from tests.factories import UserFactory
from tests.walls.test_wall_races import at_once, unlocked

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 40


def browser_of(person):
    client = Client()
    client.force_login(person)
    return client


def post(browser, person, data):
    return lambda: browser.post(page_of(person), data).status_code


def pair_of_managers(company):
    return [UserFactory(company=company, is_company_manager=True) for _person in range(2)]


def managers_demote_each_other(company) -> bool:
    """One round; whether the company still has a manager."""
    one, other = pair_of_managers(company)
    browsers = browser_of(one), browser_of(other)
    forms = shown(browsers[0], other, is_company_manager=None), shown(browsers[1], one, is_company_manager=None)
    answers = at_once(post(browsers[0], other, forms[0]), post(browsers[1], one, forms[1]))
    assert set(answers) <= {200, 302, 403}, answers
    has_manager = User.objects.filter(company=company).appointed().exists()
    User.objects.filter(company=company).update(is_company_manager=False)
    return has_manager


def test_managers_who_demote_each_other_by_the_form_leave_one(ibarra):
    assert all(managers_demote_each_other(ibarra) for _round in range(ROUNDS))


def test_without_the_companys_lock_none_would_be_left(ibarra, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)

    assert not all(managers_demote_each_other(ibarra) for _round in range(ROUNDS))


def both_edits_are_kept(company) -> bool:
    """One round: two managers change another flag each, and another line of the data, of the same person."""
    person, (one, other) = UserFactory(company=company), pair_of_managers(company)
    browsers = browser_of(one), browser_of(other)
    forms = (
        shown(browsers[0], person, can_use_webinars="on", phone="600"),
        shown(browsers[1], person, can_use_training="on", last_name="Otro"),
    )
    answers = at_once(*(post(browser, person, form) for browser, form in zip(browsers, forms, strict=True)))
    assert answers == [302, 302]
    person.refresh_from_db()
    return (person.can_use_webinars, person.phone, person.can_use_training, person.last_name) == (
        True, "600", True, "Otro",
    )  # fmt: skip


def test_the_edits_of_two_managers_are_both_kept(ibarra):
    assert all(both_edits_are_kept(ibarra) for _round in range(ROUNDS))


def test_a_form_that_did_not_say_what_it_showed_would_undo_the_others(ibarra, monkeypatch):
    monkeypatch.setattr("accounts.forms.people.ContactForm.shown_first", lambda form: dict.fromkeys(form.stored))

    assert not all(both_edits_are_kept(ibarra) for _round in range(ROUNDS))


def creating(manager, login):
    """A new contact with this login, as the manager's form sends it."""
    browser = browser_of(manager)
    data = {"first_name": "Jon", "email": f"{login}.{manager.login}@iba.example", "language": "es", "login": login}
    return lambda: browser.post("/gestion/usuarios/nuevo/", data | {"has_portal_access": "on"}).status_code


def test_one_login_that_two_managers_give_at_once_is_given_once(ibarra):
    one, other = pair_of_managers(ibarra)
    for number in range(ROUNDS):
        cache.clear()  # so many names that are not free are a limit
        answers = at_once(creating(one, f"jon{number}"), creating(other, f"jon{number}"))

        assert sorted(answers) == [200, 302]
        assert User.objects.filter(login=f"jon{number}").count() == 1
