"""What columns say of people. Every model of ours declares each text, address and file column as one of three kinds:

    PERSONAL    is about a person, and goes when the person is erased
    KEPT        is the company's or support's, such as a message: it stays, whoever wrote it
    IMPERSONAL  says nothing of anybody: codes, hashes, names of things

A model with PERSONAL columns says in WHOSE how a person's rows are found: lookup → the traces that it is compared with;
{} where a verb of its own finds them.
Numbers, dates, relations and choices need no declaration.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q

KINDS = ("PERSONAL", "KEPT", "IMPERSONAL")
# Columns of these say nothing by themselves.
PLAIN = (
    models.AutoField,
    models.IntegerField,
    models.BooleanField,
    models.DateField,
    models.TimeField,
    models.DurationField,
    models.DecimalField,
    models.FloatField,
    models.ForeignKey,
)
MEANING = (
    "PERSONAL (goes when the person is erased), KEPT (the company's, stays) or IMPERSONAL (says nothing of anybody)"
)


@dataclass(frozen=True, slots=True)
class Traces:
    """What a person is found by in rows: their number, addresses and names, as they are now."""

    ids: Sequence[int]
    emails: Sequence[str]
    names: Sequence[str]


def declarable(model: type[models.Model]) -> list[str]:
    """The columns of a model that need a word about people."""
    return [field.name for field in model._meta.concrete_fields if not isinstance(field, PLAIN) and not field.choices]


def declared(model: type[models.Model], kind: str) -> set[str]:
    return set(getattr(model, kind, ()))


def faults(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """What is wrong with the declarations of a model, each with what to write."""
    label, columns = model.__name__, declarable(model)
    said = [name for kind in KINDS for name in declared(model, kind)]
    for name in columns:
        if said.count(name) != 1:
            times = "not declared" if name not in said else "declared more than once"
            yield f"{label}.{name} is {times}.", f'Write "{name}" in exactly one set of {label}: {MEANING}.'
    for kind in KINDS:
        for name in sorted(declared(model, kind) - set(columns)):
            yield f"{label}.{kind} names {name!r}, which needs no word or is no column.", f'Take "{name}" out of it.'
    yield from faults_of_whose(model)


def faults_of_whose(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    label, whose = model.__name__, getattr(model, "WHOSE", None)
    if declared(model, "PERSONAL") and whose is None:
        yield (
            f"{label}.WHOSE is missing: nobody knows whose its rows are.",
            'Write as in WHOSE = {"person": "ids", "email": "emails"}, or {} where a verb of its own finds them.',
        )
    for lookup, traces in (whose or {}).items():
        try:
            model._meta.get_field(lookup.partition("__")[0])
        except FieldDoesNotExist:
            yield f"{label}.WHOSE looks for {lookup!r}, which is no column.", "Name a column or a relation."
        if traces not in Traces.__slots__:
            yield f"{label}.WHOSE compares with {traces!r}.", "Compare with ids, emails or names."


def rows(model: type[models.Model], traces: Traces) -> models.QuerySet:
    """The rows of a model that are about the person of these traces."""
    conditions = [Q(**{f"{lookup}__in": getattr(traces, kind)}) for lookup, kind in model.WHOSE.items()]  # type: ignore[attr-defined]
    return model._base_manager.filter(reduce(or_, conditions))


def emptied(model: type[models.Model]) -> dict[str, Any]:
    """The PERSONAL columns of a model, each with what it holds when it holds nothing."""
    personal = declared(model, "PERSONAL")
    return {field.name: nothing(field) for field in model._meta.concrete_fields if field.name in personal}


def nothing(field: models.Field) -> Any:
    if field.null:
        return None
    return field.get_default() if isinstance(field, models.JSONField) else ""
