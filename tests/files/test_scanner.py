"""Asking the antivirus: only a well-formed answer about the whole file counts."""

import time

import pytest

from files import scanner
from tests.clamd import EICAR, FakeClamd

LARGE = bytes(range(256)) * 20_000


@pytest.fixture
def file(tmp_path):
    """`file(content)` is the path of a file that holds it."""

    def written(content=b"hola"):
        path = tmp_path / "file"
        path.write_bytes(content)
        return path

    return written


@pytest.fixture
def by_path(settings, tmp_path):
    """The same scanner behind a unix socket."""
    local = FakeClamd(str(tmp_path / "clamd.sock"))
    settings.CLAMAV_SOCKET = local.address
    yield local
    local.stop()


@pytest.fixture
def impatient(monkeypatch):
    """Time-outs that a test can wait for."""
    monkeypatch.setattr(scanner, "PING_SECONDS", 0.3)
    monkeypatch.setattr(scanner, "OPERATION_SECONDS", 0.3)
    monkeypatch.setattr(scanner, "FILE_SECONDS", 0.6)


@pytest.fixture(params=["clamd", "by_path"])
def either(request):
    """The scanner behind either kind of address."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("content", [b"h", b"hola" * 16_384, LARGE], ids=["1 byte", "one piece", "many pieces"])
def test_every_byte_is_sent_and_what_holds_nothing_is_clean(either, file, content):
    scanner.ping()

    assert scanner.scan(file(content)) == ""
    assert either.scanned == [content]


def test_what_was_found_is_told_by_its_name(either, file):
    assert scanner.scan(file(LARGE + EICAR)) == "Eicar-Signature"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0",
        b"stream: OK",  # cut off: without its end
        b"stream: OK\n\0",
        b"OK\0",
        b"stream: ok\0",
        b"stream:  FOUND\0",
        b"stream: OK stream: OK\0",
        b"stream: Can't allocate memory ERROR\0",
        b"HTTP/1.1 400 Bad Request\r\n\r\n\0",
        b"\xff\xfe\x00",
        b"x" * 100_000,
        b"PONG\0",
    ],
)
def test_any_other_answer_is_no_verdict(clamd, file, answer):
    clamd.answer = answer

    with pytest.raises(scanner.NoVerdict):
        scanner.scan(file())


def test_a_name_is_kept_as_one_short_line(clamd, file):
    clamd.answer = b"stream: Win.\x1b[31m\xe9" + b"x" * 500 + b" FOUND\0"

    name = scanner.scan(file())

    assert name == "Win.\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}" + "x" * 90


def test_what_is_larger_than_the_scanner_takes_will_be_so_the_next_time(by_path, file):
    by_path.hangs_up_after, by_path.farewell = 1_000_000, b"INSTREAM size limit exceeded. ERROR\0"

    with pytest.raises(scanner.TooLarge):
        scanner.scan(file(LARGE))


@pytest.mark.parametrize("farewell", [b"", b"stream: OK\0", b"sorry\0"])
@pytest.mark.parametrize("hangs_up_after", [0, 1_000_000])
def test_nothing_is_clean_before_all_of_it_was_sent(either, file, farewell, hangs_up_after):
    either.hangs_up_after, either.farewell = hangs_up_after, farewell

    with pytest.raises(scanner.NoVerdict):
        scanner.scan(file(LARGE))


def test_twin_without_that_rule_half_a_file_passes_for_clean(by_path, file, monkeypatch):
    by_path.hangs_up_after, by_path.farewell = 1_000_000, b"stream: OK\0"
    stream = scanner.Line.stream
    monkeypatch.setattr(scanner.Line, "stream", lambda line, file: stream(line, file) or True)

    assert scanner.scan(file(LARGE)) == ""


def test_a_scanner_that_never_answers_is_left_in_time(clamd, file, impatient):
    clamd.answer = None
    began = time.monotonic()

    with pytest.raises(scanner.NoVerdict):
        scanner.scan(file())

    assert time.monotonic() - began < 2


def test_a_scanner_that_answers_byte_by_byte_for_ever_is_left_in_time(clamd, file, impatient):
    clamd.answer, clamd.seconds_per_byte = b"stream: " + b"x" * 1000, 0.05
    began = time.monotonic()

    with pytest.raises(scanner.NoVerdict):
        scanner.scan(file())

    assert time.monotonic() - began < 2


def test_a_scanner_that_does_not_listen_is_left_in_time(clamd, file, impatient):
    clamd.reads = False
    began = time.monotonic()

    with pytest.raises(scanner.NoVerdict):
        scanner.scan(file(LARGE))

    assert time.monotonic() - began < 2


def test_a_file_that_is_gone_is_no_verdict(clamd, tmp_path):
    with pytest.raises(scanner.NoVerdict):
        scanner.scan(tmp_path / "gone")


@pytest.mark.parametrize("pong", [b"", b"PONG", b"+PONG\r\n", b"HTTP/1.1 400 Bad Request\r\n\0", b"x" * 10_000, None])
def test_whoever_does_not_answer_ping_with_pong_is_no_scanner(clamd, impatient, pong):
    clamd.pong = pong

    with pytest.raises(scanner.Unavailable):
        scanner.ping()


def test_a_scanner_that_is_not_there_is_unavailable(either):
    either.stop()

    with pytest.raises(scanner.Unavailable):
        scanner.ping()


def test_no_scanner_at_all_is_unavailable():
    with pytest.raises(scanner.Unavailable):
        scanner.ping()


def test_whatever_an_impostor_sends_back_is_not_repeated(clamd, file):
    clamd.answer = b"the words of a customer's file\0"

    with pytest.raises(scanner.NoVerdict) as refusal:
        scanner.scan(file())

    assert "customer" not in str(refusal.value)
