"""Each day of the logbook is sealed once it is over, by its own lines and the day before."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import tasks
from accounts.models import AuditEntry, LogbookSeal, seal
from accounts.models.seal import SEALED, Figures, figures_of
from portal.celery import app
from tests.walls.test_wall_races import at_once

pytestmark = pytest.mark.django_db

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 3, day) for day in (2, 3, 4, 5))


def instant(day: date, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def entry(at: datetime, **columns) -> AuditEntry:
    return AuditEntry.objects.create(kind="logged_in", at=at, **columns)


def sealed(at: datetime) -> list[date]:
    """The days that are sealed at this moment, in order."""
    return [seal.day for seal in LogbookSeal.objects.seal(at=at)]


def test_a_day_is_sealed_an_hour_after_its_end_in_utc(ibarra):
    entry(instant(MONDAY, 23, 59), company=ibarra)

    assert sealed(instant(MONDAY, 23, 59)) == []
    assert sealed(instant(TUESDAY, 0, 59)) == []
    assert sealed(instant(TUESDAY, 1, 0)) == [MONDAY]


def test_the_lines_of_a_day_are_counted_and_each_day_rests_on_the_one_before(ibarra, bruno):
    first, second = entry(instant(MONDAY, 0), company=ibarra), entry(instant(MONDAY, 23, 59), actor_id=bruno.pk)
    third = entry(instant(WEDNESDAY))

    assert sealed(instant(THURSDAY, 3)) == [MONDAY, TUESDAY, WEDNESDAY]

    monday, tuesday, wednesday = LogbookSeal.objects.order_by("day")
    assert monday.figures() == Figures(first.pk, second.pk, 2, figures_of(MONDAY, after="").digest)
    assert tuesday.figures() == Figures(None, None, 0, figures_of(TUESDAY, after=monday.digest).digest)
    assert wednesday.figures() == Figures(third.pk, third.pk, 1, figures_of(WEDNESDAY, after=tuesday.digest).digest)
    assert len({monday.digest, tuesday.digest, wednesday.digest}) == 3


def test_sealing_twice_seals_once(ibarra):
    entry(instant(MONDAY))

    assert sealed(instant(WEDNESDAY, 3)) == [MONDAY, TUESDAY]
    assert sealed(instant(WEDNESDAY, 4)) == []
    assert sealed(instant(THURSDAY, 3)) == [WEDNESDAY]


def test_an_empty_logbook_has_no_days():
    assert sealed(instant(MONDAY)) == []


def test_lines_are_taken_in_the_order_of_their_dates_whatever_their_numbers(ibarra):
    """One transaction may begin first and commit last."""
    later, earlier = entry(instant(MONDAY, 12)), entry(instant(MONDAY, 9))

    list(LogbookSeal.objects.seal(at=instant(TUESDAY, 3)))

    monday = LogbookSeal.objects.get()
    assert (monday.first_id, monday.last_id) == (later.pk, earlier.pk)


OTHER_VALUES = {
    "kind": "logged_out", "at": instant(MONDAY, 13), "actor_id": 1, "target": "user", "target_id": 1,
    "changes": {"a": [1, 2]}, "address": "10.0.0.1", "reason": "otra", "batch": "otro",
}  # fmt: skip


@pytest.mark.parametrize("column", OTHER_VALUES)
def test_every_column_counts(column, unguarded):
    row = entry(instant(MONDAY))
    before = figures_of(MONDAY, after="")
    unguarded()

    AuditEntry.objects.filter(pk=row.pk).update(**{column: OTHER_VALUES[column]})

    assert figures_of(MONDAY, after="").digest != before.digest


def test_no_column_is_left_out_of_the_seal():
    assert set(SEALED) == {field.attname for field in AuditEntry._meta.concrete_fields}


def test_a_digest_says_what_was_sealed(monkeypatch):
    """The form is fixed: another one would break every seal that was made before."""
    AuditEntry.objects.create(
        id=7, kind="permissions_changed", at=instant(MONDAY, 9, 30), actor_id=3, target="user", target_id=4,
        changes={"can_use_tickets": [False, True], "a": ["ñ", None]}, address="10.0.0.1", reason="Lo pidió", batch="b",
    )  # fmt: skip

    assert seal.canonical(next(seal.lines_of(MONDAY))).decode() == (
        '[7,"2026-03-02T09:30:00.000000+00:00","permissions_changed",null,3,"user",4,'
        '{"a":["ñ",null],"can_use_tickets":[false,true]},"10.0.0.1","Lo pidió","b"]\n'
    )


def test_a_long_day_is_read_in_slices(monkeypatch, ibarra):
    same_instant = [entry(instant(MONDAY)) for _number in range(5)]
    others = [entry(instant(MONDAY, 13, minute)) for minute in range(4)]
    whole = figures_of(MONDAY, after="")
    monkeypatch.setattr(seal, "LINES_AT_A_TIME", 2)

    with CaptureQueriesContext(connection) as queries:
        assert figures_of(MONDAY, after="") == whole

    assert whole.count == len(same_instant + others) == 9
    assert len(queries) == 6


def test_every_slice_is_found_by_its_index(is_postgres):
    if not is_postgres:
        pytest.skip("asks PostgreSQL's planner")
    AuditEntry.objects.bulk_create(
        AuditEntry(kind="logged_in", at=instant(MONDAY) + timedelta(minutes=number)) for number in range(20_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_auditentry")
    with CaptureQueriesContext(connection) as queries:
        figures_of(TUESDAY, after="")

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "logbook_of_day" in plan and "Seq Scan" not in plan, plan


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_seal_each_day_once():
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        entry(instant(day))

    done = at_once(*[lambda: sealed(instant(THURSDAY, 3))] * 3)

    assert sorted(day for days in done for day in days) == [MONDAY, TUESDAY, WEDNESDAY]
    assert LogbookSeal.objects.count() == 3


def test_the_task_seals_and_tells_the_digests_to_the_log(caplog):
    entry(instant(MONDAY))

    tasks.seal_logbook()

    told = [record.msg for record in caplog.records if record.msg["event"] == "logbook_sealed"]
    first = LogbookSeal.objects.earliest("day")
    assert (told[0]["day"], told[0]["lines"], told[0]["digest"]) == ("2026-03-02", 1, first.digest)
    assert len(told) == LogbookSeal.objects.count()


def test_the_clock_wakes_the_sealing_up_before_the_look():
    sealing, look = (app.conf.beat_schedule[name]["schedule"] for name in ("seal-logbook", "check-invariants"))

    assert (sealing.hour, sealing.minute, look.hour) == ({3}, {30}, {4})
