"""The caches: Redis in production and, while it does not answer, the database. So limits on attempts never open."""

import base64
import pickle
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import connections, router, transaction
from django.utils import timezone
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

# Seconds for which a process does not ask again a Redis that has just failed it.
AWAY = 5.0
INSTEAD = "database"


def or_the_database(operation: str) -> Callable[..., Any]:
    def answered(cache: "RedisOrDatabase", *args: Any, **kwargs: Any) -> Any:
        if not cache.is_away():
            try:
                answer = getattr(super(RedisOrDatabase, cache), operation)(*args, **kwargs)
            except RedisError as error:
                cache.note_away(error)
            else:
                cache.note_back()
                return answer
        return getattr(caches[INSTEAD], operation)(*args, **kwargs)

    return answered


class RedisOrDatabase(RedisCache):
    """Each operation goes to Redis, or to the cache in the database. Counters begin anew where they go over."""

    away_until = 0.0  # on this process's clock, for all its threads

    add = or_the_database("add")
    get = or_the_database("get")
    set = or_the_database("set")
    touch = or_the_database("touch")
    delete = or_the_database("delete")
    get_many = or_the_database("get_many")
    set_many = or_the_database("set_many")
    delete_many = or_the_database("delete_many")
    has_key = or_the_database("has_key")
    incr = or_the_database("incr")
    clear = or_the_database("clear")

    @classmethod
    def is_away(cls) -> bool:
        return time.monotonic() < cls.away_until

    @classmethod
    def note_away(cls, error: RedisError) -> None:
        if not cls.away_until:
            log.error("redis_away", error=type(error).__name__)
        cls.away_until = time.monotonic() + AWAY

    @classmethod
    def note_back(cls) -> None:
        if cls.away_until:
            cls.away_until = 0.0
            log.warning("redis_back")


class CountingDatabase(DatabaseCache):
    """Django's, whose `incr` reads and writes apart, so that two processes count one, and gives a counter five minutes
    to live. Here it is one step, and the counter ends when it was to end."""

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Raises ValueError for a counter that is not there or has ended."""
        name = self.make_and_validate_key(key, version=version)
        connection = connections[router.db_for_write(self.cache_model_class)]
        table = connection.ops.quote_name(self._table)  # type: ignore[attr-defined]  # Django's, unknown to its stubs
        now = timezone.now().replace(microsecond=0)
        lock = connection.ops.for_update_sql() if connection.features.has_select_for_update else ""
        living = f"SELECT value FROM {table} WHERE cache_key = %s AND expires >= %s {lock}"  # noqa: S608 - our table
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(living, [name, connection.ops.adapt_datetimefield_value(now)])
            row = cursor.fetchone()
            if row is None:
                raise ValueError(f"There is no counter {key!r}")
            value = pickle.loads(base64.b64decode(row[0])) + delta  # noqa: S301 - written by us
            kept = base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("latin1")
            cursor.execute(f"UPDATE {table} SET value = %s WHERE cache_key = %s", [kept, name])  # noqa: S608
        return value
