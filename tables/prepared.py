"""Queries that are put together once.

Django puts a query together each time that it is asked. Where many columns are named that takes longer than the answer,
although of what every page asks only the values change (decision 78).
"""

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Field, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.query import ModelIterable


class Open(Expression):
    """A value that is given when the query is asked; of several it has a `place`."""

    def __init__(self, name: str, field: Field, place: int | None = None) -> None:
        super().__init__(output_field=field)
        self.name, self.place = name, place

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def value(self, given: Mapping[str, Any]) -> Any:
        """What takes its place."""
        value = given[self.name] if self.place is None else given[self.name][self.place]
        return value if isinstance(value, Open) else self.output_field.get_db_prep_value(value, connection)


@dataclass(frozen=True)
class Several:
    """Values of one kind, given as a sequence: for each number of them there is a statement of its own, so few."""

    field: Field

    def yet_to_come(self, name: str, number: int) -> list[Open]:
        return [Open(name, self.field, place) for place in range(number)]


class Prepared:
    """The query that `build` makes of values yet to come, for each of which a field says of what kind it is:
    `Prepared(lambda pk: User.objects.filter(pk=pk), pk=BigIntegerField())`.

    Whatever else stands in the query is the same for everybody who asks.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **fields: Field | Several) -> None:
        self.build, self.fields = build, fields
        self.statements: dict[tuple[int, ...], tuple[Any, str, list[Any]]] = {}

    def together(self, given: Mapping[str, Any]) -> tuple[Any, str, list[Any]]:
        """Django's compiler, which knows what the columns are; the statement; its values, the open ones among them."""
        numbers = tuple(len(given[name]) for name, field in self.fields.items() if isinstance(field, Several))
        if numbers not in self.statements:
            self.statements[numbers] = self.put_together(given)
        return self.statements[numbers]

    def put_together(self, given: Mapping[str, Any]) -> tuple[Any, str, list[Any]]:
        rows = self.build(
            **{
                name: field.yet_to_come(name, len(given[name])) if isinstance(field, Several) else Open(name, field)
                for name, field in self.fields.items()
            }
        )
        compiler = rows.query.get_compiler(using=DEFAULT_DB_ALIAS)
        statement, values = compiler.as_sql()
        return compiler, statement, list(values)

    def rows(self, **given: Any) -> list[Any]:
        """What the query finds for these values."""
        compiler, statement, values = self.together(given)
        asked: Any = _Asked(compiler, statement, filled(values, given))
        return list(ModelIterable(asked))

    def column(self, **given: Any) -> RawSQL:
        """Of a query of one column, the same as a part of another query: for `pk__in`. Where that one is prepared too,
        values may be open there as well."""
        _compiler, statement, values = self.together(given)
        return RawSQL(statement, filled(values, given))  # noqa: S611


def filled(values: list[Any], given: Mapping[str, Any]) -> list[Any]:
    """The values of a statement, each given one in its place."""
    return [value.value(given) if isinstance(value, Open) else value for value in values]


class _Asked:
    """A queryset, its query and its compiler, as far as Django looks at them when it makes objects of rows."""

    db = DEFAULT_DB_ALIAS
    _known_related_objects: ClassVar[dict[Any, Any]] = {}

    def __init__(self, compiler: Any, statement: str, values: list[Any]) -> None:
        self.compiler = copy(compiler)
        self.compiler.connection = connection
        self.compiler.as_sql = lambda: (statement, values)

    @property
    def query(self) -> "_Asked":
        return self

    def get_compiler(self, using: str) -> Any:
        return self.compiler
