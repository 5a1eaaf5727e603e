"""The antivirus' sweep: what waits is scanned, what is infected is locked away, and a silent scanner costs nothing."""

import io
import logging
import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation
from PIL import Image

from files import alone, checks, janitor, quarantine, scanner, scanning
from files.display import make_display_copies
from files.models import StoredFile
from files.scanning import scan_waiting
from files.tasks import scan_waiting_files, tidy_quarantine
from tests.clamd import EICAR

State, Display = StoredFile.ScanState, StoredFile.DisplayState
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def now():
    """Later than whatever the test stores."""
    return timezone.now() + MINUTE


def picture(end: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(buffer, "PNG")
    return buffer.getvalue() + end


def state_of(stored) -> tuple:
    stored.refresh_from_db()
    return stored.scan_state, stored.scan_attempts, stored.scan_due_at


def faults(at) -> list[str]:
    """What `portal_check` says of the disk."""
    files = StoredFile.objects.order_by("pk")
    return [*checks.measured(files, at=at), *checks.read(files), *checks.unnamed(at)]


def attempt_after_rest(at) -> int:
    """A sweep at a time when the scanner may be asked again."""
    cache.delete(scanning.RESTING)
    return scan_waiting(at=at)


# --- verdicts ---


def test_without_a_scanner_files_are_not_scanned_and_open(store, now):
    stored = store("a.txt", b"hola")

    assert scan_waiting(at=now) == 0

    assert state_of(stored) == (State.NOT_SCANNED, 0, None)
    assert not stored.is_withheld


def test_a_file_waits_for_the_scanner_and_is_clean_then(clamd, store, now):
    stored = store("a.txt", b"hola")
    assert stored.is_withheld

    assert scan_waiting(at=now) == 1

    assert state_of(stored) == (State.CLEAN, 1, None)
    assert (stored.scanned_at, stored.is_withheld) == (now, False)
    assert clamd.scanned == [b"hola"]
    assert scan_waiting(at=now + DAY) == 0


def test_an_infected_file_leaves_the_served_ones_for_a_folder_of_its_owner_alone(clamd, store, now, on_disk):
    stored = store("a.txt", EICAR)

    scan_waiting(at=now)

    assert state_of(stored) == (State.INFECTED, 1, None)
    assert (stored.scan_finding, stored.scanned_at, stored.is_withheld) == ("Eicar-Signature", now, True)
    assert on_disk() == [f"quarantine/{stored.key}"]
    assert stored.quarantine_path.read_bytes() == EICAR
    assert stored.quarantine_path.stat().st_mode & 0o777 == 0o600
    assert stored.quarantine_path.parent.stat().st_mode & 0o777 == 0o700


def test_a_picture_is_not_decoded_before_the_scanner_has_looked_at_it(clamd, store, now):
    stored = store("foto.png", picture())
    assert make_display_copies(at=now) == 0

    scan_waiting(at=now)

    assert make_display_copies(at=now) == 1
    stored.refresh_from_db()
    assert stored.has_preview


def test_an_infected_picture_is_never_decoded_and_stands_nowhere_as_a_picture(clamd, store, now):
    stored = store("foto.png", picture(EICAR))

    scan_waiting(at=now)

    assert make_display_copies(at=now + DAY) == 0
    stored.refresh_from_db()
    assert (stored.display_state, stored.is_picture) == (Display.FAILED, False)


def test_the_newest_file_is_scanned_first(clamd, store, now):
    for content in (b"uno", b"dos", b"tres"):
        store("a.txt", content)

    assert scan_waiting(at=now, limit=2) == 2

    assert clamd.scanned == [b"tres", b"dos"]


def test_a_round_ends_with_the_file_that_took_its_time(clamd, store, now, monkeypatch):
    for content in (b"uno", b"dos"):
        store("a.txt", content)
    monkeypatch.setattr(scanning, "ROUND_SECONDS", 0)

    assert scan_waiting(at=now) == 1
    assert scan_waiting(at=now) == 1

    assert clamd.scanned == [b"dos", b"uno"]


def test_the_task_scans_what_waits(clamd, store):
    stored = store("a.txt", b"hola")

    scan_waiting_files()

    assert state_of(stored)[0] == State.CLEAN


# --- no verdict ---


def test_a_file_of_which_nothing_is_said_is_tried_five_times_and_stays_without_a_verdict(clamd, store, now):
    stored = store("a.txt", b"hola")
    clamd.answer = b"garbage\0"
    delays = [10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE]

    at = now
    for attempt, delay in enumerate(delays, start=1):
        assert scan_waiting(at=at) == 1
        assert state_of(stored) == (State.PENDING, attempt, at + delay)
        assert scan_waiting(at=at + delay - SECOND) == 0
        at += delay
    assert scan_waiting(at=at) == 1

    assert state_of(stored) == (State.NOT_SCANNED, 5, None)
    assert (stored.scanned_at, stored.is_withheld) == (None, False)


def test_a_file_larger_than_the_scanner_takes_is_not_scanned_and_never_clean(clamd, store, now, monkeypatch):
    stored = store("a.bin", b"\0" * 100_000)
    monkeypatch.setattr(scanner, "scan", refusing(scanner.TooLarge))

    scan_waiting(at=now)

    assert state_of(stored) == (State.NOT_SCANNED, 1, None)


def refusing(kind):
    def scan(path):
        raise kind("no")

    return scan


def test_one_bad_file_does_not_hold_up_the_others(clamd, store, now):
    gone, good = store("a.txt", b"hola"), store("b.txt", b"adios")
    gone.path.unlink()

    assert scan_waiting(at=now) == 2

    assert (state_of(gone)[0], state_of(good)[0]) == (State.PENDING, State.CLEAN)


def test_a_file_whose_every_scan_killed_the_worker_is_given_up(clamd, store, now):
    stored, at = store("a.txt", b"hola"), now
    for _attempt in range(5):
        assert StoredFile.objects.get().claim_scan(at)
        assert scan_waiting(at=at + 4 * MINUTE) == 0
        at += 6 * MINUTE

    assert scan_waiting(at=at) == 0

    assert state_of(stored) == (State.NOT_SCANNED, 5, None)
    assert clamd.scanned == []


# --- a silent scanner ---


def test_a_scanner_that_is_down_spends_no_attempt_however_long(clamd, store, now):
    stored = store("a.txt", b"hola")
    before = state_of(stored)
    clamd.pong = b"garbage\0"

    for hours in range(72):
        assert attempt_after_rest(now + hours * timedelta(hours=1)) == 0

    assert state_of(stored) == before
    assert (stored.is_withheld, stored.path.read_bytes()) == (True, b"hola")

    clamd.pong = b"PONG\0"
    attempt_after_rest(now + 4 * DAY)
    assert state_of(stored)[0] == State.CLEAN


def test_a_silent_scanner_is_an_error_once_and_then_left_alone_for_a_while(clamd, store, now, caplog):
    caplog.set_level(logging.INFO, "files.scanning")
    store("a.txt", b"hola")
    clamd.pong = b"garbage\0"
    assert not scanning.is_silent()

    for _sweep in range(10):
        scan_waiting(at=now)
    assert clamd.pings == 1
    for _sweep in range(3):
        attempt_after_rest(now)

    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO", "INFO", "INFO"]
    assert scanning.is_silent()
    clamd.pong = b"PONG\0"
    attempt_after_rest(now)
    assert not scanning.is_silent()


def test_a_scanner_that_falls_silent_in_the_middle_of_a_round_is_silent(clamd, store, now, monkeypatch):
    for content in (b"uno", b"dos"):
        store("a.txt", content)
    ping = scanner.ping

    def ping_once():
        clamd.pong = b"garbage\0" if clamd.pings else clamd.pong
        ping()

    monkeypatch.setattr(scanner, "ping", ping_once)

    assert scan_waiting(at=now) == 1
    assert scanning.is_silent()


def test_without_a_scanner_any_more_what_waits_for_it_is_open_again(clamd, store, now, settings):
    stored = store("a.txt", b"hola")
    settings.CLAMAV_SOCKET = None

    scan_waiting(at=now)

    assert state_of(stored) == (State.NOT_SCANNED, 0, None)


# --- several workers ---


def test_only_one_hand_of_the_worker_talks_to_the_scanner(clamd, store):
    store("a.txt", b"hola")

    with alone.on_this_machine("scanning"):
        scan_waiting_files()
    assert (clamd.pings, clamd.scanned) == (0, [])

    scan_waiting_files()
    assert clamd.scanned == [b"hola"]


def sweep_at_once(clamd, at) -> list[int]:
    """How many files each of two workers tried, both having seen the same one before either claimed it."""
    clamd.meet, tried = threading.Barrier(2), []

    def work() -> None:
        try:
            tried.append(scan_waiting(at=at))
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sorted(tried)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_scan_a_file_once(clamd, store, now):
    store("a.txt", b"hola")

    assert sweep_at_once(clamd, now) == [0, 1]
    assert clamd.scanned == [b"hola"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_twin_without_the_conditional_claim_it_is_scanned_twice(clamd, store, now, monkeypatch):
    monkeypatch.setattr(StoredFile, "claim_scan", lambda stored, at: True)
    store("a.txt", b"hola")

    assert sweep_at_once(clamd, now) == [1, 1]
    assert clamd.scanned == [b"hola", b"hola"]


def test_a_late_failure_does_not_take_the_file_from_who_scans_it_now(clamd, store, now):
    slow, later = store("a.txt", b"hola"), now + 6 * MINUTE
    slow.claim_scan(now)
    StoredFile.objects.get().claim_scan(later)

    slow.scan_failed(at=later, for_good=True)

    assert state_of(slow) == (State.PENDING, 2, later + StoredFile.SCAN_LEASE)


def test_what_was_found_infected_stays_so_whatever_is_said_later(clamd, store, now):
    stored = store("a.txt", EICAR)
    late = StoredFile.objects.get()
    scan_waiting(at=now)

    late.found_clean(at=now)
    late.scan_failed(at=now, for_good=True)

    assert state_of(stored)[0] == State.INFECTED


def test_a_copy_that_was_being_made_of_an_infected_picture_is_not_shown(store, now):
    stored = store("foto.png", picture())
    making = StoredFile.objects.get()
    stored.found_infected("Eicar", at=now)

    making.display_made(size=1, width=1, height=1)

    stored.refresh_from_db()
    assert not stored.has_preview


def test_a_file_that_was_removed_while_it_was_scanned_is_forgotten(clamd, store, now):
    stored = store("a.txt", EICAR)
    StoredFile.objects.all().delete()

    scanning.examine(stored, at=now)

    assert not StoredFile.objects.exists()
    assert janitor.remove_unnamed(at=timezone.now() + 2 * DAY) == 1


# --- the quarantine ---


def test_what_lies_in_quarantine_goes_after_90_days_and_its_row_stays_marked(clamd, store, now, on_disk):
    stored = store("a.txt", EICAR)
    scan_waiting(at=now)

    quarantine.tidy(at=now + 90 * DAY)
    assert on_disk() == [f"quarantine/{stored.key}"]
    quarantine.tidy(at=now + 90 * DAY + SECOND)
    assert on_disk() == []

    assert state_of(stored)[0] == State.INFECTED
    assert faults(now + 91 * DAY) == []


def test_what_a_crash_left_among_the_served_files_is_locked_away(store, now, on_disk):
    stored = store("foto.png", picture())
    make_display_copies(at=now)
    stored.refresh_from_db()
    stored.found_infected("Eicar", at=now)
    with translation.override("en"):
        assert faults(now) == [f"Stored file {stored.pk} is infected and lies among those that are served."]

    tidy_quarantine()

    assert on_disk() == [f"quarantine/{stored.key}"]
    assert faults(now) == []


def test_a_file_that_cannot_be_moved_is_withheld_all_the_same(clamd, store, now, files_root, caplog):
    stored = store("a.txt", EICAR)
    (files_root / "quarantine").write_bytes(b"in the way")

    scan_waiting(at=now)

    assert state_of(stored)[0] == State.INFECTED
    assert stored.is_withheld
    assert f"Stored file {stored.pk} not moved to the quarantine: File exists" in caplog.messages


def test_nothing_in_quarantine_goes_while_a_row_names_it(clamd, store, now, on_disk):
    stored = store("a.txt", EICAR)
    scan_waiting(at=now)

    assert janitor.remove_unnamed(at=now + 50 * DAY) == 0
    stored.delete()
    assert janitor.remove_unnamed(at=now + 50 * DAY) == 1
    assert on_disk() == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [(None, "is missing"), (b"EICA", "has another size"), (EICAR[::-1], "has another content")],
)
def test_a_difference_between_quarantine_and_rows_is_a_fault(clamd, store, now, change, fault):
    stored = store("a.txt", EICAR)
    scan_waiting(at=now)
    if change is None:
        stored.quarantine_path.unlink()
    else:
        stored.quarantine_path.write_bytes(change)

    with translation.override("en"):
        assert faults(now) == [f"Stored file {stored.pk} {fault}."]


@pytest.mark.parametrize(
    "columns",
    [
        {"scan_state": State.PENDING},
        {"scan_due_at": timezone.now()},
        {"scan_state": State.CLEAN},
        {"scan_state": State.INFECTED, "scanned_at": timezone.now()},
        {"scan_finding": "Eicar"},
        {
            "scan_state": State.INFECTED,
            "scanned_at": timezone.now(),
            "scan_finding": "Eicar",
            "display_state": Display.PENDING,
        },
    ],
    ids=["never due", "due and not waiting", "clean at no time", "of nothing", "not infected", "with a picture"],
)
def test_the_database_refuses_states_that_cannot_be(store, columns):
    store("a.txt", b"hola")

    with pytest.raises(IntegrityError), transaction.atomic():
        StoredFile.objects.update(**columns)


# --- files from before there was a scanner ---


def test_the_files_from_before_are_scanned_when_somebody_asks_and_stay_open_meanwhile(
    store, clamd, now, settings, on_disk, capsys
):
    settings.CLAMAV_SOCKET = None
    infected, clean = store("foto.png", picture(EICAR)), store("b.txt", b"hola")
    make_display_copies(at=now)
    settings.CLAMAV_SOCKET = clamd.address
    assert scan_waiting(at=now) == 0

    call_command("scan_files")

    assert (state_of(infected)[0], state_of(clean)[0]) == (State.INFECTED, State.CLEAN)
    assert on_disk() == sorted([f"quarantine/{infected.key}", f"{clean.key[:2]}/{clean.key}"])
    assert faults(now) == []
    assert [int(word) for word in capsys.readouterr().out.replace(".", " ").split() if word.isdigit()] == [1, 1, 0]


def test_a_file_of_which_nothing_is_said_stays_as_it_was(store, clamd, settings):
    settings.CLAMAV_SOCKET = None
    stored = store("a.txt", b"hola")
    settings.CLAMAV_SOCKET, clamd.answer = clamd.address, b"garbage\0"

    call_command("scan_files")

    assert state_of(stored) == (State.NOT_SCANNED, 0, None)


def test_scanning_old_files_without_a_scanner_says_what_is_missing(store, clamd, settings):
    settings.CLAMAV_SOCKET = None
    with pytest.raises(CommandError, match="CLAMAV_SOCKET"):
        call_command("scan_files")

    store("a.txt", b"hola")
    settings.CLAMAV_SOCKET, clamd.pong = clamd.address, b"garbage\0"
    with pytest.raises(CommandError):
        call_command("scan_files")
