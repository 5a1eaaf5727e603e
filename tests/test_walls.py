"""The walls: every address, for every role, on one's own things, a colleague's, another company's and absent ones.

The table is tests/walls/table.py, and tests/walls/desk.py for the admin.
"""

from contextlib import nullcontext

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts import areas
from accounts.middleware import BEFORE_THE_NEW_PASSWORD
from accounts.models import User
from portal import errors
from tests.walls import desk, document, fences, patterns
from tests.walls.asking import BY_READING, HARMLESS, Seen, Written, ask, writing_only
from tests.walls.roles import OUTSIDE, STAFF, Role
from tests.walls.table import (
    LOG_IN,
    OF_A_LIBRARY,
    OTHER_METHODS,
    PICTURES,
    PUBLIC_PAGES,
    ROWS,
    Gate,
    Owner,
    Row,
)
from tests.walls.world import ARGUMENTS, BODIES, World, arguments, standing
from tickets.models.tickets import TicketQuerySet

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory) -> World:
    with standing(django_db_blocker, tmp_path_factory.mktemp("files")) as world:
        yield world


@pytest.fixture(autouse=True)
def files_of_the_test():
    """The disk is the world's."""


def title(row: Row) -> str:
    return f"{row.name} {row.of}".strip().replace(" ", "-")


# Rows of things that belong to somebody.
OWNED = [row for row in ROWS if len(row.owners) == len(Owner)]
every_row = pytest.mark.parametrize("row", ROWS, ids=title)
every_role = pytest.mark.parametrize("role", Role, ids=str)


def call(world: World, row: Row, role: Role, method: str, owner: Owner) -> Seen:
    """What `role` sees; a call that is refused must not write."""
    names = arguments(world, row.of, role, owner)
    body = BODIES[row.body](world, role) if method == "POST" else None
    accepted = row.code(method) is not None and row.refusal(role) is None and row.shows(role, owner)
    with nullcontext() if accepted else writing_only(HARMLESS):
        return ask(world.browser(role), method, reverse(row.name, kwargs=names), body)


# --- the table is whole ---


def test_every_address_has_its_row_and_every_row_its_address():
    assert {row.name for row in ROWS} == {pattern.name for pattern in patterns.CUSTOMERS}


def test_every_row_gives_the_arguments_of_its_address(world):
    wanted = {pattern.name: pattern.arguments for pattern in patterns.CUSTOMERS}
    given = [(row, arguments(world, row.of, Role.TICKETS, Owner.OWN).keys()) for row in ROWS]

    assert [title(row) for row, names in given if names != wanted[row.name]] == []


def test_the_public_pages_are_those_of_the_list():
    assert {pattern.name for pattern in patterns.ALL if pattern.is_public} == PUBLIC_PAGES
    assert {row.name for row in ROWS if row.gate == Gate.PUBLIC} == PUBLIC_PAGES - {"admin:login"}  # a row of the desk


def test_every_page_behind_log_in_stands_in_an_area_or_on_a_list():
    known = areas.FLAG_OF_NAMESPACE.keys() | areas.OPEN_NAMESPACES | areas.STAFF_NAMESPACES
    lost = [
        pattern.name
        for pattern in patterns.ALL
        if not pattern.is_public
        and not (pattern.namespace in known if pattern.namespace else pattern.name in areas.OPEN_PAGES)
    ]

    assert lost == []


# --- the table holds ---


@every_role
@every_row
def test_the_wall_stands(world, row, role):
    """Each owner's thing gives the answer of the table, and what is not theirs the very answer of what is not there."""
    for method in ("GET", "POST"):
        seen = {owner: call(world, row, role, method, owner) for owner in row.owners}
        expected = {owner: row.answer(role, method, owner) for owner in row.owners}
        foreign = [owner for owner in row.owners if not row.shows(role, owner)]

        assert {owner: answer.answer for owner, answer in seen.items()} == expected, method
        for owner in foreign:
            assert seen[owner].unrandom() == seen[Owner.ABSENT].unrandom(), (method, owner)


