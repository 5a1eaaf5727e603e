from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from files import receiving
from files.models import StoredFile


@pytest.fixture(autouse=True)
def files_root(settings, tmp_path) -> Path:
    """A disk of one's own for each test."""
    settings.FILES_ROOT = tmp_path / "files"
    settings.FILE_MEGABYTES = 25
    settings.FILES_ACCEL_LOCATION = ""
    return settings.FILES_ROOT


@pytest.fixture
def receive():
    """Receive bytes under a name, as a form does."""

    def receive(name, content, **options):
        return receiving.receive(SimpleUploadedFile(name, content), **options)

    return receive


@pytest.fixture
def store(db, receive):
    """Receive and keep bytes under a name."""

    def store(name, content, **options):
        return StoredFile.objects.keep(receive(name, content, **options))

    return store


@pytest.fixture
def on_disk(files_root):
    """The paths of all files below the root, relative to it."""

    def on_disk():
        return sorted(str(path.relative_to(files_root)) for path in files_root.rglob("*") if path.is_file())

    return on_disk
