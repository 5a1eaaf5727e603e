"""The measurement itself: its rows are those that the verbs would leave, and a page that is too slow is said."""

import os
import random
import subprocess
import sys
from collections import Counter

import pytest
from django.db import connection, models
from django.db.models import Count, F, Max, Q
from django.utils import timezone

from accounts.models import Company, User
from bench import population, updates, words
from bench.conversations import MODELS, Catalogue, Conversation
from bench.copying import Table, UnknownColumn, copy_rows, set_sequences
from bench.downloading import Toll
from bench.measuring import Samples
from bench.mixture import Day
from bench.pages import CARD, FLOORS, LIST, LIST_FLOOR, NOTE, PAGES, TICKET
from bench.people import count_tickets, write
from bench.scene import Scene
from bench.targets import GROWTH, Results, verdicts
from portal.processes import PRODUCTION
from releases.models import Release, ReleaseNote
from rigs.web import ROOT, Web
from tests.factories import open_ticket
from text import rendering
from tickets.models import Message, Ticket
from tickets.models.searching import found
from tickets.status import TURN_OF, Status

SIZE = 10_000


@pytest.fixture
def loaded(db):
    """The tickets of our company and of another one, out of ten thousand, in the database."""
    now = timezone.now()
    write(begin=population.begins_at(SIZE, now))
    places = list(population.places(SIZE, now=now))
    chosen = [place for place in places if place.company in (population.OURS, population.WRITERS)]
    catalogue = Catalogue.of_database()
    copy_rows((row for place in chosen for row in Conversation(place, catalogue, now).rows()), MODELS)
    set_sequences(MODELS)
    count_tickets(Counter(place.company for place in chosen))
    return Ticket.objects.filter(company=population.company_id(population.OURS))


@pytest.mark.postgres
class TestLoadedTickets:
    def test_they_keep_every_constraint(self, loaded):
        connection.check_constraints()

        assert loaded.count() > 40

    def test_their_counters_and_dates_are_those_of_their_messages(self, loaded):
        counted = loaded.annotate(
            messages_there=Count("messages", distinct=True),
            files_there=Count("attachments", distinct=True),
            last_there=Max("messages__created_at"),
            answered_there=Max("messages__created_at", filter=Q(messages__from_support=True)),
            seen_there=Max("events__created_at"),
        )
        wrong = counted.exclude(
            reply_count=F("messages_there") - 1, file_count=F("files_there"), last_message_at=F("last_there")
        )
        unlike = counted.exclude(answered_at=F("answered_there")).exclude(answered_at=None, answered_there=None)

        assert not wrong.exists()
        assert not unlike.exists()
        assert not counted.filter(Q(changed_at__lt=F("last_there")) | Q(changed_at__lt=F("seen_there"))).exists()

    def test_their_turn_follows_from_their_status(self, loaded):
        assert {ticket.turn == TURN_OF[Status(ticket.status)] for ticket in loaded} == {True}

    def test_the_next_ticket_has_the_next_number(self, loaded):
        company = Company.objects.get(pk=population.company_id(population.OURS))
        last = loaded.aggregate(last=Max("number"))["last"]

        assert open_ticket(company.people.first()).number == last + 1

    def test_the_words_that_are_looked_for_stand_where_the_measurement_expects_them(self, loaded):
        everywhere = Ticket.objects.all()

        assert found(loaded, words.RARE).count() == 3
        assert found(loaded, words.COMMON_ELSEWHERE).count() == 2
        assert found(loaded, words.ONLY_ELSEWHERE).count() == 0
        assert found(everywhere, words.ONLY_ELSEWHERE).count() > everywhere.count() / 4
        assert found(loaded, words.COMMON).count() > loaded.count() / 2

    def test_the_tickets_that_are_measured_have_what_their_pages_must_show(self, loaded):
        scene = Scene(SIZE)
        conversation, unread = (loaded.get(number=number) for number in (scene.conversation, scene.unread))

        assert (conversation.pk, unread.pk) == (scene.conversation_id, scene.unread_id)
        assert (conversation.messages.count(), unread.messages.count()) == (4, 4)
        assert conversation.attachments.filter(token=scene.file_token).exists()
        assert not unread.read_marks.exists()

    def test_messages_have_about_six_hundred_characters(self, loaded):
        lengths = [len(body) for body in Message.objects.values_list("body", flat=True)]

        assert 500 < sum(lengths) / len(lengths) < 700


