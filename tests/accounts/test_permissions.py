"""Flags and marks: one writer, dependent flags, at least one manager (S0-85, S0-107)."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry, User
from accounts.models.refusals import LastManager
from accounts.permissions import FIRST_MANAGER_FLAGS, PARENTS, PERMISSIONS
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_change_is_written_with_old_and_new_in_the_logbook(bruno, diego, ibarra):
    changed = diego.set_permissions(by=bruno, changes={"can_see_company_tickets": True, "can_use_tickets": True})

    assert changed == {"can_see_company_tickets": [False, True]}
    entry = AuditEntry.objects.get(kind="permissions_changed")
    assert (entry.actor_id, entry.target_id, entry.company, entry.changes) == (bruno.pk, diego.pk, ibarra, changed)


def test_what_does_not_change_is_not_written(bruno, diego):
    assert diego.set_permissions(by=bruno, changes={"can_use_tickets": True}) == {}
    assert not AuditEntry.objects.exists()


def test_a_child_whose_parent_is_off_is_cleared(bruno, diego):
    diego.set_permissions(by=bruno, changes={"can_see_company_tickets": True, "can_accept_quotes": True})

    changed = diego.set_permissions(by=bruno, changes={"can_use_tickets": False})

    assert changed == {
        name: [True, False] for name in ("can_use_tickets", "can_see_company_tickets", "can_accept_quotes")
    }


def test_a_name_that_is_no_permission_is_refused(bruno, diego):
    with pytest.raises(ValueError, match="is_staff"):
        diego.set_permissions(by=bruno, changes={"is_staff": True})

    diego.refresh_from_db()
    assert not diego.is_staff


@pytest.mark.parametrize("change", ["is_company_manager", "has_portal_access"])
def test_the_last_manager_stays(bruno, change):
    with pytest.raises(LastManager):
        bruno.set_permissions(by=bruno, changes={change: False})

    bruno.refresh_from_db()
    assert bruno.is_company_manager and bruno.has_portal_access
    assert not AuditEntry.objects.exists()


def test_the_last_manager_is_not_deactivated(bruno):
    with pytest.raises(LastManager):
        bruno.deactivate(by=bruno)

    bruno.refresh_from_db()
    assert bruno.is_active


def test_with_another_manager_one_may_go(bruno, ana):
    ana.set_permissions(by=bruno, changes={"is_company_manager": True})

    bruno.deactivate(by=ana)

    assert list(User.objects.managers()) == [ana]


def test_a_manager_of_another_company_does_not_count(bruno, carla):
    with pytest.raises(LastManager):
        bruno.deactivate(by=bruno)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes=st.dictionaries(st.sampled_from(PERMISSIONS), st.booleans()))
def test_any_change_leaves_flags_that_the_database_accepts(bruno, ibarra, changes):
    person = UserFactory(company=ibarra)

    person.set_permissions(by=bruno, changes=changes)

    person.refresh_from_db()
    assert all(getattr(person, parent) for child, parent in PARENTS.items() if getattr(person, child))
    for name, value in changes.items():
        assert getattr(person, name) in (value, False)


@pytest.mark.parametrize("child", PARENTS)
def test_the_database_refuses_a_child_without_its_parent(ana, child):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=ana.pk).update(**dict.fromkeys(PARENTS, False) | {PARENTS[child]: False, child: True})


@pytest.mark.parametrize(
    "values",
    [
        {"company": None},
        {"is_staff": True},
        {"is_superuser": True},
        {"login": None},
    ],
)
def test_the_database_refuses_impossible_people(ana, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=ana.pk).update(**values)


def test_an_address_is_unique_among_people_with_access(ana, ibarra):
    UserFactory(company=ibarra, email=ana.email, has_portal_access=False, can_use_tickets=False)

    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(company=ibarra, email=ana.email)


@pytest.mark.parametrize(
    ("typed", "stored"), [("JOSÉ.Núñez", "josé.núñez"), ("Strasse", "strasse"), ("STRAẞE", "strasse")]
)
def test_logins_are_stored_as_people_mean_them(ibarra, typed, stored):
    assert UserFactory(company=ibarra, login=typed).login == stored


def test_a_new_company_begins_with_a_manager_who_has_every_area_and_a_link(ibarra, boss):
    from accounts.models import Company
    from mail.models import OutgoingMail

    company = User.objects.found_company(
        Company(name="Nueva", code="NUE"),
        by=boss,
        manager={"login": "eva", "email": "eva@nueva.example", "first_name": "Eva", "last_name": "Gil"},
    )

    eva = company.people.get()
    assert {name for name in PERMISSIONS if getattr(eva, name)} == set(FIRST_MANAGER_FLAGS)
    assert not eva.has_usable_password()
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.address, mail.is_secret) == ("invited", "eva@nueva.example", True)
    assert eva.invitation_token().split(":")[0] in mail.text
