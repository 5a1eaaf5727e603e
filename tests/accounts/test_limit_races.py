"""Processes that count at once count each of them (A74)."""

import threading

import pytest
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection

from portal.settings import DATABASE_CACHE

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

WORKERS, TIMES = 4, 25


def counted(settings, *, backend: str) -> int:
    """What a counter of the database stands at after everybody has counted, all of them starting together."""
    settings.CACHES = {"default": DATABASE_CACHE | {"BACKEND": backend, "LOCATION": "races_cache"}}
    call_command("createcachetable", verbosity=0)
    caches["default"].set("n", 0, 3600)
    start = threading.Barrier(WORKERS)

    def work() -> None:
        try:
            start.wait(5)
            for _time in range(TIMES):
                caches["default"].incr("n")
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return caches["default"].get("n")


def test_nobody_counts_in_vain(settings):
    assert counted(settings, backend=DATABASE_CACHE["BACKEND"]) == WORKERS * TIMES


def test_twin_djangos_own_counter_loses_some(settings):
    assert counted(settings, backend="django.core.cache.backends.db.DatabaseCache") < WORKERS * TIMES
