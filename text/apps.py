from django.apps import AppConfig
from django.db.models.signals import post_migrate

from text.search_index import restore_searches


class TextConfig(AppConfig):
    name = "text"

    def ready(self) -> None:
        # Of any sender: Django sends it for apps with models alone, and this one has none.
        post_migrate.connect(restore_searches)
