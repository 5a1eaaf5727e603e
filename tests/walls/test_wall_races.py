"""Races, on PostgreSQL, each with a twin whose guard is off."""

import threading
import time

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User
from accounts.models.refusals import LastManager
from mail.models import OutgoingMail
from tests.factories import TopicFactory, UserFactory, new_draft
from tests.walls.forms import invitation_url, ticket_data
from tickets.models import Draft, Message, Ticket
from tickets.models.draft import AlreadySent, ChangedElsewhere
from tickets.models.seal import Seal

pytestmark = pytest.mark.django_db


ROUNDS = 20


def at_once(*deeds) -> list:
    """Do all of them in threads of their own, started together; what each one returned or raised."""
    start, done = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(position, deed):
        try:
            start.wait(timeout=10)
            with connection.execute_wrapper(slow_change):
                done[position] = deed()
        except Exception as error:
            done[position] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def slow_change(execute, sql, params, many, context):
    """A little time after each change of a row, in which another may happen."""
    result = execute(sql, params, many, context)
    if sql.startswith(("UPDATE", "INSERT")):
        time.sleep(0.01)
    return result


def unlocked(queryset, *args, **kwargs):
    return queryset.all()


def posts(person: User, data: dict, times: int = 3) -> list:
    """Real requests with the same form, at the same time."""
    clients = [Client() for _time in range(times)]
    for client in clients:
        client.force_login(person)
    return at_once(*(lambda client=client: client.post(reverse("tickets:new"), data) for client in clients))


def is_one_ticket(answers: list) -> bool:
    return (
        [getattr(answer, "status_code", answer) for answer in answers] == [302] * len(answers)
        and len({answer["Location"] for answer in answers}) == 1
        and (Ticket.objects.count(), Message.objects.count(), OutgoingMail.objects.count()) == (1, 1, 2)
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_form_sent_three_times_at_once_is_one_ticket(ana):
    assert is_one_ticket(posts(ana, ticket_data()))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_drafts_lock_it_would_be_three(ana, monkeypatch):
    monkeypatch.setattr(Draft, "lock", lambda draft: None)

    assert not is_one_ticket(posts(ana, ticket_data()))


def two_windows_save(person: User) -> bool:
    """Both have read the same draft and type on; whether one of them is told of the other."""
    seal = Seal(Draft.new_key(), person, None)
    Draft.objects.keep({"body": "Al principio."}, seal=seal, revision="0")
    outcomes = at_once(
        *(
            lambda window=window: Draft.objects.keep({"body": window}, seal=seal, revision=window, after=["0"])
            for window in ("una", "otra")
        )
    )
    assert {type(outcome) for outcome in outcomes} <= {type(None), ChangedElsewhere}, outcomes
    return [type(outcome) for outcome in outcomes].count(ChangedElsewhere) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_windows_that_save_at_once_one_is_told_of_the_other(ana):
    assert all(two_windows_save(ana) for _round in range(ROUNDS))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_drafts_row_locked_neither_would_know(ana, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)

    assert not all(two_windows_save(ana) for _round in range(ROUNDS))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_saved_while_it_is_sent_does_not_come_back(ana):
    for _round in range(ROUNDS):
        draft = new_draft(ana)
        seal = Seal(draft.key, ana, None)
        _ticket, saved = at_once(
            lambda draft=draft: draft.open_ticket(subject="No imprime", body="Nada.", topic=TopicFactory()),
            lambda seal=seal: Draft.objects.keep({"body": "Nada"}, seal=seal, revision="1", after=[""]),
        )

        assert saved is None or isinstance(saved, AlreadySent)
        draft.refresh_from_db()
        assert draft.fields == {}
        assert draft.sent_message is not None


def managers_demote_each_other(company: Company) -> bool:
    """One round; whether the company still has a manager."""
    pair = [UserFactory(company=company, is_company_manager=True) for _person in range(2)]
    one, other = pair
    outcomes = at_once(
        lambda: User.objects.get(pk=other.pk).set_permissions(by=one, changes={"is_company_manager": False}),
        lambda: User.objects.get(pk=one.pk).set_permissions(by=other, changes={"is_company_manager": False}),
    )
    assert {type(outcome) for outcome in outcomes} <= {dict, LastManager}, outcomes
    has_manager = User.objects.filter(company=company).managers().exists()
    User.objects.filter(company=company).update(is_company_manager=False)
    return has_manager


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_managers_who_demote_each_other_leave_one(ibarra):
    assert all(managers_demote_each_other(ibarra) for _round in range(ROUNDS))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_companys_lock_none_would_be_left(ibarra, monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)

    assert not all(managers_demote_each_other(ibarra) for _round in range(ROUNDS))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_demoting_one_and_deactivating_the_other_leaves_a_manager(ibarra):
    for _round in range(ROUNDS):
        one, other = (UserFactory(company=ibarra, is_company_manager=True) for _person in range(2))
        at_once(
            lambda one=one: User.objects.get(pk=one.pk).set_permissions(by=None, changes={"has_portal_access": False}),
            lambda other=other: User.objects.get(pk=other.pk).deactivate(by=None),
        )

        assert User.objects.filter(company=ibarra).managers().exists()
        User.objects.filter(company=ibarra).update(is_company_manager=False)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_managers_change_different_flags_of_one_person(ibarra, bruno, ana):
    for flag, other in (("can_use_webinars", "can_use_releases"), ("can_use_training", "can_use_downloads")):
        outcomes = at_once(
            lambda flag=flag: User.objects.get(pk=ana.pk).set_permissions(by=bruno, changes={flag: True}),
            lambda other=other: User.objects.get(pk=ana.pk).set_permissions(by=bruno, changes={other: True}),
        )

        assert outcomes == [{flag: [False, True]}, {other: [False, True]}]
        ana.refresh_from_db()
        assert getattr(ana, flag)
        assert getattr(ana, other)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_link_that_is_used_twice_at_once_sets_one_password(browse, ana):
    token = ana.invitation_token()
    passwords = ["Primera-2027", "Segunda-2027"]
    answers = at_once(
        *(
            lambda password=password: Client().post(
                invitation_url(token), {"password1": password, "password2": password}
            )
            for password in passwords
        )
    )

    assert sorted(answer.status_code for answer in answers) == [302, 410]