@pytest.mark.parametrize("owner", [Owner.OWN, Owner.COLLEAGUE, Owner.OTHER], ids=str)
@pytest.mark.parametrize("row", OWNED, ids=title)
def test_behind_every_wall_there_is_something_to_be_seen(world, row, owner):
    """The refusals would hold as well if there were nothing: its owner does get the thing."""
    things = world.things_of(Role.ALL, owner)
    method = "POST" if row.get is None else "GET"
    body = BODIES[row.body](world, Role.ALL) if method == "POST" else None
    own_alone = row.gate == Gate.PEOPLE or not row.colleague
    colleague = world.colleague if own_alone else Role.ALL  # a manager sees those who manage nothing
    owner_of_it = {Owner.OWN: Role.ALL, Owner.COLLEAGUE: colleague, Owner.OTHER: world.stranger}[owner]

    seen = ask(world.browser(owner_of_it), method, reverse(row.name, kwargs=ARGUMENTS[row.of](things, things)), body)

    assert seen.answer == row.answer(Role.ALL, method, Owner.OWN)


@pytest.mark.parametrize("role", [Role.ANONYMOUS, Role.ALL], ids=str)
@every_row
def test_other_methods_open_nothing(world, row, role):
    url = reverse(row.name, kwargs=arguments(world, row.of, role, Owner.OWN))
    refusals = {row.refusal(role), 405} | ({200, 302} if row.name in OF_A_LIBRARY else set())
    with writing_only(BY_READING):
        read, head = (ask(world.browser(role), method, url) for method in ("GET", "HEAD"))
        options = ask(world.browser(role), "OPTIONS", url)
        others = {method: ask(world.browser(role), method, url).answer for method in OTHER_METHODS}

    assert (head.answer, head.body) == (read.answer, b"")
    assert options.answer in refusals | {200}
    assert options.body == b"" or options.answer == 403
    assert {method: answer for method, answer in others.items() if answer not in refusals} == {}


@pytest.mark.parametrize("role", [Role.ALL, Role.TICKETS, Role.NO_FLAGS, Role.SUPERUSER], ids=str)
@every_row
def test_reading_changes_nothing_and_is_kept_by_no_cache(world, row, role):
    with writing_only(BY_READING):
        seen = call(world, row, role, "GET", Owner.OWN)

    kept = "private, max-age=3600" if row.name in PICTURES and seen.answer == 200 else "no-store"
    assert kept in seen.headers["Cache-Control"]


# --- the desk ---

every_page_of_the_desk = pytest.mark.parametrize("pattern", patterns.DESK, ids=lambda pattern: pattern.shape)


def call_desk(world: World, pattern: patterns.Pattern, role: Role, method: str, *, absent: bool = False) -> Seen:
    url = pattern.url(desk.arguments(pattern, world, absent=absent))
    refused = desk.answer(pattern, role, method) in (LOG_IN, 403)
    with writing_only(HARMLESS) if refused else nullcontext():
        return ask(world.browser(role), method, url, {} if method == "POST" else None)


def test_every_page_of_the_desk_is_in_its_table(world):
    written = {desk.split(pattern)[1] for pattern in patterns.DESK if not desk.split(pattern)[0]}
    shown = {desk.split(pattern)[0] for pattern in patterns.DESK} - {""}

    assert (written, shown) == (desk.DEEDS.keys(), desk.MODELS.keys())


@pytest.mark.parametrize("role", [*OUTSIDE, Role.ALL, *STAFF], ids=str)
@every_page_of_the_desk
def test_the_wall_of_the_desk_stands(world, pattern, role):
    for method in ("GET", "POST"):
        seen = call_desk(world, pattern, role, method)

        assert seen.answer == desk.answer(pattern, role, method), method
        assert "no-store" in seen.headers["Cache-Control"]


@pytest.mark.parametrize("role", STAFF, ids=str)
@pytest.mark.parametrize(
    "pattern", [pattern for pattern in patterns.DESK if desk.names_a_row(pattern)], ids=lambda pattern: pattern.shape
)
def test_the_desk_says_that_a_row_is_not_there(world, pattern, role):
    for method, refusals in {"GET": (302, 403, 404), "POST": (302, 403, 404, 405)}.items():
        seen = call_desk(world, pattern, role, method, absent=True)

        assert seen.status in refusals, method


# --- a password that was given, not chosen ---


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.gate != Gate.PUBLIC and row.name not in BEFORE_THE_NEW_PASSWORD], ids=title
)
def test_who_must_change_the_password_reaches_nothing_else(world, row):
    User.objects.filter(pk=world.people[Role.ALL].pk).update(must_change_password=True)

    with writing_only(HARMLESS):
        for method in ("GET", "POST"):
            assert call(world, row, Role.ALL, method, Owner.OWN).headers["Location"] == reverse("account:password")


