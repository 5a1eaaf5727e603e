from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.models import User

# A Thursday in Madrid's winter: a webinar at ten there, nine in the Canary Islands.
NOW = datetime(2026, 12, 3, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def files_root(settings, tmp_path) -> Path:
    """A disk of one's own for each test."""
    settings.FILES_ROOT = tmp_path / "files"
    settings.FILES_ACCEL_LOCATION = ""
    return settings.FILES_ROOT


def allow(*people):
    User.objects.filter(pk__in=[person.pk for person in people]).update(can_use_webinars=True)
    for person in people:
        person.can_use_webinars = True


@pytest.fixture
def ana(ana):
    """She watches webinars."""
    allow(ana)
    return ana


@pytest.fixture
def bruno(bruno):
    allow(bruno)
    return bruno


@pytest.fixture
def carla(carla):
    """Of the Canary Islands."""
    allow(carla)
    carla.company.time_zone = "Atlantic/Canary"
    carla.company.save()
    return carla
