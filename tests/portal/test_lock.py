import re
import tomllib

import pytest
from django.conf import settings

LOCKS = ("requirements.txt", "requirements-dev.txt")
PIN = re.compile(r"^([a-z0-9.-]+)==([^ \\]+)", re.MULTILINE)


def read(name: str) -> str:
    return (settings.BASE_DIR / name).read_text()


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall(read(name)))


def test_the_tools_of_development_run_with_the_libraries_of_the_product():
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_what_the_product_names_is_locked():
    named = tomllib.loads(read("pyproject.toml"))["project"]["dependencies"]

    assert {re.split(r"[\[<>=~!]", requirement)[0] for requirement in named} <= pins("requirements.txt").keys()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes(lock):
    blocks = re.split(r"\n(?=[a-z0-9])", read(lock))

    assert [block.split("\n")[0] for block in blocks if PIN.match(block) and "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_says_where_to_download_from(lock):
    assert "://" not in read(lock)
    assert not re.search(r"^\s*(-i|-f|--(extra-)?index-url|--find-links)", read(lock), re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_psycopg_3_stays_out_because_django_would_take_it_without_a_word(lock):
    assert "psycopg" not in pins(lock)
    assert "psycopg2-binary" in pins(lock)
