import io
import json
import logging
import time

import pytest
import structlog
from django.urls import reverse

from portal import logs

LOGIN = "ana.ibarra"
EMAIL = "ana@ibarra.example"
ADDRESS = "203.0.113.77"
BROWSER = "Mozilla/5.0 (Telltale)"


@pytest.fixture
def log(settings):
    """What the run writes, as production writes it."""
    yield from written()


def written():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter(json=True))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def log_in_with_a_wrong_password(client):
    return client.post(
        reverse("account_login") + f"?next=/tickets/&from={EMAIL}",
        {"login": LOGIN, "password": "Wrong-pass-1"},
        REMOTE_ADDR=ADDRESS,
        HTTP_USER_AGENT=BROWSER,
        HTTP_X_FORWARDED_FOR=ADDRESS,
    )


@pytest.mark.django_db
def test_a_refused_log_in_leaves_no_trace_of_who_tried(client, log):
    log_in_with_a_wrong_password(client)

    text = log.getvalue()
    assert "request_finished" in text
    for private in (LOGIN, EMAIL, ADDRESS, BROWSER, "Wrong-pass-1"):
        assert private not in text


@pytest.mark.django_db
def test_the_twin_without_the_guard_tells_who_tried(client, monkeypatch):
    monkeypatch.setattr(logs, "without_personal_data", lambda _logger, _method, event: event)
    stream = next(unguarded := written())

    log_in_with_a_wrong_password(client)

    text = stream.getvalue()
    next(unguarded, None)
    assert EMAIL in text


@pytest.mark.django_db
def test_a_line_names_the_page_and_not_its_path(client, log):
    client.get("/salud/?q=secreto")

    requests = [line["request"] for line in lines(log) if line["event"] == "request_finished"]
    assert requests == ["GET salud/"]


@pytest.mark.django_db
def test_a_path_that_leads_nowhere_is_not_repeated(client, log):
    client.get("/no-existe/ana-ibarra/")

    assert "ana-ibarra" not in log.getvalue()
    assert "Not Found: [no page]" in log.getvalue()


def test_what_is_named_like_a_secret_is_masked_however_deep(log):
    structlog.get_logger("test").info(
        "tried", new_password="uno", headers={"Authorization": "dos", "X-CSRFToken": "tres", "Accept": "text/html"}
    )

    (line,) = lines(log)
    assert line["new_password"] == logs.MASK
    assert line["headers"] == {"Authorization": logs.MASK, "X-CSRFToken": logs.MASK, "Accept": "text/html"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Mail to ana.ibarra@ibarra.example refused", f"Mail to {logs.MASK} refused"),
        ("<ana@ibarra.example>,bruno@ibarra.example", f"<{logs.MASK}>,{logs.MASK}"),
        ("Invalid request from ip=203.0.113.77: no host", f"Invalid request from ip={logs.MASK}: no host"),
        ("Listening at 127.0.0.1:8000", "Listening at 127.0.0.1:8000"),
        ("postgres://portal:hunter2@db.acme.es/portal", f"postgres://portal:{logs.MASK}/portal"),
        ("password=hunter2&next=/", f"password={logs.MASK}&next=/"),
        ("DETAIL:  Key (login)=(ana) already exists.", f"DETAIL: {logs.MASK}"),
        ("Ticket 12 was closed at 10:45", "Ticket 12 was closed at 10:45"),
    ],
)
def test_text_is_masked_where_it_looks_like_a_person_or_a_key(text, kept):
    assert logs.scrubbed(text) == kept


@pytest.mark.parametrize("text", ["a" * 100_000, "a@" * 50_000, "1." * 50_000, "password" * 12_500, "\n" * 100_000])
def test_hostile_text_costs_no_time(text):
    started = time.perf_counter()

    logs.scrubbed(text)

    assert time.perf_counter() - started < 0.1


def test_an_exception_is_one_line_without_the_row_that_the_database_quotes(log):
    try:
        raise ValueError(f"duplicate key\nDETAIL:  Key (email)=({EMAIL}) already exists.")
    except ValueError:
        logging.getLogger("test").exception("It failed")

    (line,) = lines(log)
    assert line["event"] == "It failed"
    assert "ValueError: duplicate key" in line["exception"]
    assert EMAIL not in line["exception"]


def test_the_console_shows_the_same_without_colours_when_nobody_watches():
    record = logging.LogRecord("test", logging.INFO, __file__, 1, "Mail to %s", (EMAIL,), None)

    line = logs.formatter(json=False).format(record)

    assert f"Mail to {logs.MASK}" in line
    assert "\x1b[" not in line
