"""Rows of the logbook and its seals are only added, whoever asks the database (A72)."""

from datetime import date

import pytest
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import IntegrityError, connection, transaction

from accounts import append_only
from accounts.models import AuditEntry, LogbookSeal

pytestmark = pytest.mark.django_db

TABLES = ["accounts_auditentry", "accounts_logbookseal"]


@pytest.fixture(params=["entry", "seal"])
def row(request, ibarra):
    if request.param == "entry":
        return AuditEntry.write("logged_in", by=None, company=ibarra)
    return LogbookSeal.objects.create(day=date(2026, 1, 10), count=0, digest="0" * 64)


@pytest.fixture
def rows(row):
    return type(row).objects.filter(pk=row.pk)


def triggers(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(append_only.THERE[connection.vendor], [table])
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.parametrize("table", TABLES)
def test_the_triggers_are_there_after_migrating(table):
    assert append_only.triggers(table) <= triggers(table)
    assert list(append_only.tables()) == TABLES


def test_a_row_is_not_changed(row, rows):
    with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
        row.save()
    with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
        rows.update(id=row.pk + 1)

    assert rows.get() == row


def test_a_row_is_not_deleted(row, rows):
    with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
        row.delete()
    with pytest.raises(IntegrityError, match="only added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {rows.model._meta.db_table}")

    assert rows.exists()


@pytest.mark.parametrize("table", TABLES)
def test_triggers_that_were_lost_are_made_again_after_the_next_migration(table, unguarded):
    unguarded(table)
    assert triggers(table) & append_only.triggers(table) == set()

    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")

    assert append_only.triggers(table) <= triggers(table)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL can switch a trigger off")
def test_a_trigger_that_was_switched_off_is_made_again():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry DISABLE TRIGGER accounts_auditentry_no_delete")

    append_only.guard("default")

    assert append_only.triggers("accounts_auditentry") <= triggers("accounts_auditentry")


def test_guarding_twice_changes_nothing(django_assert_num_queries):
    with django_assert_num_queries(len(TABLES)):
        append_only.guard("default")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite makes a table anew to change it")
@pytest.mark.django_db(transaction=True)
def test_a_table_that_is_made_anew_loses_its_triggers_and_gets_them_back():
    """Why they are looked for after every migration."""
    reason = AuditEntry._meta.get_field("reason")
    with connection.schema_editor() as editor:
        editor._remake_table(AuditEntry, alter_fields=[(reason, reason)])
    assert triggers("accounts_auditentry") == set()

    append_only.guard("default")

    assert append_only.triggers("accounts_auditentry") <= triggers("accounts_auditentry")


@pytest.mark.django_db(transaction=True)
def test_emptying_the_tables_between_tests_leaves_the_triggers(ibarra):
    AuditEntry.write("logged_in", by=None, company=ibarra)

    call_command("flush", interactive=False, verbosity=0)

    assert not AuditEntry.objects.exists()
    assert all(append_only.triggers(table) <= triggers(table) for table in TABLES)


# --- one line each ---


def test_a_reason_of_many_lines_and_with_escapes_becomes_one_line(ibarra, bruno):
    reason = "Lo pidió\r\nBruno\x1b[31m\x00 en rojo\u2028" + "x" * 10_000

    entry = AuditEntry.write("company_changed", by=bruno, company=ibarra, reason=reason)

    entry.refresh_from_db()
    assert entry.reason.startswith("Lo pidió Bruno [31m en rojo xxx")
    assert len(entry.reason) == 300
    assert entry.reason.isprintable()


def test_a_text_among_the_changes_becomes_one_line(ibarra, bruno):
    changes = {"name": ["Talleres\r\nIbarra", "\x1b[2JIbarra\x00"], "is_active": [True, False], "region": [None, None]}

    entry = AuditEntry.write("company_changed", by=bruno, company=ibarra, changes=changes)

    entry.refresh_from_db()
    assert entry.changes == {
        "name": ["Talleres Ibarra", "[2JIbarra"],
        "is_active": [True, False],
        "region": [None, None],
    }


def test_a_hostile_browser_leaves_one_plain_line(browse, ana):
    agent = "Mozilla\r\nX-Evil: 1\x1b[31m" + "x" * 10_000
    client = browse()

    client.post("/acceso/", {"login": ana.login, "password": "Clave-9999"}, headers={"User-Agent": agent})

    entry = AuditEntry.objects.get()
    assert (entry.kind, entry.target_id, entry.changes, entry.reason) == ("login_refused", ana.pk, {}, "")
    assert entry.address == "127.0.0.1"