@pytest.mark.postgres
def test_releases_have_as_many_notes_and_files_as_their_pages_must_show(loaded, browse):
    updates.write(timezone.now())
    reader = User.objects.get(login=population.login_of(population.OURS, population.UPDATER))
    news, shelf = (browse(reader).get(path) for path in ("/novedades/", "/descargas/"))

    assert (Release.objects.count(), ReleaseNote.objects.count()) == (500, 10_000)
    assert news.content.decode().count(NOTE) == 60
    assert "su ticket #" in news.content.decode()
    assert [file.is_new for file in shelf.context["shelf"].files].count(True) in (2, 3)
    assert shelf.content.decode().count(CARD) == len(shelf.context["shelf"].files)


def test_pages_that_wait_twice_as_long_beside_downloads_are_missed():
    results = measured()
    calm, busy = (Day(seconds=1, waits=[wait] * 200, wrong=[]) for wait in (0.010, 0.021))
    results.toll = Toll(calm, busy, megabytes_a_second=100)

    assert missed(results) == ["20 downloads beside them, nineteen of twenty ÷ without"]


def test_the_html_of_a_message_is_what_the_portal_makes_of_it():
    paragraphs = words.message(random.Random(1), by_support=False, marked=True)

    assert words.html_of(paragraphs) == rendering.message_html(words.body_of(paragraphs))


def test_the_same_ticket_is_made_again():
    now = timezone.now()
    place = next(population.places(SIZE, now=now))
    first, again = (list(Conversation(place, Catalogue([1], [1]), now).rows()) for _ in range(2))

    assert [row for model, row in first if model is Message] == [row for model, row in again if model is Message]


@pytest.mark.parametrize("row", [{"id": 1, "colour": "red"}, {"id": 1}])
def test_a_row_that_no_longer_fits_its_model_is_refused(row):
    with pytest.raises(UnknownColumn):
        Table(Ticket).add(row)


def test_what_a_row_does_not_say_has_the_default_of_the_model():
    table = Table(Company)
    table.add({"id": 1, "name": "Uno\tDos", "code": "UNO"} | dict.fromkeys(BLANK, "") | {"created_at": timezone.now()})
    line = dict(zip(table.fields, table.lines[0].split("\t"), strict=True))

    assert (line["name"], line["time_zone"], line["is_active"]) == (r"Uno\tDos", "Europe/Madrid", "True")


BLANK = [
    field.name
    for field in Company._meta.local_concrete_fields
    if isinstance(field, models.CharField | models.TextField) and field.blank
]


def measured(**seconds: float) -> Results:
    """Every page takes a millisecond at both sizes; those that are named, with 200,000 tickets, as long as said."""
    samples: Samples = {(page.name, size): [0.001] * 20 for page in (*FLOORS, *PAGES) for size in (10_000, 200_000)}
    for name, value in seconds.items():
        samples[name, 200_000] = [value] * 20
    return Results([10_000, 200_000], samples)


def missed(results: Results) -> list[str]:
    return [verdict.what for verdict in verdicts(results) if not verdict.holds]


def test_nothing_is_missed_when_everything_is_as_quick_as_the_floor():
    assert missed(measured()) == []


def test_a_page_at_its_limit_holds_and_one_beyond_it_is_missed():
    ratio, growth = f"{LIST.name} ÷ {LIST_FLOOR.name}", f"{LIST.name}, 200,000 ÷ 10,000 tickets"

    assert missed(measured(**{LIST.name: 0.001 * GROWTH})) == []
    assert missed(measured(**{LIST.name: 0.0019})) == [growth]
    assert missed(measured(**{LIST.name: 0.0021})) == [ratio, growth]


def test_a_quicker_floor_makes_the_same_page_too_slow():
    assert f"{TICKET.name} ÷ Floor: lean ticket" in missed(measured(**{"Floor: lean ticket": 0.0003}))


def test_too_many_queries_are_missed():
    results = measured()
    results.queries = {LIST.name: 9, TICKET.name: 8}

    assert missed(results) == [f"{LIST.name}, queries"]


def test_an_error_in_the_mixture_is_missed():
    results = measured()
    results.day = Day(seconds=1, waits=[0.001] * 200, wrong=["/tickets/: status 500"])

    assert missed(results) == ["40 mixed requests a second, errors"]


@pytest.mark.parametrize("command", ["bench", "faults"])
def test_it_starts_without_the_settings_of_a_portal(command):
    """It asks a portal from without; that portal's processes alone have settings."""
    variables = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    started = subprocess.run(
        [sys.executable, "-m", command, "--help"], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    assert (started.returncode, started.stderr) == (0, "")


def test_the_floor_has_the_models_of_the_portal():
    variables = os.environ | {"DJANGO_SETTINGS_MODULE": "bench.floor.settings"}
    begun = subprocess.run(
        [sys.executable, "-c", "import bench.floor.wsgi"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (begun.returncode, begun.stderr) == (0, "")


def test_the_web_server_is_the_one_of_production(tmp_path):
    assert PRODUCTION["web"] in " ".join(Web(tmp_path, environment={}).command())
