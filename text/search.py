"""Search in what people wrote, in Spanish and without accents: one interface, two databases.

A searched model has `search = SearchColumn("body")` and, in a migration after the table's,
`InstallSearch("message")`, with `by_company` when its rows belong to companies. Where a column is the title of the row,
`SearchColumn("body", title="name")`, its words are searched too, and `ranked` lets them count for more.
PostgreSQL keeps the words of the row in that column; SQLite keeps them in a full text table and leaves it empty.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import islice
from math import ceil
from operator import add
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection as default_connection
from django.db import connections, models
from django.db.models import Case, F, Lookup, Q, QuerySet, Value, When
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
HIGHEST = 100  # sums of which the rows are looked at first
# What PostgreSQL seeks of a word: its beginning, and the whole by its stem.
_ONE_WORD = "(to_tsquery('simple_unaccent', %s) || to_tsquery('es_unaccent', %s))"

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


@SearchColumn.register_lookup
class Holds(Lookup):
    """That a column holds what a query seeks, which is given as SQL: Django's own objects for it cost more to put
    together than the search."""

    lookup_name = "holds"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        sought, words = self.process_rhs(compiler, connection)
        return f"{column} @@ {sought}", (*parameters, *words)


def matching(queryset: QuerySet[Row], words: str, *, company: int | None = None) -> QuerySet[Row]:
    """The rows that hold every word of what was typed, as the beginning of a word or, on PostgreSQL, by its stem; but
    for those that every sentence has, where there are others.

    Where nothing can be searched for, nothing is found. `company` is the id of the only company to look in, of models
    whose search is kept by company: compared as the bigint that it is, the index seeks it together with the words; a
    bare number would be compared row by row.
    """
    parts = parts_of(words, company=company)
    if not parts:
        return queryset.none()
    if company is not None:
        queryset = queryset.filter(company_id=Cast(Value(company), models.BigIntegerField()))
    return holding(queryset, parts)


def parts_of(words: str, *, company: int | None = None) -> list[str]:
    """What the database is given of the words that are searched for: on PostgreSQL of each two texts, on SQLite one of
    all. Their number is all that the shape of a query depends on."""
    typed = meant(words)
    if default_connection.vendor == "postgresql":
        return [part for word in typed for part in _in_text(word, company)]
    return [" ".join(map(_fts_query, typed))] if typed else []


def holding(queryset: QuerySet[Row], parts: Sequence[Any]) -> QuerySet[Row]:
    """The rows that hold all of what `parts_of` gives, or of values yet to come that take their place. Where the model
    has a title it is the index that tells, see `_postgres_found`."""
    model, connection = queryset.model, connections[queryset.db]
    if connection.vendor != "postgresql":
        return queryset.filter(pk__in=_fts_rows(model, parts[0], connection))
    if search_column(model).title:
        return queryset.filter(pk__in=_postgres_found(model, parts))
    return queryset.filter(**{f"{search_column(model).name}__holds": _postgres_query(parts)})


def ids_holding(model: type[models.Model], parts: Sequence[Any], *, of: str = "", company: Any = None) -> RawSQL:
    """The ids of the rows that `matching` finds among all, or those in their column `of`, as SQL for `pk__in`: several
    of them in one query cost little to put together. `parts` are those of the words and the company (`parts_of`)."""
    connection = default_connection
    quote: Callable[[Any], str] = connection.ops.quote_name
    table, pk = quote(model._meta.db_table), quote(model._meta.pk.column)
    column = quote(model._meta.get_field(of).column) if of else pk
    found = row_holds(model, parts, company=company)
    missing = f" AND {column} IS NOT NULL" if of else ""
    return RawSQL(f"SELECT {column} FROM {table} WHERE {found.sql}{missing}", found.params)  # noqa: S608, S611


def row_holds(model: type[models.Model], parts: Sequence[Any], *, company: Any = None) -> RawSQL:
    """That a row of the model's table, by its name, is the company's and holds all the words, as SQL."""
    connection = default_connection
    quote: Callable[[Any], str] = connection.ops.quote_name
    table = quote(model._meta.db_table)
    if connection.vendor == "postgresql":
        sought = _postgres_query(parts)
        found, parameters = f"{table}.{quote(search_column(model).column)} @@ ({sought.sql})", list(sought.params)
    else:
        rows = _fts_rows(model, parts[0], connection)
        found, parameters = f"{table}.{quote(model._meta.pk.column)} IN ({rows.sql})", list(rows.params)
    if company is not None:
        found, parameters = f"{table}.company_id = CAST(%s AS bigint) AND {found}", [company, *parameters]
    return RawSQL(found, parameters)  # noqa: S611


def some_row_holds(model: type[models.Model], words: str, *, company: int | None = None) -> RawSQL:
    """Whether some row of a searched model holds all the words, whoever may see it: by the index, for of a row that
    will soon be found the planner is too sure. There must be something to search for."""
    ids = ids_holding(model, parts_of(words, company=company), company=company)
    return RawSQL(f"(WITH held AS MATERIALIZED ({ids.sql}) SELECT EXISTS (SELECT 1 FROM held))", ids.params)  # noqa: S608, S611


def told_at_once(questions: Sequence[RawSQL]) -> list[bool]:
    """The answers to questions of yes or no, in one query."""
    if not questions:
        return []
    with default_connection.cursor() as cursor:
        values = [value for question in questions for value in question.params]
        cursor.execute(f"SELECT {', '.join(question.sql for question in questions)}", values)
        return [bool(answer) for answer in cursor.fetchone()]


def resembling(queryset: QuerySet[Row], text: str, *, then: Sequence[str]) -> QuerySet[Row]:
    """The rows that hold at least half of the words of `text` that say something: those with most of them first.

    `then` is the order of those with as many. Words are found as `matching` finds them; every row of `queryset` is
    looked at, so it must be small.
    """
    said = telling(text)
    if not said:
        return queryset.none()
    model, connection = queryset.model, connections[queryset.db]
    is_postgres = connection.vendor == "postgresql"
    holds = [_postgres_holds(model, word) if is_postgres else _fts_holds(model, word, connection) for word in said]
    held = reduce(add, (Case(When(one, then=1), default=0) for one in holds))
    enough = max(min(len(said), 2), (len(said) + 1) // 2)
    alike = queryset.alias(held=held).filter(held__gte=enough)
    return alike.order_by("-held", *then)  # type: ignore[return-value]  # rows of `queryset`


def ranked(queryset: QuerySet[Row], text: str, *, most: int, then: Sequence[Any], least: float) -> list[int]:
    """The keys of the rows that answer a text best, a question or some words, `most` of them: each of its words counts
    where a row holds it, and for more in the title. Of a model whose search column has a title.

    `least` is the part of the words that must be there, `then` the order of those that answer as well: columns or
    expressions, rising. What it costs grows with how many rows hold the words, and neither with the others nor with
    their length.
    """
    said, connection = asked(text), connections[queryset.db]
    if not said:
        return []
    if connection.vendor == "postgresql" and len(said) > ENOUGH_WORDS:
        said = _without_common(queryset, said)
    find = _postgres_best if connection.vendor == "postgresql" else _fts_best
    return find(queryset, said, most=most, then=then, enough=ceil(least * len(said)))


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


def meant(words: str) -> list[str]:
    """Of the words that are searched for those that tell something, or all where none does."""
    typed = tokens(words)
    return [word for word in typed if bare(word) not in EVERYDAY] or typed


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


def _postgres_holds(model: type[models.Model], word: str) -> Q:
    """That the row holds this word."""
    return Q(**{f"{search_column(model).name}__holds": _postgres_query(_in_text(word))})


def _postgres_query(parts: Sequence[Any]) -> RawSQL:
    """One tsquery of all the words, of each a beginning and the whole, found by its stem."""
    return RawSQL(" && ".join([_ONE_WORD] * (len(parts) // 2)), list(parts))  # noqa: S611


def _in_text(word: str, company: int | None = None) -> tuple[str, str]:
    """A single letter or digit is a word of its own; longer ones may be beginnings.

    Those of a company are kept apart, else the index would read everybody's. Of what looks like 12e5 PostgreSQL makes a
    number and leaves the rest as another word: only together, in the order of the text, are they what was typed.
    """
    if len(word) == 1:
        return word, word
    if company is None or EXPONENT.search(word):
        return f"{word}:*", word
    return f"c{company}x{word}:*", word


def _in_title(word: str) -> tuple[str, str]:
    """What stands in a title is kept a second time, behind a mark, as a word and by its stem."""
    return f"{IN_TITLE}{word}:*", f"{IN_TITLE}{word}"


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


def _postgres_found(model: type[models.Model], parts: Sequence[Any]) -> RawSQL:
    """The rows with these words, by a function that asks the index: a vector is long and lies apart, which the
    planner does not count when it thinks of reading them all. As a list, so that it fetches those by their keys."""
    query = _postgres_query(parts)
    held = f'SELECT pk FROM "{holding_function(model)}"({query.sql}) AS pk'  # noqa: S608
    return RawSQL(f"SELECT pk FROM unnest(ARRAY({held})) AS pk", query.params)  # noqa: S608, S611


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
    """The same in one statement. Looked at are the rows with the highest sums, and the others only where too few of
    these are to be found."""
    order = {f"then_{place}": F(by) if isinstance(by, str) else by for place, by in enumerate(then)}
    shown = queryset.order_by().annotate(**order).values_list("pk", *order)
    try:
        rows, of_rows = shown.query.get_compiler(using=queryset.db).as_sql()
    except EmptyResultSet:
        return []
    places, best = ", ".join(order), []
    with connections[queryset.db].cursor() as cursor:
        for sums in (_postgres_highest, _postgres_sums):
            scores, of_scores = sums(queryset.model, said, enough)
            statement = f"""
                WITH scores AS MATERIALIZED ({scores})
                SELECT (SELECT count(*) FROM scores), ARRAY(
                    SELECT shown.pk FROM ({rows}) AS shown (pk, {places}) JOIN scores USING (pk)
                    WHERE shown.pk = ANY(ARRAY(SELECT pk FROM scores))
                    ORDER BY score DESC, {places} LIMIT %s
                )
            """  # noqa: S608
            cursor.execute(statement, [*of_scores, *of_rows, most])
            looked_at, best = cursor.fetchone()
            if len(best) == most or looked_at < HIGHEST:
                break
    return best


def _postgres_highest(model: type[models.Model], said: Sequence[str], enough: int) -> tuple[str, list[Any]]:
    """The rows that are worth most. What has none of the words in its title is worth as many points as there are words
    at most: where enough titles outdo that, the words of the others are not even counted."""
    sums, values = _postgres_sums(model, said, enough)
    in_titles = [part for word in said for part in _in_title(word)]
    of_titled, values_of_titled = _postgres_sums(model, said, enough, among="&& (SELECT titles FROM sought)")
    highest = f"""WITH sought AS MATERIALIZED (SELECT {" || ".join([_ONE_WORD] * len(said))} AS titles),
        titled AS MATERIALIZED ({of_titled} AND sum(worth) > %s)
        SELECT pk, score FROM titled
        UNION ALL SELECT pk, score FROM ({sums}) AS held
        WHERE (SELECT count(*) FROM titled) < {HIGHEST} AND pk NOT IN (SELECT pk FROM titled)
        ORDER BY score DESC FETCH FIRST {HIGHEST} ROWS WITH TIES"""  # noqa: S608
    return highest, [*in_titles, *values_of_titled, (POINT + 1) * len(said), *values]


def _postgres_sums(
    model: type[models.Model], said: Sequence[str], enough: int, *, among: str = ""
) -> tuple[str, list[Any]]:
    """What each row is worth that holds enough of the words: added up from their indexes, before any is looked at."""
    one = f"""SELECT pk, %s AS worth FROM "{holding_function(model)}"({_ONE_WORD} {among}) AS pk"""  # noqa: S608
    sought: list[Any] = []
    for word in said:
        sought += [POINT + 1, *_in_text(word), TITLE_WEIGHT * POINT, *_in_title(word)]
    held = " UNION ALL ".join([one] * (2 * len(said)))
    sums = f"""SELECT pk, sum(worth) AS score FROM ({held}) AS held
        GROUP BY pk HAVING sum(worth) %% {POINT} >= %s"""  # noqa: S608
    return sums, [*sought, enough]


def _fts_holding(model: type[models.Model], word: str, connection: Any, *, in_title: bool = False) -> RawSQL:
    return _fts_rows(model, _fts_in_title(model, word) if in_title else _fts_query(word), connection)


def _fts_in_title(model: type[models.Model], word: str) -> str:
    return f"{{{search_column(model).title}}} : {_fts_query(word)}"


def _fts_rows(model: type[models.Model], query: str, connection: Any) -> RawSQL:
    table = connection.ops.quote_name(fts_table(model))
    return RawSQL(f"SELECT rowid FROM {table} WHERE {table} MATCH %s", [query])  # noqa: S608, S611


def _fts_query(word: str) -> str:
    return f'"{word}"' if len(word) == 1 else f'"{word}"*'
