"""What tables of libraries hold of people: the one list of them. A check compares it with what is installed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models

from accounts.models import User


@dataclass(frozen=True)
class Table:
    """A library's model whose rows belong to a person. `whose`: the lookup that leads to them; `shown`: the columns
    that they are given with their data, which leaves secrets out."""

    label: str
    whose: str
    shown: tuple[str, ...]

    @cached_property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)

    def rows(self, person: User) -> models.QuerySet:
        return self.model._base_manager.filter(**{self.whose: person})


OF_PEOPLE = (
    Table("account.EmailConfirmation", "email_address__user", ("created", "sent")),
    Table("account.EmailAddress", "user", ("email", "verified", "primary")),
    Table("mfa.Authenticator", "user", ("type", "created_at", "last_used_at")),
    Table("usersessions.UserSession", "user", ("ip", "user_agent", "created_at", "last_seen_at")),
)
# Those whose rows do not say in a column whose they are; `forget` knows.
BY_HAND = {"admin.LogEntry", "sessions.Session"}
OF_NOBODY = {"auth.Group", "auth.Permission", "contenttypes.ContentType"}

KNOWN = {table.label for table in OF_PEOPLE} | BY_HAND | OF_NOBODY


def tables() -> Iterator[Table]:
    """Those of the libraries that are in use."""
    installed = {model._meta.label for model in apps.get_models()}
    return (table for table in OF_PEOPLE if table.label in installed)


def forget(person: User, sessions: Iterable[str], *, name: str) -> None:
    """The person's rows go; the desk's own log calls them `name`."""
    for table in tables():
        table.rows(person).delete()
    Session.objects.filter(pk__in=sessions).delete()
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk))
    about.update(object_repr=name)
