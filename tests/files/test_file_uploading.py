"""F20: no room on the disk where the web server puts aside what comes in."""

import errno
import tempfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.urls import reverse

from tests.walls.forms import ticket_data
from tickets.models import Attachment, Ticket

pytestmark = pytest.mark.django_db
LARGE = b"x" * (3 * 2**20)  # more than is kept in memory


@pytest.fixture
def put_aside(settings, tmp_path, monkeypatch):
    """The folder of what is put aside, on this disk."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def full_disk(put_aside, monkeypatch):
    """`full_disk(ENOSPC)`: writing what is put aside fails with this error."""

    def fail(number: int) -> None:
        def write(file, data):
            raise OSError(number, "failed on purpose")

        monkeypatch.setattr(TemporaryUploadedFile, "write", write, raising=False)

    return fail


def send(browser, *files):
    return browser.post(reverse("tickets:new"), ticket_data(body="No arranca.", files=list(files)))


def test_a_large_file_for_which_there_is_no_room_is_refused_and_the_rest_of_the_form_kept(
    ana, browse, full_disk, put_aside
):
    full_disk(errno.ENOSPC)

    page = send(browse(ana), SimpleUploadedFile("grande.log", LARGE)).content.decode()

    assert "“grande.log”" in page or "«grande.log»" in page
    assert "No arranca.</textarea>" in page
    assert not Ticket.objects.exists()
    assert list(put_aside.glob("*.upload*")) == []


def test_small_files_beside_it_are_not_taken_either(ana, browse, full_disk):
    """All of them, or none with a reason."""
    full_disk(errno.ENOSPC)

    send(browse(ana), SimpleUploadedFile("grande.log", LARGE), SimpleUploadedFile("pequeño.log", b"x"))

    assert not Attachment.objects.exists()


def test_with_room_again_the_same_form_is_sent(ana, browse, full_disk, monkeypatch):
    full_disk(errno.ENOSPC)
    browser = browse(ana)
    send(browser, SimpleUploadedFile("grande.log", LARGE))
    monkeypatch.undo()

    assert send(browser, SimpleUploadedFile("grande.log", LARGE)).status_code == 302
    assert Attachment.objects.get().stored.size == len(LARGE)


def test_another_fault_of_the_disk_is_no_want_of_room(ana, browse, full_disk):
    full_disk(errno.EIO)

    with pytest.raises(OSError, match="on purpose"):
        send(browse(ana), SimpleUploadedFile("grande.log", LARGE))


def test_twin_with_djangos_own_handler_the_request_fails(ana, browse, full_disk, settings):
    settings.FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
    full_disk(errno.ENOSPC)

    with pytest.raises(OSError, match="on purpose"):
        send(browse(ana), SimpleUploadedFile("grande.log", LARGE))
