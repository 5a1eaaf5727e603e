"""What every page shows around its content."""

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from accounts.areas import conversations_of, entry_of, is_there
from tickets.models import Guest, Request, Ticket


def shell(request) -> dict:
    """Brand and the red alarm, and whether staff see all this in somebody's place. The alarm costs one query,
    and only on pages that show it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {
            "brand": settings.BRAND,
            "present_areas": settings.AREAS,
            "languages": settings.LANGUAGES,
            "registration": settings.REGISTRATION,
            "guests_may": settings.GUESTS and is_there("tickets"),
        }
    return {
        "brand": settings.BRAND,
        "present_areas": settings.AREAS,
        "languages": settings.LANGUAGES,
        "alarm": SimpleLazyObject(lambda: alarm_of(request)),
        "here": entry_of(request.resolver_match, user),
        "conversations": conversations_of(user),
        "to_approve": SimpleLazyObject(lambda: waiting_for(user)),
        "to_adopt": SimpleLazyObject(lambda: opened_as_guest(user)),
        "look": getattr(request, "look", None) if user.is_viewed else None,
    }


def waiting_for(user) -> int:
    """How many requests of their people await the yes of a manager; asked only where a page shows it."""
    decides = user.is_company_manager and is_there("approvals")
    return Request.objects.visible_to(user).waiting().count() if decides else 0


def opened_as_guest(user) -> int:
    """How many tickets the person opened before they had an account and may take into the company; asked only where a
    page shows it."""
    return Guest.objects.visible_to(user).count() if settings.GUESTS and not user.is_viewed else 0


def alarm_of(request) -> bool:
    """Whether the red alarm is lit; a page that has asked already says so in `request.alarm`."""
    return request.alarm if hasattr(request, "alarm") else Ticket.objects.lights_alarm(request.user)
