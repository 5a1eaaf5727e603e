"""An installation without an area: its addresses are not there for anybody, and nothing of it is left elsewhere."""

import re

import pytest
from django.conf import settings as project
from django.urls import reverse
from django.utils import translation
from django.utils.text import capfirst

from accounts import areas, viewing
from accounts.permissions import TABLE
from tests.walls.asking import HARMLESS, ask, writing_only
from tests.walls.roles import Role
from tests.walls.table import ROWS, Owner
from tests.walls.world import BODIES, World, arguments, standing

pytestmark = pytest.mark.django_db

ALL = project.AREAS
every_area = pytest.mark.parametrize("area", areas.SWITCHABLE)
# What a browser shows: words between tags, and what labels say.
WORDS = re.compile(r">([^<>]+)<|(?:aria-label|title|placeholder)=\"([^\"]+)\"")


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory) -> World:
    with standing(django_db_blocker, tmp_path_factory.mktemp("files")) as world:
        yield world


@pytest.fixture(autouse=True)
def files_of_the_test():
    """The disk is the world's."""


@pytest.fixture
def without(settings):
    """`without("training")` is an installation that has everything else."""

    def leave_out(*names):
        settings.AREAS = [name for name in ALL if name not in names]

    return leave_out


def rows_of(*names):
    """Those of the wall table that belong to what is absent."""
    return [row for row in ROWS if ":" in row.name and not areas.is_there(row.name.partition(":")[0])]


def test_the_setting_begins_with_every_area():
    assert tuple(ALL) == areas.SWITCHABLE


def test_what_cannot_be_left_out_is_always_there(settings):
    settings.AREAS = ["tickets"]

    assert all(areas.is_there(name) for name in ("home", "company", "management", "account", "people", "licences"))


@every_area
def test_no_address_of_an_absent_area_is_there(world, without, area):
    """For visitors, for whoever has every flag, and for support; nothing is written."""
    without(area)
    rows, wrong = rows_of(area), []
    for row in rows:
        for role in (Role.ANONYMOUS, Role.ALL, Role.NO_FLAGS, Role.SUPERUSER):
            url = reverse(row.name, kwargs=arguments(world, row.of, role, Owner.OWN))
            for method in ("GET", "POST"):
                body = BODIES[row.body](world, role) if method == "POST" else None
                with writing_only(HARMLESS):
                    answer = ask(world.browser(role), method, url, body).answer
                wrong += [] if answer == 404 else [(row.name, role, method, answer)]

    assert rows and wrong == []


def test_conversations_are_there_while_tickets_or_requests_are(world, without):
    url = reverse("thread:ticket", kwargs=arguments(world, "ticket", Role.ALL, Owner.OWN))
    without("tickets")
    assert {row.name.partition(":")[0] for row in rows_of()} == {"tickets", "guests"}
    without("tickets", "requests")

    assert ask(world.browser(Role.ALL), "GET", url).answer == 404
    assert {row.name.partition(":")[0] for row in rows_of()} == {"tickets", "guests", "requests", "approvals", "thread"}


@every_area
def test_support_that_sees_the_portal_as_a_person_finds_nothing_either(world, without, area):
    person, staff = world.people[Role.ALL], world.browser(Role.SUPERUSER)
    session = staff.session
    viewing.begin(session, by=world.people[Role.SUPERUSER], person=person, reason="Ayuda")
    session.save()
    without(area)

    urls = [reverse(row.name, kwargs=arguments(world, row.of, Role.ALL, Owner.OWN)) for row in rows_of(area)]

    assert "Ayuda" in staff.get(reverse("home")).content.decode()
    assert {url for url in urls if staff.get(url).status_code != 404} == set()


# --- no trace of it elsewhere ---


def words_on(page: str) -> set[str]:
    return {" ".join((found or label).split()) for found, label in WORDS.findall(page)}


def labels_of(area: str) -> set[str]:
    """The words by which people know it: in the menu, and the names of its permissions."""
    entry = next(one for one in areas.AREAS if one.namespace == area)
    with translation.override("es"):
        marks = [permission for permission in TABLE if not permission.is_offered]
        return {str(entry.label)} | {capfirst(str(mark.label)) for mark in marks} | {str(mark.help) for mark in marks}


FORMS = (
    "people:new",
    "people:list",
    "permissions:matrix",
    "people:import",
    "management:index",
    "home",
    "account:mails",
)


@every_area
def test_nothing_of_an_absent_area_is_left_in_menu_home_and_forms(world, without, area):
    asked = reverse("access_requests:detail", kwargs=arguments(world, "request for access", Role.ALL, Owner.OWN))
    pages = [*map(reverse, FORMS), asked]
    browser = world.browser(Role.ALL)
    before = headings(browser) | set().union(*(words_on(text_of(browser.get(url))) for url in pages))
    without(area)
    gone = labels_of(area)
    assert gone & before

    for url in pages:
        text = text_of(browser.get(url))
        assert not gone & words_on(text), url
        assert f'href="{reverse(next(one for one in areas.AREAS if one.namespace == area).url_name)}' not in text, url
    assert not gone & headings(browser)
    for flag in (permission.name for permission in TABLE if not permission.is_offered):
        assert flag not in text_of(browser.get(reverse("people:new")))


def text_of(answer) -> str:
    return answer.content.decode()


def headings(browser) -> set[str]:
    """Of the table of contacts."""
    first, *_rest = browser.get(reverse("people:template")).getvalue().decode("utf-8-sig").splitlines()
    return {cell.strip('"') for cell in first.split(";")}


@every_area
def test_visitors_find_no_door_to_it(world, without, area):
    entry = next(one for one in areas.AREAS if one.namespace == area)
    without(area)
    pages = [*map(reverse, ("root", "account_login", "information:contact", "search:results"))]

    for url in pages:
        text = world.browser(Role.ANONYMOUS).get(url).content.decode()
        assert f'href="{reverse(entry.url_name)}' not in text, url
        assert str(entry.label) not in words_on(text), url


def test_links_from_other_areas_are_gone(world, without):
    browser = world.browser(Role.ALL)
    release = reverse("releases:release", kwargs=arguments(world, "release", Role.ALL, Owner.OWN))
    update = reverse("downloads:release", kwargs=arguments(world, "update", Role.ALL, Owner.OWN))
    hours, new = reverse("training:hours"), reverse("tickets:new")
    assert update.rpartition("/")[0] and reverse("releases:news") in browser.get(update).content.decode()
    assert f'href="{new}?asunto=' in browser.get(hours).content.decode()

    without("tickets", "releases")
    assert f'href="{new}' not in browser.get(hours).content.decode()
    assert 'href="/novedades/' not in browser.get(update).content.decode()
    without("downloads")
    assert 'href="/descargas/' not in browser.get(release).content.decode()


def test_articles_are_not_suggested_where_there_is_no_help(world, without):
    browser = world.browser(Role.ALL)
    url = reverse("tickets:similar") + f"?subject={world.picture.article.title}"
    assert 'href="/ayuda/' in browser.get(url).content.decode()

    without("knowledge")

    assert 'href="/ayuda/' not in browser.get(url).content.decode()
