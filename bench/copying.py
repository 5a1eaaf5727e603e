"""Rows into PostgreSQL by COPY, with the columns that the models have today."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

from text.search import SearchColumn

NULL = r"\N"

# A model and what a row of it says, by the attributes' names.
Row = tuple[type[models.Model], Mapping[str, Any]]


class UnknownColumn(LookupError):
    """A row names a column that the model does not have, or lacks one that it must have: the models have changed."""


class Table:
    """The rows of one model on their way into the database. What a row does not say has the model's default."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.fields = {
            field.attname: field
            for field in model._meta.local_concrete_fields
            if not isinstance(field, SearchColumn)  # the trigger fills it
        }
        self.lines: list[str] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Raises UnknownColumn."""
        if unknown := row.keys() - self.fields.keys():
            raise UnknownColumn(f"{self.model._meta.label} has no {', '.join(sorted(unknown))}")
        self.lines.append(
            "\t".join(
                [written(row[name] if name in row else self.default(field)) for name, field in self.fields.items()]
            )
        )

    def default(self, field: models.Field) -> Any:
        if not field.has_default() and not field.null:
            raise UnknownColumn(f"A row of {self.model._meta.label} lacks {field.attname}")
        return field.get_default()

    def copy(self) -> None:
        """Write what was added, and forget it."""
        columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in self.fields.values())
        table = connection.ops.quote_name(self.model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", StringIO("\n".join([*self.lines, ""])))
        self.lines = []


def written(value: Any) -> str:
    """A value as COPY's text format has it."""
    if isinstance(value, str):
        text = str(value)
        if "\\" in text or "\n" in text or "\t" in text or "\r" in text:
            return text.replace("\\", r"\\").replace("\n", r"\n").replace("\t", r"\t").replace("\r", r"\r")
        return text
    if value is None:
        return NULL
    if isinstance(value, dict | list):
        return written(json.dumps(value))
    return str(value)


def copy_rows(rows: Iterable[Row], order: Iterable[type[models.Model]]) -> None:
    """Write rows of several models, model by model in `order`."""
    tables = {model: Table(model) for model in order}
    for model, row in rows:
        tables[model].add(row)
    for table in tables.values():
        table.copy()


def set_sequences(order: Iterable[type[models.Model]]) -> None:
    """The numbers that the database gives from now on follow those that were copied."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(order)):
            cursor.execute(statement)


@contextmanager
def without_indexes(order: Iterable[type[models.Model]]) -> Iterator[None]:
    """Inside, the tables have no index beside their constraints'; afterwards all are made again at once."""
    tables = [model._meta.db_table for model in order]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = ANY(%s::regclass[]) AND NOT EXISTS"
            " (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))",
            [tables],
        )
        indexes: dict[str, str] = dict(cursor.fetchall())
        for name in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for definition in indexes.values():
            cursor.execute(definition)
