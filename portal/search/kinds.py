"""What the search over everything looks through: each app offers what it finds, and an area that is closed to the
person is not asked at all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

import announcements.finding
import downloads.finding
import knowledge.finding
import releases.finding
import tickets.finding
import webinars.finding
from accounts import areas
from accounts.models import User
from downloads.models import Component, ReleaseFile
from text.hits import MOST, Hit
from text.search import some_row_holds, told_at_once
from tickets.models import Attachment, alarm
from webinars.models import Webinar

Find = Callable[..., list[Hit]]


@dataclass(frozen=True, slots=True)
class Kind:
    """Something that is sought.

    `areas`: the namespaces of which one must be open to the person; `of_visitors`: some of it is public; `held_in`:
    small tables, one of which must hold all the words, each company's by itself where `by_company` says so;
    `own_search`: the page of the area's own search, if any, in which `query` says where it looks.
    """

    label: str | Promise
    icon: str
    find: Find
    areas: tuple[str, ...]
    held_in: tuple[type[Model], ...] = ()
    by_company: bool = False
    of_visitors: bool = False
    own_search: str = ""
    query: tuple[tuple[str, str], ...] = ()


KINDS = (
    Kind(
        pgettext_lazy("menu", "Tickets"),
        "chat-bubble-left-right",
        tickets.finding.tickets,
        ("tickets", "requests"),
        own_search="tickets:list",
        query=(("estado", "todos"),),
    ),
    Kind(
        pgettext_lazy("menu", "Help"),
        "book-open",
        knowledge.finding.articles,
        ("knowledge",),
        of_visitors=True,
        own_search="knowledge:index",
    ),
    Kind(
        pgettext_lazy("menu", "What is new"),
        "sparkles",
        releases.finding.notes,
        ("releases",),
        own_search="releases:news",
    ),
    Kind(
        pgettext_lazy("menu", "Announcements"),
        "megaphone",
        announcements.finding.announcements,
        ("announcements",),
        of_visitors=True,
    ),
    Kind(
        pgettext_lazy("menu", "Downloads"),
        "arrow-down-tray",
        downloads.finding.files,
        ("downloads",),
        (ReleaseFile, Component),
    ),
    Kind(
        _("Files of tickets"),
        "paper-clip",
        tickets.finding.files,
        ("tickets", "requests"),
        (Attachment,),
        by_company=True,
    ),
    Kind(
        pgettext_lazy("menu", "Webinars"),
        "play-circle",
        webinars.finding.webinars,
        ("webinars",),
        (Webinar,),
        own_search="webinars:list",
    ),
)


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of a kind. `url` is the area's own search for the same words, "" where there is none."""

    kind: Kind
    hits: Sequence[Hit]
    has_more: bool
    url: str


def open_areas(user: User | AnonymousUser) -> set[str]:
    """The namespaces of the areas that stand in the person's menu."""
    return set(areas.opened_to(user))


def open_kinds(user: User | AnonymousUser) -> list[Kind]:
    """What this person, or a visitor, can find something of."""
    if not user.is_authenticated:
        return [kind for kind in KINDS if kind.of_visitors and any(map(areas.is_there, kind.areas))]
    opened = open_areas(user)
    return [kind for kind in KINDS if not opened.isdisjoint(kind.areas)]


def found(words: str, *, kinds: Iterable[Kind], person: User | AnonymousUser, at: datetime) -> Iterator[Group]:
    """Of each kind in which there is something, the first hits."""
    opened = open_areas(person) if person.is_authenticated else {kind.areas[0] for kind in KINDS if kind.of_visitors}
    for kind in kinds:
        hits = kind.find(words, person=person, at=at)
        if hits:
            yield Group(kind, hits[:MOST], len(hits) > MOST, address_of(kind, words, opened))


def worth_asking(words: str, kinds: Sequence[Kind], person: User | AnonymousUser) -> tuple[list[Kind], bool | None]:
    """Without the kinds in which nobody at all would find anything; and, of whoever uses tickets, whether the alarm is
    lit. One small query, which saves larger ones."""
    company = person.company_id if person.is_authenticated else None
    tables = {model: company if kind.by_company else None for kind in kinds for model in kind.held_in}
    questions = [some_row_holds(model, words, company=one) for model, one in tables.items()]
    if person.is_authenticated and person.can_use_tickets and company is not None:
        questions.append(alarm.lit(person, at=timezone.now()))
    answers = told_at_once(questions)
    is_lit = answers.pop() if len(answers) > len(tables) else None
    held = {model for model, is_held in zip(tables, answers, strict=True) if is_held}
    return [kind for kind in kinds if not kind.held_in or not held.isdisjoint(kind.held_in)], is_lit


def address_of(kind: Kind, words: str, opened: set[str]) -> str:
    is_open = kind.own_search.partition(":")[0] in opened
    return reverse(kind.own_search, query={**dict(kind.query), "q": words}) if is_open else ""
