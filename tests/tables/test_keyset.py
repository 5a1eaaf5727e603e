from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext, isolate_apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tables.keyset import BadCursor, page

with isolate_apps("tables"):

    class Line(models.Model):
        grade = models.IntegerField()
        name = models.CharField(max_length=50)
        price = models.DecimalField(max_digits=8, decimal_places=2, default=0)
        written_at = models.DateTimeField()

        class Meta:
            app_label = "tables"
            indexes = [models.Index(fields=["-written_at", "-id"], name="newest_lines")]

        def __str__(self):
            return self.name

    class OtherLine(Line):
        class Meta:
            app_label = "tables"
            proxy = True

        def __str__(self):
            return self.name


START = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
NEWEST_FIRST = ("-written_at", "-pk")
ORDERS = [
    NEWEST_FIRST,
    ("written_at", "pk"),
    ("grade", "-name", "pk"),
    ("-name", "pk"),
    ("pk",),
    ("-grade", "price", "-pk"),
]


@pytest.fixture(scope="module")
def lines_table(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Line)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(Line)


@pytest.fixture
def lines(lines_table, db):
    return Line.objects.all()


def write(*grades):
    return [
        Line.objects.create(grade=grade, name=f"línea {grade}", written_at=START + timedelta(seconds=grade))
        for grade in grades
    ]


def grades_of(keyset_page):
    return [line.grade for line in keyset_page.rows]


def walked(lines, order, size, *, cursor=None, step="next"):
    """All pages from `cursor` on, as lists of rows, and the last page."""
    pages = [page(lines, order=order, cursor=cursor, size=size)]
    while going := getattr(pages[-1], step):
        pages.append(page(lines, order=order, cursor=going, size=size))
    return pages


@settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", "A", "ñ", "n", "'\"\\", ""])), max_size=17),
    order=st.sampled_from(ORDERS),
    size=st.integers(1, 5),
)
def test_the_pages_are_the_list_cut_into_pieces_in_both_directions(lines, rows, order, size):
    Line.objects.all().delete()
    Line.objects.bulk_create(
        Line(grade=grade, name=name, price=Decimal(grade) / 4, written_at=START + timedelta(microseconds=grade))
        for grade, name in rows
    )
    whole = list(lines.order_by(*order))
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)] or [[]]
    forward = walked(lines, order, size)
    assert [piece.rows for piece in forward] == pieces
    if len(forward) > 1:
        back = walked(lines, order, size, cursor=forward[-1].previous, step="previous")
        assert [piece.rows for piece in reversed(back)] == pieces[:-1]
        assert back[0].next is not None


def test_the_first_page_has_none_before_and_the_last_none_after(lines):
    write(1, 2, 3)
    first = page(lines, order=NEWEST_FIRST, size=2)
    last = page(lines, order=NEWEST_FIRST, cursor=first.next, size=2)
    assert (grades_of(first), first.previous) == ([3, 2], None)
    assert (grades_of(last), last.next) == ([1], None)


def test_a_full_last_page_promises_no_empty_one(lines):
    write(1, 2)
    assert page(lines, order=NEWEST_FIRST, size=2).next is None


def test_an_empty_list_is_one_empty_page(lines):
    empty = page(lines, order=NEWEST_FIRST)
    assert (empty.rows, empty.previous, empty.next) == ([], None, None)


def test_rows_that_arrive_meanwhile_neither_repeat_nor_hide_others(lines):
    write(1, 2, 3, 4)
    first = page(lines, order=NEWEST_FIRST, size=2)
    write(5, 6)
    second = page(lines, order=NEWEST_FIRST, cursor=first.next, size=2)
    assert (grades_of(first), grades_of(second)) == ([4, 3], [2, 1])
    newer = page(lines, order=NEWEST_FIRST, cursor=second.previous, size=2)
    assert grades_of(newer) == [4, 3]
    assert grades_of(page(lines, order=NEWEST_FIRST, cursor=newer.previous, size=2)) == [6, 5]


def test_where_the_rows_of_a_page_are_gone_the_first_page_is_given(lines):
    write(1, 2, 3)
    first = page(lines, order=NEWEST_FIRST, size=2)
    Line.objects.filter(grade=1).delete()
    assert page(lines, order=NEWEST_FIRST, cursor=first.next, size=2) == page(lines, order=NEWEST_FIRST, size=2)


def test_filters_of_the_list_hold_on_every_page(lines):
    write(1, 2, 3, 4, 5)
    odd = lines.filter(grade__in=[1, 3, 5])
    first = page(odd, order=NEWEST_FIRST, size=2)
    assert grades_of(page(odd, order=NEWEST_FIRST, cursor=first.next, size=2)) == [1]


@pytest.mark.parametrize("order", ORDERS)
def test_every_page_is_one_query(lines, order, django_assert_num_queries):
    write(*range(7))
    with django_assert_num_queries(1):
        first = page(lines, order=order, size=2)
    with django_assert_num_queries(1):
        second = page(lines, order=order, cursor=first.next, size=2)
    with django_assert_num_queries(1):
        assert page(lines, order=order, cursor=second.previous, size=2).rows == first.rows


def test_a_cursor_that_this_list_did_not_give_out_is_refused(lines):
    write(1, 2, 3)
    cursor = page(lines, order=NEWEST_FIRST, size=1).next
    for wrong in [
        "x",
        "author__password",
        "-1",
        "a:b:c",
        "ñ",
        "\x00",
        "x" * 10_000,
        cursor[:-1],
        cursor + "x",
        "A" + cursor,
    ]:
        with pytest.raises(BadCursor):
            page(lines, order=NEWEST_FIRST, cursor=wrong)
    with pytest.raises(BadCursor):
        page(lines, order=("-written_at", "pk"), cursor=cursor)
    with pytest.raises(BadCursor):
        page(OtherLine.objects.all(), order=NEWEST_FIRST, cursor=cursor)


def test_no_cursor_is_the_first_page(lines):
    write(1)
    assert page(lines, order=NEWEST_FIRST, cursor="") == page(lines, order=NEWEST_FIRST, cursor=None)


def test_a_cursor_is_plain_text_for_an_address(lines):
    Line.objects.bulk_create(Line(grade=1, name="ñ&?#/ '", written_at=START) for _ in range(2))
    cursor = page(lines, order=("name", "pk"), size=1).next
    assert cursor.replace(":", "").replace("-", "").replace("_", "").isalnum()
    assert cursor.isascii()


@pytest.mark.parametrize("order", [NEWEST_FIRST, ("-written_at", "pk")])
def test_a_page_is_sought_in_the_index(lines, is_postgres, order):
    write(*range(200))
    first = page(lines, order=order, size=2)
    with CaptureQueriesContext(connection) as queries:
        page(lines, order=order, cursor=first.next, size=2)
    with connection.cursor() as cursor:
        if is_postgres:
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(("EXPLAIN " if is_postgres else "EXPLAIN QUERY PLAN ") + queries[0]["sql"])
        plan = str(cursor.fetchall())
    assert "newest_lines" in plan
    assert ("Index Cond" if is_postgres else "(written_at<?)") in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan
