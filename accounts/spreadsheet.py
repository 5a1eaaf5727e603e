"""Contacts as rows of a table: one list of columns for what is exported, imported and shown as a template."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.models import AuditEntry, User
from accounts.permissions import BY_NAME, PERMISSIONS
from tables import csv
from text.search import bare
from text.words import normalised, one_line

YES = frozenset({"si", "s", "yes", "y", "x", "1", "true", "verdadero", "on"})
NO = frozenset({"no", "n", "0", "false", "falso", "off", "-"})
DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
# How people call the columns besides their names, without accents and capitals.
ALSO_CALLED = {
    "correo": "email", "email": "email", "e-mail": "email", "mail": "email", "e-mail address": "email",
    "correo electronico": "email", "apellido": "last_name", "surname": "last_name", "name": "first_name",
    "movil": "phone", "tel": "phone", "telephone": "phone", "phone": "phone", "usuario": "login", "login": "login",
    "user name": "login", "user": "login", "acceso": "has_portal_access", "access": "has_portal_access",
    "puede entrar": "has_portal_access", "may log in": "has_portal_access",
    "gestiona los usuarios de la empresa": "is_company_manager", "manages the company's users": "is_company_manager",
    "ve todos los tickets de la empresa": "can_see_company_tickets",
    "sees all the company's tickets": "can_see_company_tickets",
    "puede aceptar presupuestos": "can_accept_quotes", "may accept quotes": "can_accept_quotes",
    "puede reservar formacion": "can_book_training", "may book training": "can_book_training",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """`read` gives the value of a cell that is not empty, or raises ValidationError; `write` the cell of a value."""

    name: str
    label: Any
    read: Callable[[str], Any]
    write: Callable[[Any], csv.Cell]


def read_flag(cell: str) -> bool:
    word = bare(cell)
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValidationError(_("Write yes or no."))


def write_flag(value: bool) -> str:
    return pgettext("a permission in a table", "yes") if value else pgettext("a permission in a table", "no")


def read_day(cell: str) -> date:
    for form in DAYS:
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007  # a day, of whatever zone
        except ValueError:
            continue
    raise ValidationError(_("Write the day as 2026-12-31 or 31/12/2026."))


def write_day(value: date | None) -> str:
    return value.isoformat() if value else ""


def read_language(cell: str) -> str:
    """By its code or by its name in either language."""
    for code, name in settings.LANGUAGES:
        if bare(cell) in {bare(word) for word in (code, *in_both_languages(name))}:
            return code
    raise ValidationError(_("The portal does not speak this language."))


def unique_name(cell: str) -> str:
    """An address or a login as the database compares it; it never keeps what it cannot hold."""
    return normalised(one_line(cell))


def reader_of(name: str, tidy: Callable[[str], str]) -> Callable[[str], str]:
    """What the column of the table of people accepts."""
    return lambda cell: User._meta.get_field(name).clean(tidy(cell), None)


def data_column(name: str, read: Callable[[str], Any], write: Callable[[Any], csv.Cell] = str) -> Column:
    return Column(name, User._meta.get_field(name).verbose_name, read, write)


def text_column(name: str, tidy: Callable[[str], str] = one_line) -> Column:
    return data_column(name, reader_of(name, tidy), lambda value: value or "")


ACTIVE = data_column("is_active", read_flag, write_flag)
COLUMNS = {
    column.name: column
    for column in (
        text_column("email", unique_name),
        text_column("first_name"),
        text_column("last_name"),
        text_column("phone"),
        data_column("language", read_language),
        text_column("login", unique_name),
        data_column("access_until", read_day, write_day),
        ACTIVE,
        *(Column(name, BY_NAME[name].label, read_flag, write_flag) for name in PERMISSIONS),
    )
}


def columns() -> dict[str, Column]:
    """Without those of areas that the installation does not have."""
    return {name: column for name, column in COLUMNS.items() if name not in BY_NAME or BY_NAME[name].is_offered}


REQUIRED = {"email": gettext_lazy("e-mail address")}


def headings() -> list[str]:
    """In the reader's language."""
    return [capfirst(str(column.label)) for column in columns().values()]


def rows_of(people: Iterable[User], *, by: User) -> Generator[list[csv.Cell], None, None]:
    """One row for each person; that they were taken out is noted before the first one."""
    AuditEntry.write(AuditEntry.Kind.DATA_EXPORTED, by=by, company=by.company, changes={"export": [None, "people"]})
    shown = columns()
    for person in people:
        yield [column.write(getattr(person, name)) for name, column in shown.items()]


def template() -> Generator[list[csv.Cell], None, None]:
    """Two people as an example: one with access, and one who only hears of things by mail."""
    examples: tuple[dict[str, Any], ...] = (
        {"email": "jon.ibarra@empresa.example", "first_name": "Jon", "last_name": "Ibarra", "language": "es",
         "login": "jon.ibarra", "is_active": True, "has_portal_access": True, "can_use_tickets": True},
        {"email": "avisos@empresa.example", "first_name": _("Notices"), "language": "es", "is_active": True,
         "receives_general_mail": True},
    )  # fmt: skip
    shown = columns()
    for example in examples:
        person = User(**example)
        yield [column.write(getattr(person, name)) for name, column in shown.items()]


def column_of(heading: str) -> str | None:
    """The column that a heading means, in either language."""
    name = _known_headings().get(" ".join(bare(heading).split()))
    return name if name in columns() else None


@cache
def _known_headings() -> dict[str, str]:
    by_label = {bare(word): column.name for column in COLUMNS.values() for word in in_both_languages(column.label)}
    by_head = {bare(word): name for name in PERMISSIONS for word in in_both_languages(BY_NAME[name].noun)}
    return ALSO_CALLED | by_head | by_label


def in_both_languages(label: Any) -> list[str]:
    words = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            words.append(str(label))
    return words
