"""Rows that are only ever added: triggers refuse every UPDATE and DELETE of them, on both databases.

SQLite changes a table by making it anew, which loses its triggers without a word: they are looked for after every
migration. Both databases answer with an IntegrityError.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps as installed_apps
from django.db import connections

GUARDED = ("auditentry", "logbookseal")

SQLITE = (
    "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'Rows of {table} are only added'); END",
    "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'Rows of {table} are only added'); END",
)
POSTGRES = (
    """
    CREATE OR REPLACE FUNCTION portal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'Rows of % are only added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END
    $$
    """,
    "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION portal_append_only()",
    "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION portal_append_only()",
)
MADE = {"sqlite": SQLITE, "postgresql": POSTGRES}
THERE = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled <> 'D'",
}


def guard(using: str, apps: Any = installed_apps, **_signal: Any) -> None:
    """After migrating: make the triggers that are not there. Safe to run twice."""
    connection = connections[using]
    for table in tables(apps):
        with connection.cursor() as cursor:
            cursor.execute(THERE[connection.vendor], [table])
            if triggers(table) <= {name for (name,) in cursor.fetchall()}:
                continue
            for removal in removals(connection.vendor, table):
                cursor.execute(removal)
            for statement in MADE[connection.vendor]:
                cursor.execute(statement.format(table=table))


def tables(apps: Any = installed_apps) -> Iterator[str]:
    """The tables that are guarded and exist: a migration may have been taken back."""
    models = apps.all_models.get("accounts", {})
    return (models[name]._meta.db_table for name in GUARDED if name in models)


def triggers(table: str) -> set[str]:
    return {f"{table}_no_update", f"{table}_no_delete"}


def removals(vendor: str, table: str) -> list[str]:
    """What takes the triggers away, for a migration that must change rows; `guard` makes them again after it."""
    of_table = f" ON {table}" if vendor == "postgresql" else ""
    return [f"DROP TRIGGER IF EXISTS {name}{of_table}" for name in sorted(triggers(table))]
