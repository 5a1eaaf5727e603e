from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from files import checks
from files.janitor import remove_unnamed
from files.models import StoredFile
from files.tasks import remove_unnamed_files

HOURS = timedelta(hours=1)


def test_a_file_that_a_crash_left_without_a_row_goes_after_24_hours(db, receive, on_disk):
    with pytest.raises(RuntimeError), transaction.atomic():
        StoredFile.objects.keep(receive("a.txt", b"hola"))
        raise RuntimeError
    now = timezone.now()

    assert remove_unnamed(at=now + 23.9 * HOURS) == 0
    assert len(on_disk()) == 1
    assert list(checks.unnamed(now)) == []
    assert list(checks.unnamed(now + 24.1 * HOURS)) == [f"Ninguna fila nombra el archivo {on_disk()[0]}."]

    assert remove_unnamed(at=now + 24.1 * HOURS) == 1
    assert on_disk() == []


def test_a_temporary_that_nobody_kept_goes_after_24_hours(db, receive, on_disk):
    receive("a.txt", b"hola")
    now = timezone.now()

    assert remove_unnamed(at=now + 23.9 * HOURS) == 0
    assert remove_unnamed(at=now + 24.1 * HOURS) == 1
    assert on_disk() == []


def test_a_display_copy_goes_with_the_row_of_its_file(store, on_disk):
    stored = store("a.txt", b"hola")
    stored.display_path.write_bytes(b"copy")
    assert remove_unnamed(at=timezone.now() + 48 * HOURS) == 0

    stored.delete()

    assert remove_unnamed(at=timezone.now() + 48 * HOURS) == 2
    assert on_disk() == []


def test_a_named_file_is_never_touched_however_old(store, on_disk):
    for number in range(5):
        store(f"{number}.txt", b"hola")
    before = on_disk()

    assert remove_unnamed(at=timezone.now() + 24 * 365 * 50 * HOURS) == 0

    assert on_disk() == before


def test_folders_that_are_not_ours_are_left_alone(db, files_root, on_disk):
    (files_root / "lost+found").mkdir(parents=True)
    (files_root / "lost+found" / "a").write_bytes(b"a")
    (files_root / "README").write_bytes(b"a")

    assert remove_unnamed(at=timezone.now() + 48 * HOURS) == 0
    assert on_disk() == ["README", "lost+found/a"]


def test_without_any_file_there_is_nothing_to_remove(db):
    remove_unnamed_files()

    assert list(checks.unnamed(timezone.now())) == []


def test_each_difference_between_disk_and_rows_is_a_fault(store):
    whole, missing, longer, other, copyless = (store(f"{n}.txt", b"hola") for n in range(5))
    missing.path.unlink()
    longer.path.write_bytes(b"hola y algo")
    other.path.write_bytes(b"adio")
    copyless.display_made(size=1, width=1, height=1)

    files = StoredFile.objects.order_by("pk")
    assert list(checks.measured(files, at=timezone.now())) == [
        f"Falta el archivo guardado {missing.pk}.",
        f"El archivo guardado {longer.pk} tiene otro tamaño.",
        f"El archivo guardado {copyless.pk} ha perdido su miniatura.",
    ]
    assert list(checks.read(files)) == [f"El archivo guardado {other.pk} tiene otro contenido."]
    assert whole.path.exists()
