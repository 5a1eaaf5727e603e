"""Search in what people wrote, in Spanish and without accents: one interface, two databases.

A searched model has `search = SearchColumn("body")` and, in a migration after the table's,
`InstallSearch("message")`, with `by_company` when its rows belong to companies. Where a column is the title of the row,
`SearchColumn("body", title="name")`, its words are searched too, and `ranked` lets them count for more.
PostgreSQL keeps the words of the row in that column; SQLite keeps them in a full text table and leaves it empty.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import reduce
from itertools import islice
from math import ceil
from operator import add, and_
from typing import Any, TypeVar

from django.contrib.postgres.search import SearchQuery, SearchVectorExact
from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from text.everyday import EVERYDAY

WORDS_LIMIT = 8
TYPED_LIMIT = 200  # characters of a search box that are read
WORD = re.compile(r"[^\W_]+")
EXPONENT = re.compile(r"\d[eE]\d")
SHORTEST_TELLING = 3
# A word in the title counts so many times more, and behind this mark the database keeps it a second time.
TITLE_WEIGHT = 2
IN_TITLE = "titulox"
POINT = 100  # of the score; what is left over counts the words that are held, so that one sum says both
# Of a longer question, words that so many rows hold are left out: they cost most and say least.
ENOUGH_WORDS, COMMON = 5, 0.2
LOOKED_AT = 2  # times as many rows as are wanted, should some hold too few of the words

Row = TypeVar("Row", bound=models.Model)


class SearchColumn(models.Field):
    """The words of the column `of` in the same row, kept by the database; nobody reads or writes it through a model.

    `title` is the column with the row's title, if any.
    """

    def __init__(self, of: str, *, title: str = "", **options: Any) -> None:
        self.of, self.title = of, title
        super().__init__(**{"null": True, "editable": False, **options})

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        if self.title:
            options["title"] = self.title
        return name, path, [self.of, *args], options

    def db_type(self, connection: Any) -> str:
        return "tsvector"

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, tuple[str | int, ...]]:
        return "NULL", ()


SearchColumn.register_lookup(SearchVectorExact)


def matching(queryset: QuerySet[Row], words: str, *, company: int | None = None) -> QuerySet[Row]:
    """The rows that hold every word of what was typed: as the beginning of a word or, on PostgreSQL, by its stem.

    Where nothing can be searched for, nothing is found. `company` is the id of the only company to look in, of models
    whose search is kept by company: compared as the bigint that it is, the index seeks it together with the words; a
    bare number would be compared row by row.
    """
    typed = tokens(words)
    if not typed:
        return queryset.none()
    if company is not None:
        queryset = queryset.filter(company_id=Cast(Value(company), models.BigIntegerField()))
    model, connection = queryset.model, connections[queryset.db]
    if connection.vendor == "postgresql":
        sought = reduce(and_, [_postgres_query(word, company) for word in typed])
        return queryset.filter(**{search_column(model).name: sought})
    return queryset.filter(pk__in=_fts_rows(model, " ".join(map(_fts_query, typed)), connection))


def resembling(queryset: QuerySet[Row], text: str, *, then: Sequence[str]) -> QuerySet[Row]:
    """The rows that hold at least half of the words of `text` that say something: those with most of them first.

    `then` is the order of those with as many. Words are found as `matching` finds them; every row of `queryset` is
    looked at, so it must be small.
    """
    said = telling(text)
    if not said:
        return queryset.none()
    model, connection = queryset.model, connections[queryset.db]
    holds = _postgres_holds if connection.vendor == "postgresql" else _fts_holds
    held = reduce(add, (Case(When(holds(model, word, connection), then=1), default=0) for word in said))
    enough = max(min(len(said), 2), (len(said) + 1) // 2)
    alike = queryset.alias(held=held).filter(held__gte=enough)
    return alike.order_by("-held", *then)  # type: ignore[return-value]  # rows of `queryset`


def ranked(queryset: QuerySet[Row], text: str, *, most: int, then: Sequence[Any], least: float) -> list[Row]:
    """The rows that answer a text best, a question or some words, `most` of them: each of its words counts where a row
    holds it, and for more in the title. Of a model whose search column has a title.

    `least` is the part of the words that must be there, `then` the order of those that answer as well: columns or
    expressions, rising. What it costs
    grows with how many rows hold the words, and neither with the others nor with their length; what a row shows is
    read of the chosen ones alone, in a second query.
    """
    said = asked(text)
    if len(said) > ENOUGH_WORDS and connections[queryset.db].vendor == "postgresql":
        said = _without_common(queryset, said)
    if not said:
        return []
    best = _postgres_best if connections[queryset.db].vendor == "postgresql" else _fts_best
    chosen = best(queryset, said, most=most, then=then, enough=ceil(least * len(said)))
    shown = {row.pk: row for row in queryset.filter(pk__in=chosen)} if chosen else {}
    return [shown[pk] for pk in chosen if pk in shown]


def asked(text: str) -> list[str]:
    """The words of a question that say something, and its numbers, however short; of one without any, all."""
    words = tokens(text, most=TYPED_LIMIT)
    said = (word for word in words if word.isdigit() or (len(word) >= SHORTEST_TELLING and bare(word) not in EVERYDAY))
    return list(islice(said, WORDS_LIMIT)) or words[:WORDS_LIMIT]


def telling(text: str) -> list[str]:
    """The words of a text that tell it from another: without those that every sentence has, and the shortest."""
    words = unicodedata.normalize("NFC", text[:TYPED_LIMIT])
    said = {bare(word): word for word in WORD.findall(words) if len(word) >= SHORTEST_TELLING}
    return [word for key, word in said.items() if key not in EVERYDAY][:WORDS_LIMIT]


def bare(word: str) -> str:
    """A word without accents and capitals."""
    return "".join(c for c in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(c))


def tokens(words: str, *, most: int = WORDS_LIMIT) -> list[str]:
    """The words that are searched for: letters and digits only, at most `most`, each once."""
    typed = unicodedata.normalize("NFC", words[:TYPED_LIMIT])
    return list(dict.fromkeys(WORD.findall(typed)))[:most]


def search_column(model: type[models.Model]) -> SearchColumn:
    """The search column of a searched model; LookupError where there is none."""
    for field in model._meta.local_concrete_fields:
        if isinstance(field, SearchColumn):
            return field
    raise LookupError(f"{model._meta.label} has no search column")


def fts_table(model: type[models.Model]) -> str:
    """The name of SQLite's full text table beside the model's own."""
    return f"{model._meta.db_table}_fts"


def holding_function(model: type[models.Model]) -> str:
    """The name of PostgreSQL's function that finds the rows of a model with a title by their words."""
    return f"{model._meta.db_table}_holding"


