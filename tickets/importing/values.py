"""Values of a file, understood strictly: what is not meant as given is refused with the reason in words."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from text import from_html
from text.rendering import MESSAGE_LIMIT
from text.words import normalised, one_line, printable
from tickets.importing.records import Refused
from tickets.status import Priority, Status

Word = TypeVar("Word")

SUBJECT_LIMIT = 200
NAME_LIMIT = 150
EMAIL_LIMIT = 254
ID_LIMIT = 100
EARLIEST_YEAR = 1970

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
SPANISH_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")

STATUSES = {
    **{status.value: status for status in Status},
    "sin procesar": Status.NEW,
    "abierto": Status.OPEN,
    "esperando acción": Status.WAITING,
    "ampliación": Status.ENHANCEMENT,
    "próxima versión": Status.SCHEDULED,
    "resuelto": Status.CLOSED,
    "cerrado": Status.CLOSED,
}
PRIORITIES = {
    "low": Priority.LOW,
    "medium": Priority.MEDIUM,
    "high": Priority.HIGH,
    "urgent": Priority.URGENT,
    "baja": Priority.LOW,
    "media": Priority.MEDIUM,
    "normal": Priority.MEDIUM,
    "alta": Priority.HIGH,
    "urgente": Priority.URGENT,
}
# Whether a message of this role is by support.
ROLES = {"customer": False, "support": True, "cliente": False, "soporte": True, "agente": True}


def object_of(data: Any) -> Mapping[str, Any]:
    """The fields of a ticket or a message."""
    if not isinstance(data, dict):
        raise Refused(_("It is not an object with fields."))
    return data


def known(data: Any, fields: Collection[str]) -> Mapping[str, Any]:
    """The object, when all its fields have a meaning; a misspelt one must not be lost."""
    for name in object_of(data):
        if name not in fields:
            raise Refused(_("The field “%(name)s” is not known.") % {"name": one_line(name)[:40]})
    return data


def text(data: Mapping[str, Any], name: str) -> str:
    """A text of any length, "" when absent."""
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(_("“%(name)s” is not a text.") % {"name": name})
    if UNSTORABLE.search(value):
        raise Refused(_("“%(name)s” holds characters that are no text: NUL or broken UTF-8.") % {"name": name})
    return value


def line(data: Mapping[str, Any], name: str, *, limit: int, required: bool = False) -> str:
    """A text of one line, at most `limit` characters."""
    value = one_line(text(data, name))
    if required and not value:
        raise Refused(_("“%(name)s” is empty.") % {"name": name})
    if len(value) > limit:
        words = _("“%(name)s” has %(length)s characters; at most %(limit)s fit.")
        raise Refused(words % {"name": name, "length": len(value), "limit": limit})
    return value


def subject(data: Mapping[str, Any], name: str) -> tuple[str, list[tuple[str, str]]]:
    """A subject that fits, and the remark that says it in full where it had to be shortened."""
    full = line(data, name, limit=MESSAGE_LIMIT, required=True)
    if len(full) <= SUBJECT_LIMIT:
        return full, []
    return f"{full[: SUBJECT_LIMIT - 1].rsplit(' ', 1)[0]}…", [(_("Subject"), full)]


def identity(data: Mapping[str, Any], name: str) -> str:
    """The ticket's number in the former system: a text or a whole number."""
    value = data.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        data = {name: str(value)}
    return line(data, name, limit=ID_LIMIT, required=True)


def body(data: Mapping[str, Any], name: str, *, is_html: bool) -> str:
    """The text of a message in the light markup; "" when it has none."""
    value = text(data, name)
    value = (from_html.to_message(value) if is_html else printable(value)).strip("\n").rstrip()
    if len(value) > MESSAGE_LIMIT:
        words = _("“%(name)s” has %(length)s characters; at most %(limit)s fit. Attach the text as a file.")
        raise Refused(words % {"name": name, "length": len(value), "limit": MESSAGE_LIMIT})
    return value


def moment(data: Mapping[str, Any], name: str) -> datetime:
    """A date, with or without time and zone: ISO 8601, or day/month/year."""
    value = text(data, name).strip()
    if not value:
        raise Refused(_("“%(name)s” is empty.") % {"name": name})
    try:
        at = spanish_date(value) or datetime.fromisoformat(value)
    except ValueError as error:
        words = _("“%(name)s” is not a date: “%(value)s”. Write it as 2024-05-31 or 2024-05-31T10:30:00+02:00.")
        raise Refused(words % {"name": name, "value": value[:40]}) from error
    if at.year < EARLIEST_YEAR:
        raise Refused(_("“%(name)s” lies before the year %(year)s.") % {"name": name, "year": EARLIEST_YEAR})
    return at


def spanish_date(value: str) -> datetime | None:
    """31/05/2024 10:30; None when it is written otherwise. Raises ValueError for a day that does not exist."""
    if not (match := SPANISH_DATE.fullmatch(value)):
        return None
    day, month, year, hour, minute, second = (int(number or 0) for number in match.groups())
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - local time of the company


def choice(data: Mapping[str, Any], name: str, meanings: Mapping[str, Word], *, default: Word | None = None) -> Word:
    """What a word of a fixed list means; `default` when absent. Capitals do not matter."""
    value = line(data, name, limit=200)
    if not value and default is not None:
        return default
    if normalised(value) not in meanings:
        words = _("“%(name)s” is “%(value)s”; it must be one of: %(words)s.")
        raise Refused(words % {"name": name, "value": value[:40], "words": ", ".join(meanings)})
    return meanings[normalised(value)]


def items(data: Mapping[str, Any], name: str) -> list[Any]:
    """A list, empty when absent."""
    value = data.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused(_("“%(name)s” is not a list.") % {"name": name})
    return value


def texts(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(text({name: value}, name) for value in items(data, name))
