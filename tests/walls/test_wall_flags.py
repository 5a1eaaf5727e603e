"""The flags hold together, and a company keeps a manager."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from accounts.models import AuditEntry, User
from accounts.models.refusals import LastManager
from accounts.permissions import PARENTS
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


# --- the flags hold together ---


@pytest.mark.parametrize(("child", "parent"), PARENTS.items())
def test_no_flag_stands_without_its_parent(ibarra, child, parent):
    flags = {"can_use_tickets": False} | ({} if parent == "has_portal_access" else {parent: True})
    person = UserFactory(company=ibarra, **flags)

    User.objects.filter(pk=person.pk).update(**{child: True, parent: True})
    with pytest.raises(IntegrityError, match=f"{child}_needs_its_parent"), transaction.atomic():
        User.objects.filter(pk=person.pk).update(**{parent: False, "has_portal_access": parent != "has_portal_access"})


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("staff_have_no_company_and_customers_always_one", {"company": None}),
        (
            "staff_have_no_company_and_customers_always_one",
            {"is_staff": True, "has_portal_access": False, "can_use_tickets": False},
        ),
        ("superusers_are_staff", {"is_superuser": True}),
        ("access_needs_a_login", {"login": None}),
    ],
)
def test_no_row_breaks_the_rules_of_people(ana, name, changes):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        User.objects.filter(pk=ana.pk).update(**changes)


def test_staff_have_no_portal_access(agent):
    with pytest.raises(IntegrityError, match="staff_have_no_portal_access"), transaction.atomic():
        User.objects.filter(pk=agent.pk).update(has_portal_access=True)


def test_one_address_opens_one_account(ana, diego, ibarra):
    contact = UserFactory(company=ibarra, has_portal_access=False, can_use_tickets=False, email=ana.email)
    assert contact.pk

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=diego.pk).update(email=ana.email)


@pytest.mark.parametrize("parent", sorted(set(PARENTS.values())))
def test_a_parent_that_is_taken_away_takes_its_children(ibarra, bruno, parent):
    person = UserFactory(company=ibarra, **dict.fromkeys(PARENTS, True))

    changed = person.set_permissions(by=bruno, changes={parent: False})

    def below(flag):
        return {flag}.union(*(below(child) for child, its_parent in PARENTS.items() if its_parent == flag))

    assert changed == {flag: [True, False] for flag in below(parent)}
    person.refresh_from_db()
    assert not any(getattr(person, flag) for flag in below(parent))
    entry = AuditEntry.objects.get(kind="permissions_changed", target_id=person.pk)
    assert (entry.changes, entry.actor_id, entry.company) == (changed, bruno.pk, ibarra)


def test_a_child_is_not_given_without_its_parent(ana, bruno):
    assert ana.set_permissions(by=bruno, changes={"can_book_training": True}) == {}
    with pytest.raises(ValueError, match="is_staff"):
        ana.set_permissions(by=bruno, changes={"is_staff": True})


# --- the last manager, one step at a time ---


@pytest.mark.parametrize(
    "deed",
    [
        lambda person: person.set_permissions(by=None, changes={"is_company_manager": False}),
        lambda person: person.set_permissions(by=None, changes={"has_portal_access": False}),
        lambda person: person.set_permissions(by=person, changes=dict.fromkeys(PARENTS, False)),
        lambda person: person.deactivate(by=None),
    ],
    ids=["demoted", "without access", "everything off", "deactivated"],
)
def test_the_last_manager_stays(bruno, ana, ibarra, deed):
    UserFactory(company=ibarra, is_company_manager=True, is_active=False)

    with pytest.raises(LastManager):
        deed(bruno)

    bruno.refresh_from_db()
    assert (bruno.is_active, bruno.has_portal_access, bruno.is_company_manager) == (True, True, True)
    assert not AuditEntry.objects.exists()


def test_a_company_whose_person_is_a_manager_cannot_lose_the_row(bruno):
    with pytest.raises(ProtectedError):
        bruno.company.delete()
