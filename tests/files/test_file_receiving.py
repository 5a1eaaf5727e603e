import errno
import hashlib
import os
import resource
import tracemalloc
from contextlib import contextmanager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import IntegrityError, transaction

from files import disk, receiving
from files.models import StoredFile
from files.receiving import Refused

MB = 1024 * 1024
PROGRAM = b"MZ\x90\x00" + bytes(60)
HUGE_GIF = b"GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02L\x01\x00;"


@contextmanager
def disk_that_holds(size):
    """The operating system lets this process write files of at most `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_received_file_waits_in_a_temporary_with_its_size_and_hash(receive, files_root):
    upload = receive("../Año.TXT", b"hola")

    assert (upload.name, upload.size, upload.kind) == ("Año.TXT", 4, "text")
    assert upload.sha256 == hashlib.sha256(b"hola").hexdigest()
    assert upload.temporary.parent == files_root / "tmp"
    assert upload.temporary.read_bytes() == b"hola"
    assert upload.temporary.stat().st_mode & 0o007 == 0


def test_a_kept_file_lies_under_a_random_key_and_no_temporary_stays(store, files_root, on_disk):
    stored = store("informe.pdf", b"%PDF-1.7\n")

    assert on_disk() == [f"{stored.key[:2]}/{stored.key}"]
    assert stored.path.read_bytes() == b"%PDF-1.7\n"
    assert len(stored.key) >= 43
    assert (stored.icon, stored.label, stored.has_preview) == ("document-text", "PDF", False)


def test_the_same_file_twice_is_two_files(store):
    assert store("a.txt", b"hola").path != store("a.txt", b"hola").path


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("vacio.txt", b"", "empty"),
        ("grande.txt", b"a" * (25 * MB + 1), "too_large"),
        ("informe.pdf", PROGRAM, "executable"),
        ("foto.gif", HUGE_GIF, "bomb"),
    ],
)
def test_a_refusal_names_the_file_and_leaves_nothing_on_the_disk(receive, on_disk, name, content, code):
    with pytest.raises(Refused) as refusal:
        receive(name, content)

    assert refusal.value.code == code
    assert name in refusal.value.messages[0]
    assert on_disk() == []


@pytest.mark.parametrize(("size", "is_taken"), [(MB - 1, True), (MB, True), (MB + 1, False)])
def test_the_limit_counts_the_bytes_that_came(settings, on_disk, size, is_taken):
    settings.FILE_MEGABYTES = 1
    uploaded = SimpleUploadedFile("a.txt", b"a" * size)
    uploaded.size = 3  # what the browser said

    if is_taken:
        assert receiving.receive(uploaded).size == size
    else:
        with pytest.raises(Refused):
            receiving.receive(uploaded)
        assert on_disk() == []


def test_staff_may_send_a_program(receive):
    assert receive("parche.exe", PROGRAM, allow_executables=True).content_type == "application/octet-stream"


def test_an_import_copies_a_file_and_leaves_the_original(tmp_path):
    original = tmp_path / "original"
    original.write_bytes(b"hola")

    upload = receiving.receive_path(original, "Año.txt")

    assert (upload.name, upload.temporary.read_bytes()) == ("Año.txt", b"hola")
    assert original.read_bytes() == b"hola"


def test_a_discarded_upload_is_gone_and_may_be_discarded_again(receive, on_disk):
    upload = receive("a.txt", b"hola")

    receiving.discard(upload)
    receiving.discard(upload)

    assert on_disk() == []


def test_a_full_disk_refuses_the_file_and_keeps_no_part_of_it(receive, on_disk):
    receive("antes.txt", b"hola")
    before = on_disk()

    with disk_that_holds(MB), pytest.raises(Refused) as refusal:
        receive("grande.txt", b"a" * (2 * MB))

    assert refusal.value.code == "no_room"
    assert on_disk() == before


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_is_full_only_when_synced_refuses_the_file_too(receive, on_disk, monkeypatch, number):
    def full(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(Refused) as refusal:
        receive("a.txt", b"hola")

    assert refusal.value.code == "no_room"
    assert on_disk() == []


def test_another_fault_of_the_disk_is_not_called_a_full_one_and_leaves_nothing(receive, on_disk, monkeypatch):
    def broken(descriptor):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)

    with pytest.raises(OSError, match="output error"):
        receive("a.txt", b"hola")

    assert on_disk() == []


def test_a_large_file_passes_through_little_memory():
    uploaded = TemporaryUploadedFile("grande.bin", "application/octet-stream", 0, None)
    for _number in range(25):
        uploaded.write(os.urandom(MB))
    uploaded.seek(0)
    uploaded.size = 25 * MB

    tracemalloc.start()
    try:
        upload = receiving.receive(uploaded)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert upload.size == 25 * MB
    assert peak < 5 * MB


def test_a_rolled_back_transaction_leaves_the_file_without_a_row(db, receive, on_disk):
    with pytest.raises(RuntimeError), transaction.atomic():
        stored = StoredFile.objects.keep(receive("a.txt", b"hola"))
        raise RuntimeError

    assert on_disk() == [f"{stored.key[:2]}/{stored.key}"]
    assert not StoredFile.objects.exists()


def test_a_deleted_row_leaves_its_file_to_the_janitor(store):
    stored = store("a.txt", b"hola")
    path = stored.path

    stored.delete()

    assert path.exists()


def test_the_database_refuses_an_empty_file(db):
    with pytest.raises(IntegrityError, match="stored_file_is_not_empty"), transaction.atomic():
        StoredFile.objects.create(key=disk.new_key(), name="a", size=0, sha256="", content_type="", kind="other")