def _postgres_query(word: str, company: int | None) -> Any:
    """A single letter or digit is a word of its own; longer ones may be beginnings.

    Those of a company are kept apart, else the index would read everybody's. Of what looks like 12e5 PostgreSQL makes a
    number and leaves the rest as another word: only together, in the order of the text, are they what was typed.
    """
    if len(word) == 1:
        beginning = word
    elif company is None or EXPONENT.search(word):
        beginning = f"{word}:*"
    else:
        beginning = f"c{company}x{word}:*"
    as_written = SearchQuery(beginning, config="simple_unaccent", search_type="raw")
    return as_written | SearchQuery(word, config="es_unaccent", search_type="raw")


def _postgres_holds(model: type[models.Model], word: str, connection: Any) -> Q:
    return Q(**{search_column(model).name: _postgres_query(word, None)})


def _fts_holds(model: type[models.Model], word: str, connection: Any) -> Q:
    return Q(pk__in=_fts_rows(model, _fts_query(word), connection))


def _fts_best(
    queryset: QuerySet[Row], said: Sequence[str], *, most: int, then: Sequence[Any], enough: int
) -> list[int]:
    """The numbers of the rows that answer best."""
    model, connection = queryset.model, connections[queryset.db]
    held = [_counted(_fts_holding(model, word, connection), POINT + 1) for word in said]
    titled = [_counted(_fts_holding(model, word, connection, in_title=True), TITLE_WEIGHT * POINT) for word in said]
    any_word = Q(pk__in=_fts_rows(model, " OR ".join(map(_fts_query, said)), connection))
    best = queryset.annotate(score=reduce(add, held + titled)).filter(any_word)
    scores = best.order_by("-score", *then).values_list("pk", "score")[: most * LOOKED_AT]
    return [pk for pk, score in scores if score % POINT >= enough][:most]


