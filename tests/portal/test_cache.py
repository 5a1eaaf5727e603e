"""F07, A74: Redis may go away; attempts are counted all the same, and nobody notices but the log."""

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from redis.exceptions import RedisError

from portal import first_rows
from portal.cache import RedisOrDatabase
from portal.settings import DATABASE_CACHE, REDIS_CACHE
from rigs.processes import free_port
from rigs.redis import Redis
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def redis(settings, tmp_path, monkeypatch):
    """A Redis of the test's own, not started, and the caches of production around it."""
    redis = Redis(tmp_path)
    settings.CACHES = {
        "default": REDIS_CACHE | {"LOCATION": redis.url},
        "database": DATABASE_CACHE | {"LOCATION": "test_cache"},
    }
    monkeypatch.setattr(RedisOrDatabase, "away_until", 0.0)
    call_command("createcachetable", verbosity=0)
    yield redis
    redis.kill()


@pytest.fixture
def at_once(monkeypatch):
    """A Redis that failed is asked again at the next operation."""
    monkeypatch.setattr("portal.cache.AWAY", 0.0)


def events(caplog) -> list[str]:
    return [record.msg["event"] for record in caplog.records if isinstance(record.msg, dict)]


def log_in(browse, login: str, password: str):
    return browse().post(reverse("account_login"), {"login": login, "password": password})


def test_without_redis_every_operation_is_the_databases():
    cache.set("a", [1, 2])
    assert cache.add("a", 3) is False
    assert cache.get("a") == [1, 2]
    assert cache.get("b", 7) == 7
    cache.set_many({"n": 1, "m": 2})
    assert cache.incr("n") == 2
    assert cache.get_many(["n", "m"]) == {"n": 2, "m": 2}
    assert (cache.has_key("m"), cache.touch("m"), cache.delete("m")) == (True, True, True)
    cache.delete_many(["n"])
    cache.clear()
    assert cache.get_many(["a", "n", "m"]) == {}


def test_redis_is_asked_first_and_again_when_it_is_back(redis, at_once):
    redis.start()
    cache.set("a", "in redis")
    redis.kill()
    assert cache.get("a") is None
    cache.set("a", "in the database")
    assert cache.get("a") == "in the database"

    redis.start()

    assert cache.get("a") is None  # this Redis keeps nothing
    cache.set("a", "in redis")
    assert cache.get("a") == "in redis"


def test_a_process_that_was_failed_does_not_ask_again_for_some_seconds(redis):
    cache.get("a")
    redis.start()
    cache.set("a", "in the database")

    RedisOrDatabase.away_until = 0.0

    assert cache.get("a") is None


def test_a_redis_that_goes_and_comes_is_said_once_each(redis, at_once, caplog):
    for _time in range(3):
        cache.get("a")
    redis.start()
    for _time in range(3):
        cache.get("a")

    assert events(caplog) == ["redis_away", "redis_back"]


def test_attempts_to_log_in_are_limited_without_redis(ana, browse):
    for _attempt in range(10):
        log_in(browse, "ana", "wrong")

    assert log_in(browse, "ana", PASSWORD).status_code == 429
    assert log_in(browse, "bruno", "wrong").status_code == 200


def test_people_log_in_without_redis(ana, browse):
    assert log_in(browse, "ana", PASSWORD).status_code == 302


def test_twin_without_the_database_nobody_logs_in(ana, browse, settings):
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": settings.CACHES["default"] | {"BACKEND": backend}}

    with pytest.raises(RedisError):
        log_in(browse, "ana", PASSWORD)


def test_migrating_makes_the_caches_table(settings):
    settings.CACHES = {"default": DATABASE_CACHE | {"LOCATION": f"cache_{free_port()}"}}

    first_rows.make(using="default")

    with connection.cursor() as cursor:
        assert settings.CACHES["default"]["LOCATION"] in connection.introspection.table_names(cursor)
