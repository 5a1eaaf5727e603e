"""What is new, and what takes a company from its version to the last, against an oracle that knows no SQL."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downloads.models import Component, Delivery, Installation, ReleaseFile
from files.models import StoredFile
from releases.models import Release
from releases.versions import sort_key
from tests.factories import ComponentFactory

pytestmark = pytest.mark.django_db

SLUGS = ("servidor", "cliente", "web")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

# Of each release: on which day it came out (two may share one, one is yet to come, None is a draft), and the content of
# each component's file; a component may be missing, and a release may be notes alone.
A_RELEASE = st.tuples(
    st.one_of(st.none(), st.integers(-4, 1)), st.dictionaries(st.sampled_from(SLUGS), st.sampled_from("abc"))
)
HISTORIES = st.lists(A_RELEASE, max_size=6)
# What a company says of each component: the number of a release, or that it does not use it, or nothing.
SAYINGS = st.dictionaries(st.sampled_from(SLUGS), st.one_of(st.none(), st.integers(0, 5)))
REPEATED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def written(db):
    components = {slug: ComponentFactory(slug=slug) for slug in SLUGS}

    def write(history):
        Installation.objects.all().delete()
        ReleaseFile.objects.all().delete()
        StoredFile.objects.all().delete()
        Release.objects.all().delete()
        contents = {letter: stored(letter) for letter in "abc"}
        return [row(number, day, files, components, contents) for number, (day, files) in enumerate(history)]

    return write


def stored(letter):
    return StoredFile.objects.create(
        key=letter, name=letter, size=1, sha256=letter * 64, content_type="x", kind="other"
    )


def row(number, day, files, components, contents):
    version = f"7.{number}"
    release = Delivery.objects.create(
        version=version,
        version_key=sort_key(version),
        state=Release.State.DRAFT if day is None else Release.State.PUBLISHED,
        published_at=None if day is None else NOW + timedelta(days=day),
    )
    for slug, letter in files.items():
        ReleaseFile.objects.create(
            release=release, component=components[slug], stored=contents[letter], name=slug, date=NOW.date()
        )
    return release


def needed(release, person):
    """The files of a release that the person's company lacks."""
    installed = Installation.objects.visible_to(person)
    files = release.files.in_cards().compared(before=None, installed=installed)
    return [file for file in files if file.is_needed]


def out_in_order(history):
    """Numbers of the releases with files that are out, oldest first."""
    numbers = [n for n, (day, files) in enumerate(history) if day is not None and day <= 0 and files]
    return sorted(numbers, key=lambda n: (history[n][0], n))


@REPEATED
@given(history=HISTORIES)
def test_new_is_what_the_update_before_did_not_have(written, history):
    releases = written(history)

    for number, release in enumerate(releases):
        order = out_in_order(history)
        if number in order:
            before = order[: order.index(number)]
        elif history[number][0] is None:
            before = order
        else:
            before = [n for n in order if (history[n][0], n) < (history[number][0], number)]
        former = history[before[-1]][1] if before else {}
        expected = {slug: former.get(slug) != letter for slug, letter in history[number][1].items()}

        files = release.files.in_cards().compared(before=release.previous(at=NOW))
        assert {file.component.slug: file.is_new for file in files} == expected


@REPEATED
@given(history=HISTORIES, said=SAYINGS)
def test_needed_is_what_differs_between_what_one_has_and_the_last(written, ana, history, said):
    releases = written(history)
    order = out_in_order(history)
    if not order:
        return
    said = {slug: number for slug, number in said.items() if number is None or number in order}
    by_slug = {component.slug: component for component in Component.objects.all()}
    installed = {by_slug[slug]: None if number is None else releases[number] for slug, number in said.items()}
    Installation.objects.say(installed, by=ana, at=NOW)

    last = history[order[-1]][1]
    expected = set()
    for slug, letter in last.items():
        if slug not in said or (said[slug] is not None and history[said[slug]][1].get(slug) != letter):
            expected.add(slug)

    files = needed(releases[order[-1]], ana)
    assert {file.component.slug for file in files} == expected


def test_a_release_of_notes_alone_makes_nothing_new(written):
    _first, _notes, last = written([(-3, {"web": "a"}), (-2, {}), (-1, {"web": "a"})])

    assert [file.is_new for file in last.files.compared(before=last.previous(at=NOW))] == [False]


def test_another_companys_word_changes_nothing(written, ana, carla):
    first, last = written([(-3, {"web": "a"}), (-2, {"web": "b"})])
    component = Component.objects.get(slug="web")
    Installation.objects.say({component: last}, by=carla, at=NOW)
    Installation.objects.say({component: first}, by=ana, at=NOW)

    assert [len(needed(last, person)) for person in (ana, carla)] == [1, 0]
