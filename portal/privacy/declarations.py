"""Which models are ours, and which of them hold rows that belong to people (text/personal.py)."""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models


def ours() -> Iterator[type[models.Model]]:
    for app in apps.get_app_configs():
        if Path(app.path).parent == settings.BASE_DIR:
            yield from app.get_models()


def of_libraries() -> Iterator[type[models.Model]]:
    known = set(ours())
    return (model for model in apps.get_models() if model not in known)


def of_people() -> Iterator[type[models.Model]]:
    """Those of ours whose rows are found by the traces of a person."""
    return (model for model in ours() if getattr(model, "WHOSE", None))
