"""What every page shows around its content."""

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from accounts.areas import menu_for
from tickets.models import Ticket


def shell(request) -> dict:
    """Brand, menu and the red alarm. The alarm costs one query, and only on pages that show it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"brand": settings.BRAND, "languages": settings.LANGUAGES}
    return {
        "brand": settings.BRAND,
        "languages": settings.LANGUAGES,
        "menu": menu_for(user),
        "alarm": getattr(request, "alarm", None)
        if hasattr(request, "alarm")
        else SimpleLazyObject(lambda: Ticket.objects.alarming(user).exists()),
        "here": request.resolver_match.namespace if request.resolver_match else "",
    }
