"""Search in what people wrote, in Spanish and without accents: one interface, two databases.

A searched model has `search = SearchColumn("body")` and, in a migration after the table's, `InstallSearch("message")`.
PostgreSQL keeps the words of the row in that column; SQLite keeps them in a full text table and leaves it empty.
"""

import re
import unicodedata
from functools import reduce
from operator import and_
from typing import Any, TypeVar

from django.contrib.postgres.search import SearchQuery, SearchVectorExact
from django.db import connections, models
from django.db.models import QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

WORDS_LIMIT = 8
TYPED_LIMIT = 200  # characters of a search box that are read
WORD = re.compile(r"[^\W_]+")

Row = TypeVar("Row", bound=models.Model)


class SearchColumn(models.Field):
    """The words of the column `of` in the same row, kept by the database; nobody reads or writes it through a model."""

    def __init__(self, of: str, **options: Any) -> None:
        self.of = of
        super().__init__(**{"null": True, "editable": False, **options})

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, [self.of, *args], options

    def db_type(self, connection: Any) -> str:
        return "tsvector"

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, tuple[str | int, ...]]:
        return "NULL", ()


SearchColumn.register_lookup(SearchVectorExact)


def matching(queryset: QuerySet[Row], words: str, *, company: int | None = None) -> QuerySet[Row]:
    """The rows that hold every word of what was typed: as the beginning of a word or, on PostgreSQL, by its stem.

    Where nothing can be searched for, nothing is found. `company` is the id of the only company to look in: compared as
    the bigint that it is, the index seeks it together with the words; a bare number would be compared row by row.
    """
    typed = tokens(words)
    if not typed:
        return queryset.none()
    if company is not None:
        queryset = queryset.filter(company_id=Cast(Value(company), models.BigIntegerField()))
    model, connection = queryset.model, connections[queryset.db]
    if connection.vendor == "postgresql":
        return queryset.filter(**{search_column(model).name: reduce(and_, map(_postgres_query, typed))})
    table = connection.ops.quote_name(fts_table(model))
    found = RawSQL(f"SELECT rowid FROM {table} WHERE {table} MATCH %s", [" ".join(map(_fts_query, typed))])  # noqa: S608, S611
    return queryset.filter(pk__in=found)


def tokens(words: str) -> list[str]:
    """The words that are searched for: letters and digits only, at most WORDS_LIMIT, each once."""
    typed = unicodedata.normalize("NFC", words[:TYPED_LIMIT])
    return list(dict.fromkeys(WORD.findall(typed)))[:WORDS_LIMIT]


def search_column(model: type[models.Model]) -> SearchColumn:
    """The search column of a searched model; LookupError where there is none."""
    for field in model._meta.local_concrete_fields:
        if isinstance(field, SearchColumn):
            return field
    raise LookupError(f"{model._meta.label} has no search column")


def fts_table(model: type[models.Model]) -> str:
    """The name of SQLite's full text table beside the model's own."""
    return f"{model._meta.db_table}_fts"


def _postgres_query(word: str) -> Any:
    """A single letter or digit is a word of its own; longer ones may be beginnings."""
    beginning = SearchQuery(word if len(word) == 1 else f"{word}:*", config="simple_unaccent", search_type="raw")
    return beginning | SearchQuery(word, config="es_unaccent", search_type="raw")


def _fts_query(word: str) -> str:
    return f'"{word}"' if len(word) == 1 else f'"{word}"*'
