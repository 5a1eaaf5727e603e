from pathlib import Path

import pytest

from downloads.models import ReleaseFile


@pytest.fixture(autouse=True)
def files_root(settings, tmp_path) -> Path:
    """A disk of one's own for each test."""
    settings.FILES_ROOT = tmp_path / "files"
    settings.FILES_ACCEL_LOCATION = ""
    return settings.FILES_ROOT


@pytest.fixture
def ana(ana):
    """She updates the product."""
    ana.can_use_downloads = True
    ana.save(update_fields=["can_use_downloads"])
    return ana


@pytest.fixture
def carla(carla):
    carla.can_use_downloads = True
    carla.save(update_fields=["can_use_downloads"])
    return carla


@pytest.fixture
def seen():
    """`seen(ana)`: the names of the files that exist for her, sorted."""

    def names(person, **options):
        return sorted(ReleaseFile.objects.visible_to(person, **options).values_list("name", flat=True))

    return names
