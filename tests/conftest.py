"""People in tests have names and a reason.

`ana` writes for Ibarra; `bruno` is her manager and sees the company's tickets; `diego` is a colleague without that
view; `carla` belongs to Norte and must never see Ibarra; `agent` answers on the desk; `boss` administers it.
"""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache, caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from accounts import append_only, limits
from announcements.board import UNDER_WAY
from files import scanning
from files.receiving import receive
from mail.models import OutgoingMail
from tests.clamd import FakeClamd
from tests.factories import CompanyFactory, StaffFactory, UserFactory, new_draft


def pytest_collection_modifyitems(items):
    """Races count only on PostgreSQL."""
    if "postgres" in os.environ.get("DATABASE_URL", ""):
        return
    skip = pytest.mark.skip(reason="needs PostgreSQL")
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(skip)


@pytest.fixture
def real_data() -> Path:
    """The folder of real input, where there is one."""
    folder = os.environ.get("PORTAL_REAL_DATA", "")
    if not folder:
        pytest.skip("PORTAL_REAL_DATA is not set")
    return Path(folder)


@pytest.fixture(scope="session", autouse=True)
def the_logbook_gives_way_to_a_flush():
    """Where a test's tables are emptied by DELETE, as on SQLite, the triggers that refuse it go first. What Django
    sends after a flush makes them again."""
    flush = type(connection.ops).execute_sql_flush
    released = [removal for table in append_only.tables() for removal in append_only.removals(connection.vendor, table)]
    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "sqlite":
            patch.setattr(type(connection.ops), "execute_sql_flush", lambda ops, sql: flush(ops, released + sql))
        yield


@pytest.fixture(autouse=True)
def nothing_is_counted_yet():
    """What is limited is counted in the cache, for all tests together."""
    cache.clear()


@pytest.fixture(autouse=True)
def nothing_goes_on():
    """The process knows what fails for longer than a test lasts: it begins with nothing."""
    caches["process"].set(UNDER_WAY, [], None)


@pytest.fixture
def ibarra(db):
    return CompanyFactory(name="Talleres Ibarra, S.L.", code="IBA")


@pytest.fixture
def norte(db):
    return CompanyFactory(name="Clínicas Norte", code="NOR")


@pytest.fixture
def ana(ibarra):
    return UserFactory(company=ibarra, first_name="Ana", last_name="Ruiz")


@pytest.fixture
def bruno(ibarra):
    return UserFactory(
        company=ibarra,
        first_name="Bruno",
        last_name="Etxeberria",
        is_company_manager=True,
        can_see_company_tickets=True,
    )


@pytest.fixture
def diego(ibarra):
    return UserFactory(company=ibarra, first_name="Diego", last_name="Sanz")


@pytest.fixture
def carla(norte):
    return UserFactory(
        company=norte, first_name="Carla", last_name="Vidal", is_company_manager=True, can_see_company_tickets=True
    )


@pytest.fixture
def agent(db):
    person = StaffFactory(first_name="Marta", last_name="Soler")
    person.groups.add(Group.objects.get(name="Agente"))
    return person


@pytest.fixture
def boss(db):
    return StaffFactory(first_name="Olga", last_name="Prieto", is_superuser=True)


@pytest.fixture
def browse():
    """`browse(ana)` is a browser in which ana is logged in; `browse()` one of a visitor."""

    def browser(person=None, **options) -> Client:
        client = Client(**options)
        if person is not None:
            client.force_login(person)
        return client

    return browser


@pytest.fixture
def window(monkeypatch):
    """What is limited by the minute or the hour is spent in one of them, however slow the machine is."""
    now = limits.clock()
    monkeypatch.setattr(limits, "clock", lambda: now)


@pytest.fixture
def is_postgres():
    return connection.vendor == "postgresql"


@pytest.fixture
def attach():
    """`attach(ana, "a.txt", …)`: files that wait in one of Ana's drafts, ready for a verb."""

    def attached(person, *names, content=b"contenido"):
        draft = new_draft(person)
        return draft.add([receive(SimpleUploadedFile(name, content)) for name in names])

    return attached


@pytest.fixture
def clamd(settings):
    """The scanner that the portal asks; it finds EICAR, unless a test tells it to do otherwise."""
    scanner = FakeClamd()
    settings.CLAMAV_SOCKET = scanner.address
    cache.delete_many([scanning.RESTING, scanning.SILENT])
    yield scanner
    scanner.stop()
    cache.delete_many([scanning.RESTING, scanning.SILENT])


@pytest.fixture
def unguarded():
    """`unguarded()` takes away what refuses changes of the logbook: for its rows to be altered as nobody may."""

    def take(table="accounts_auditentry"):
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no trigger goes while checks of its table wait
            for removal in append_only.removals(connection.vendor, table):
                cursor.execute(removal)

    return take


@pytest.fixture
def mails():
    """`mails()` is what waits in the outbox as {(kind, address)}; `mails.clear()` forgets it."""

    def waiting():
        rows = list(OutgoingMail.objects.values_list("kind", "address"))
        assert len(rows) == len(set(rows)), "a mail went out twice"
        return set(rows)

    waiting.clear = OutgoingMail.objects.all().delete
    return waiting
