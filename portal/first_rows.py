"""What a fresh database holds: the staff's roles, one department and its topics. Safe to run twice."""

from django.utils import translation

from accounts.roles import keep_roles
from tickets.models import Department


def make(*, using: str, **kwargs) -> None:
    """After every migration, and after a test's flush, which takes such rows away."""
    keep_roles(using)
    with translation.override("es"):
        Department.objects.using(using).make_first()
