from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group

from tests.factories import PASSWORD, StaffFactory

# A Thursday in Madrid's winter.
NOW = datetime(2026, 12, 3, 9, tzinfo=UTC)


@pytest.fixture
def editor(db):
    person = StaffFactory(first_name="Elena")
    person.groups.add(Group.objects.get(name="Publicación"))
    return person


@pytest.fixture
def log_in(browse):
    """`log_in(ana)` is a browser in which Ana has just given her password."""

    def browser(person):
        client = browse()
        client.post("/acceso/", {"login": person.login, "password": PASSWORD})
        return client

    return browser
