from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class DeskConfig(AdminConfig):
    """Django's admin as the staff's desk."""

    default_site = "portal.desk.Desk"


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import checks, first_rows  # noqa: F401, PLC0415 - models exist from here on

        # Django sends the signal only for apps with models: the highest of them comes last.
        post_migrate.connect(first_rows.make, sender=apps.get_app_config("tickets"))
