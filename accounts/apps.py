from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from accounts import append_only


class AccountsConfig(AppConfig):
    name = "accounts"
    default = True  # of the classes in this module; of several, Django takes none by itself
    verbose_name = _("Companies and people")

    def ready(self) -> None:
        post_migrate.connect(append_only.guard, sender=self)


class SessionsConfig(UserSessionsConfig):
    """allauth's table of sessions without its signals: accounts/sessions.py writes it."""

    def ready(self) -> None:
        """Connects nothing."""