def _counted(rows: RawSQL, weight: int) -> Case:
    return Case(When(pk__in=rows, then=weight), default=0)


def _without_common(queryset: QuerySet[Row], said: list[str]) -> list[str]:
    """The words without the commonest, as the database's statistics tell, as long as enough are left."""
    model = queryset.model
    statement = """
        SELECT word FROM unnest(%s::text[]) AS word
        JOIN (
            SELECT unnest(most_common_elems::text::text[]) AS lexeme, unnest(most_common_elem_freqs) AS part
            FROM pg_stats WHERE schemaname = current_schema() AND tablename = %s AND attname = %s
        ) AS known
        ON lexeme = ANY(tsvector_to_array(to_tsvector('simple_unaccent', word) || to_tsvector('es_unaccent', word)))
        GROUP BY word HAVING max(part) >= %s ORDER BY max(part) DESC LIMIT %s
    """
    with connections[queryset.db].cursor() as cursor:
        of_column = [model._meta.db_table, search_column(model).column]
        cursor.execute(statement, [said, *of_column, COMMON, len(said) - ENOUGH_WORDS])
        common = {word for (word,) in cursor.fetchall()}
    return [word for word in said if word not in common]


def _postgres_best(
    queryset: QuerySet[Row], said: Sequence[str], *, most: int, then: Sequence[Any], enough: int
) -> list[int]:
    """The same in one statement: what each word is worth is added up by row before any row is looked at, and those with
    too few words are left out. A function asks the index (`POSTGRES_HOLDING`): a vector is long and lies apart, which
    the planner does not count when it thinks of reading them all.

    What stands in a title is kept a second time, behind a mark, as a word and by its stem.
    """
    order = {f"then_{place}": F(by) if isinstance(by, str) else by for place, by in enumerate(then)}
    shown = queryset.order_by().annotate(**order).values_list("pk", *order)
    try:
        rows, of_rows = shown.query.get_compiler(using=queryset.db).as_sql()
    except EmptyResultSet:
        return []
    one = f"""SELECT "{holding_function(queryset.model)}"(
        to_tsquery('simple_unaccent', %s) || to_tsquery('es_unaccent', %s)), %s"""
    sought: list[Any] = []
    for word in said:
        sought += [word if len(word) == 1 else f"{word}:*", word, POINT + 1]
        sought += [f"{IN_TITLE}{word}:*", f"{IN_TITLE}{word}", TITLE_WEIGHT * POINT]
    held = " UNION ALL ".join([one] * (2 * len(said)))
    places = ", ".join(order)
    statement = f"""
        WITH scores AS MATERIALIZED (
            SELECT pk, sum(worth) AS score FROM ({held}) AS held (pk, worth)
            GROUP BY pk HAVING sum(worth) %% {POINT} >= %s
        )
        SELECT shown.pk FROM ({rows}) AS shown (pk, {places}) JOIN scores USING (pk)
        ORDER BY score DESC, {places} LIMIT %s
    """  # noqa: S608
    with connections[queryset.db].cursor() as cursor:
        cursor.execute(statement, [*sought, enough, *of_rows, most])
        return [pk for (pk,) in cursor.fetchall()]


def _fts_holding(model: type[models.Model], word: str, connection: Any, *, in_title: bool = False) -> RawSQL:
    scope = f"{{{search_column(model).title}}} : " if in_title else ""
    return _fts_rows(model, f"{scope}{_fts_query(word)}", connection)


def _fts_rows(model: type[models.Model], query: str, connection: Any) -> RawSQL:
    table = connection.ops.quote_name(fts_table(model))
    return RawSQL(f"SELECT rowid FROM {table} WHERE {table} MATCH %s", [query])  # noqa: S608, S611


def _fts_query(word: str) -> str:
    return f'"{word}"' if len(word) == 1 else f'"{word}"*'
