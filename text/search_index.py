"""What keeps searched words up to date: triggers, made by InstallSearch in the migration of the searched table."""

from typing import Any

from django.apps import apps as installed_apps
from django.db import connections, migrations, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from text.search import SearchColumn, fts_table, holding_function, search_column

POSTGRES_INSTALL = """
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.{search} := {vector}; RETURN NEW; END
$$;
CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE OF {search}, {kept_from} ON {table}
    FOR EACH ROW EXECUTE FUNCTION {function}();
UPDATE {table} SET {search} = NULL;
CREATE INDEX {index} ON {table} USING gin ({company}{search});
"""
# Vectors lie apart from their rows; read one by one they cost far more than the planner thinks. Told that few are
# found, it fetches those by their keys. In this language the function is planned once for each connection.
POSTGRES_HOLDING = """
CREATE OR REPLACE FUNCTION {holding}(sought tsquery) RETURNS SETOF bigint LANGUAGE plpgsql STABLE ROWS 100
    SET enable_seqscan = off AS $$
    BEGIN RETURN QUERY SELECT {pk} FROM {table} WHERE {search} @@ sought; END
$$;
"""
POSTGRES_REMOVE_HOLDING = "DROP FUNCTION {holding};"
POSTGRES_REMOVE = "DROP INDEX {index}; DROP TRIGGER {trigger} ON {table}; DROP FUNCTION {function}();"

# The full text table holds no text of its own (`content`): to forget a row it must be told the words it had.
SQLITE_INSTALL = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS {fts} USING fts5("
    "{sources}, content={table}, content_rowid={pk}, tokenize='unicode61 remove_diacritics 2', prefix='2 3')",
    "CREATE TRIGGER {inserted} AFTER INSERT ON {table} BEGIN "
    "INSERT INTO {fts} (rowid, {sources}) VALUES (new.{pk}, {new}); END",
    "CREATE TRIGGER {updated} AFTER UPDATE OF {sources} ON {table} BEGIN "
    "INSERT INTO {fts} ({fts}, rowid, {sources}) VALUES ('delete', old.{pk}, {old}); "
    "INSERT INTO {fts} (rowid, {sources}) VALUES (new.{pk}, {new}); END",
    "CREATE TRIGGER {deleted} AFTER DELETE ON {table} BEGIN "
    "INSERT INTO {fts} ({fts}, rowid, {sources}) VALUES ('delete', old.{pk}, {old}); END",
    "INSERT INTO {fts} ({fts}) VALUES ('rebuild')",
)
SQLITE_TRIGGERS = ("inserted", "updated", "deleted")


class PostgresSQL(migrations.RunSQL):
    """SQL that only PostgreSQL runs."""

    def database_forwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, *states)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, *states)


class InstallSearch(Operation):
    """The rows of this model are searched from now on; those already there too.

    `by_company`: the model has a company, to which searches may be narrowed.
    """

    reduces_to_sql = False
    reversible = True

    def __init__(self, model_name: str, *, by_company: bool = False) -> None:
        self.model_name = model_name
        self.by_company = by_company

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        install(model, schema_editor.connection, by_company=self.by_company)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        remove(to_state.apps.get_model(app_label, self.model_name), schema_editor.connection)

    def describe(self) -> str:
        return f"Keep the search of {self.model_name}"


class RenewHolding(Operation):
    """The function that finds the rows of a model with a title is made anew."""

    reduces_to_sql = False
    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            names = _quoted_names(to_state.apps.get_model(app_label, self.model_name), schema_editor.connection)
            schema_editor.execute(POSTGRES_HOLDING.format(**names), params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        pass

    def describe(self) -> str:
        return f"Renew what finds rows of {self.model_name}"


class UninstallSearch(InstallSearch):
    """The rows of this model are no longer searched."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        super().database_backwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        super().database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Forget the search of {self.model_name}"


def install(model: type[models.Model], connection: BaseDatabaseWrapper, *, by_company: bool = False) -> None:
    """Make what keeps the search of `model`, and find the rows it has already."""
    names = _quoted_names(model, connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            columns = [names["sources"], "company_id"] if by_company else [names["sources"]]
            function = "portal_tsv_titled" if search_column(model).title else "portal_tsv"
            vector = f"{function}({', '.join([names['new'], *(f'NEW.{column}' for column in columns[1:])])})"
            cursor.execute(POSTGRES_INSTALL.format(**names, vector=vector, kept_from=", ".join(columns)))
            if search_column(model).title:
                cursor.execute(POSTGRES_HOLDING.format(**names))
            return
        for trigger in SQLITE_TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {names[trigger]}")
        for statement in SQLITE_INSTALL:
            cursor.execute(statement.format(**names))


def remove(model: type[models.Model], connection: BaseDatabaseWrapper) -> None:
    """Undo `install`."""
    names = _quoted_names(model, connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            if search_column(model).title:
                cursor.execute(POSTGRES_REMOVE_HOLDING.format(**names))
            cursor.execute(POSTGRES_REMOVE.format(**names))
            return
        for trigger in SQLITE_TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {names[trigger]}")
        cursor.execute(f"DROP TABLE {names['fts']}")


def restore_searches(using: str, apps: Any = installed_apps, **_signal: Any) -> None:
    """SQLite changes a table by making it anew, which loses its triggers: after migrating, put them back."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    for model in apps.get_models():
        is_searched = any(isinstance(field, SearchColumn) for field in model._meta.local_concrete_fields)
        if is_searched and not _has_triggers(model, connection):
            install(model, connection)


def _has_triggers(model: type[models.Model], connection: BaseDatabaseWrapper) -> bool:
    names = _names(model)
    triggers = [names[trigger] for trigger in SQLITE_TRIGGERS]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name IN (%s, %s, %s)", triggers)
        return cursor.fetchone()[0] == len(triggers)


def _names(model: type[models.Model]) -> dict[str, Any]:
    table, search = model._meta.db_table, search_column(model)
    return {
        "table": table,
        "pk": model._meta.pk.column,
        "search": search.column,
        "fts": fts_table(model),
        "holding": holding_function(model),
        "function": f"{table}_search",
        "trigger": f"{table}_search",
        "index": f"{table}_search",
        **{trigger: f"{table}_search_{trigger}" for trigger in SQLITE_TRIGGERS},
    }


def _quoted_names(model: type[models.Model], connection: BaseDatabaseWrapper) -> dict[str, str]:
    quoted = {key: connection.ops.quote_name(name) for key, name in _names(model).items()}
    has_company = any(field.column == "company_id" for field in model._meta.local_concrete_fields)
    search = search_column(model)
    columns = [model._meta.get_field(name).column for name in (search.of, search.title) if name]
    sources = [connection.ops.quote_name(str(column)) for column in columns]
    return quoted | {
        "company": "company_id, " if has_company else "",
        "sources": ", ".join(sources),
        "new": ", ".join(f"new.{source}" for source in sources),
        "old": ", ".join(f"old.{source}" for source in sources),
    }