# --- forged requests ---

SECRET = "c" * 32
FORGERIES = {
    "without a token": ("", {}),
    "with another token": ("e" * 32, {}),
    "from another origin": (SECRET, {"HTTP_ORIGIN": "https://evil.example"}),
}


def strict_browser(world: World, role: Role) -> Client:
    """A browser of the person that holds the token of its forms, before a server that asks for it."""
    client = Client(enforce_csrf_checks=True)
    client.cookies.update(world.browser(role).cookies)
    client.cookies[settings.CSRF_COOKIE_NAME] = SECRET
    return client


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("row", [row for row in ROWS if row.post], ids=title)
def test_a_post_that_another_site_made_is_refused(world, row, forgery):
    token, headers = FORGERIES[forgery]
    url = reverse(row.name, kwargs=arguments(world, row.of, Role.ALL, Owner.OWN))
    body = BODIES[row.body](world, Role.ALL) | {"csrfmiddlewaretoken": token}

    with writing_only(HARMLESS):
        assert ask(strict_browser(world, Role.ALL), "POST", url, body, **headers).answer == 403


@every_page_of_the_desk
def test_a_post_to_the_desk_that_another_site_made_is_refused(world, pattern):
    url = pattern.url(desk.arguments(pattern, world))

    with writing_only(HARMLESS):
        assert ask(strict_browser(world, Role.SUPERUSER), "POST", url, {}).answer == 403


def test_the_same_post_with_the_token_of_the_form_is_taken(world):
    url, body = reverse("tickets:new"), BODIES["a ticket"](world, Role.ALL)

    assert ask(strict_browser(world, Role.ALL), "POST", url, body | {"csrfmiddlewaretoken": SECRET}).answer == 302


# --- the views' syntax trees ---


@pytest.mark.parametrize("path", fences.views(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_query_of_a_view_begins_at_a_fence(path):
    assert list(fences.breaches(path.read_text())) == []


def test_every_exception_from_the_fence_is_in_use():
    sources = "".join(path.read_text() for path in fences.views())

    assert [name for name in fences.ALLOWED if name not in sources] == []


@pytest.mark.parametrize(
    "source",
    [
        "Ticket.objects.get(number=number)",
        "Ticket.objects.filter(number=number).visible_to(user)",
        "tickets = Ticket.objects",
        "Ticket._default_manager.all()",
        "get_object_or_404(Ticket, number=number)",
    ],
)
def test_a_query_that_passes_no_fence_is_found(source):
    assert len(list(fences.breaches(source))) == 1


# --- the table for people ---


def test_the_rendered_table_is_up_to_date():
    assert document.PATH.read_text() == document.rendered(), document.COMMAND


# --- twins: with the guard taken away the tests above fail ---


def row_of(name: str, of: str = "") -> Row:
    return next(row for row in ROWS if (row.name, row.of) == (name, of))


def test_an_open_gate_would_be_noticed(world, monkeypatch):
    monkeypatch.setattr(areas, "opens", lambda user, match: True)

    with pytest.raises(AssertionError):
        test_the_wall_stands(world, row_of("tickets:list"), Role.NO_FLAGS)


def test_a_fence_that_is_down_would_be_noticed(world, monkeypatch):
    monkeypatch.setattr(TicketQuerySet, "visible_to", lambda tickets, user: tickets.all())

    with pytest.raises(AssertionError):
        test_the_wall_stands(world, row_of("thread:ticket", "ticket"), Role.TICKETS)


def test_other_words_for_what_is_not_theirs_would_be_noticed(world, monkeypatch):
    monkeypatch.setattr(errors, "page", lambda request, status, **words: HttpResponse(request.path[-5:], status=status))

    with pytest.raises(AssertionError):
        test_the_wall_stands(world, row_of("thread:ticket", "ticket"), Role.TICKETS)


def test_a_trace_left_by_a_refused_call_would_be_noticed(world):
    with pytest.raises(Written), writing_only(HARMLESS):
        ask(world.browser(Role.ALL), "POST", reverse("tickets:new"), BODIES["a ticket"](world, Role.ALL))
