"""The worker and the clock that the runner kills, and hurries."""

import django

from faults.times import FACTOR
from portal.celery import app

django.setup()

from faults import inside  # noqa: E402 - models exist from here on

inside.arrange()
app.conf.task_time_limit = max(app.conf.task_time_limit / FACTOR, 3)
for name in ("deliver-mail", "heartbeat", "make-display-copies", "tell-of-releases"):
    entry = app.conf.beat_schedule[name]
    entry["schedule"] = max(entry["schedule"] / FACTOR, 0.5)
    entry["options"]["expires"] = max(entry["schedule"], 1)
