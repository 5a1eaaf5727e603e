"""The portal's settings, and with `FAULTS_TWIN` one guard of them taken away."""

import os

from portal.settings import *  # noqa: F403
from portal.settings import CACHES, DATABASES, REDIS_URL

match os.environ.get("FAULTS_TWIN"):
    case "sessions_in_redis":
        SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    case "redis_alone":
        CACHES["default"] |= {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    case "unchecked_connections":
        DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
    case "deferred_transactions":
        DATABASES["default"]["OPTIONS"]["transaction_mode"] = "DEFERRED"
