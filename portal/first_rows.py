"""What a fresh database holds: the cache's table, roles, a department, topics, requests, a guide. Safe to run twice."""

from django.apps import apps as installed_apps
from django.core.management import call_command
from django.utils import translation

from accounts.roles import keep_roles
from tickets.models import Department, RequestType
from training.models import PreparationGuide


def make(*, using: str, apps=installed_apps, **kwargs) -> None:
    """After every migration, and after a test's flush, which takes such rows away."""
    call_command("createcachetable", database=using, verbosity=0)
    keep_roles(using)
    if "requesttype" not in apps.all_models.get("tickets", {}):
        return  # its migrations were taken back
    with translation.override("es"):
        Department.objects.using(using).make_first()
        RequestType.objects.using(using).make_first()
        if "preparationguide" in apps.all_models.get("training", {}):
            PreparationGuide.objects.using(using).make_first()
