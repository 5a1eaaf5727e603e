"""D24: a column that may hold something about people is declared, or the portal does not start."""

import pytest
from django.contrib.auth.models import Group
from django.core.checks import run_checks
from django.db import models

from accounts.models import Company, User
from mail.models import OutgoingMail
from portal.checks import every_column_says_whether_it_is_personal
from portal.privacy import declarations, elsewhere
from text.personal import Traces, declarable, emptied, faults, rows
from tickets.models import Draft, Message, Ticket


class Sheet(models.Model):
    """A model that is nobody's: each test declares it as it needs."""

    title = models.CharField(max_length=10)
    file = models.FileField()
    address = models.GenericIPAddressField(null=True)
    about = models.JSONField(default=list)
    kind = models.CharField(max_length=1, choices=[("a", "A")])
    number = models.IntegerField()
    at = models.DateTimeField()
    person = models.ForeignKey(User, models.CASCADE)

    class Meta:
        app_label = "sheets"
        managed = False

    def __str__(self) -> str:
        return self.title


GOOD = {
    "PERSONAL": {"title", "address"},
    "KEPT": {"file"},
    "IMPERSONAL": {"about"},
    "WHOSE": {"person": "ids", "title": "names"},
}


@pytest.fixture
def declare(monkeypatch):
    def declared(**words):
        for kind, columns in (GOOD | words).items():
            monkeypatch.setattr(Sheet, kind, columns, raising=False)
        return [lack for lack, _remedy in faults(Sheet)]

    return declared


def test_every_column_of_ours_is_declared():
    assert [(model.__name__, fault) for model in declarations.ours() for fault in faults(model)] == []
    assert every_column_says_whether_it_is_personal(None) == []
    assert [error for error in run_checks() if error.id.startswith("portal.E01")] == []


def test_ours_are_all_of_ours():
    assert {User, Company, OutgoingMail, Ticket, Message, Draft} <= set(declarations.ours())
    assert Group in set(declarations.of_libraries())


def test_texts_files_addresses_and_json_need_a_word_and_nothing_else_does():
    assert declarable(Sheet) == ["title", "file", "address", "about"]


def test_a_whole_declaration_is_well(declare):
    assert declare() == []


@pytest.mark.parametrize(
    ("words", "lack"),
    [
        ({"KEPT": set()}, "Sheet.file is not declared."),
        ({"KEPT": {"file", "title"}}, "Sheet.title is declared more than once."),
        ({"KEPT": {"file", "gone"}}, "Sheet.KEPT names 'gone', which needs no word or is no column."),
        ({"KEPT": {"file", "number"}}, "Sheet.KEPT names 'number', which needs no word or is no column."),
        ({"WHOSE": None}, "Sheet.WHOSE is missing: nobody knows whose its rows are."),
        ({"WHOSE": {"gone": "ids"}}, "Sheet.WHOSE looks for 'gone', which is no column."),
        ({"WHOSE": {"person": "faces"}}, "Sheet.WHOSE compares with 'faces'."),
    ],
)
def test_what_is_wrong_is_said(declare, words, lack):
    assert declare(**words) == [lack]


def test_the_remedy_says_what_to_write(declare):
    declare(KEPT=set())

    assert next(remedy for _lack, remedy in faults(Sheet)).startswith(
        'Write "file" in exactly one set of Sheet: PERSONAL'
    )


def test_a_librarys_table_that_nobody_thought_of_is_found(monkeypatch):
    monkeypatch.setattr(elsewhere, "KNOWN", elsewhere.KNOWN - {"account.EmailAddress"})

    found = every_column_says_whether_it_is_personal(None)

    assert [(error.id, error.obj._meta.label) for error in found] == [("portal.E011", "account.EmailAddress")]


def test_what_is_emptied(declare):
    declare(PERSONAL={"title", "address", "about"}, IMPERSONAL=set())

    assert emptied(Sheet) == {"title": "", "address": None, "about": []}


@pytest.mark.django_db
def test_rows_are_found_by_what_they_are_compared_with(ana, bruno):
    mine = OutgoingMail.objects.create(kind="a", person_id=ana.pk, address="old@x.example", language="es", subject="")
    by_address = OutgoingMail.objects.create(kind="b", address=ana.email, language="es", subject="")
    OutgoingMail.objects.create(kind="c", person_id=bruno.pk, address=bruno.email, language="es", subject="")

    found = rows(OutgoingMail, Traces(ids=[ana.pk], emails=[ana.email], names=[]))

    assert set(found) == {mine, by_address}
