"""The areas of the portal: the one table that menu, gate and Gestión read."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy


class AreaClosed(PermissionDenied):
    """The flag of the area is off: the managers of the company can open it."""


@dataclass(frozen=True, slots=True)
class Area:
    """One area. `flag` is the column of User that opens it; None is for everybody who is logged in."""

    namespace: str
    label: str | Promise
    icon: str
    url_name: str
    group: str | Promise = ""
    flag: str | None = None


AREAS = (
    Area("home", pgettext_lazy("menu", "Home"), "home", "home"),
    Area("tickets", pgettext_lazy("menu", "Tickets"), "chat-bubble-left-right", "tickets:list", flag="can_use_tickets"),
)

# Namespaces without a flag: what exists for the user is decided by `visible_to` alone.
OPEN_NAMESPACES = frozenset({"thread", "account"})
STAFF_NAMESPACES = frozenset({"admin"})
# Pages outside any namespace that everybody who is logged in may open.
OPEN_PAGES = frozenset({"root", "home", "language", "account_login", "account_logout"})

FLAG_OF_NAMESPACE = {area.namespace: area.flag for area in AREAS}


def opens(user, match) -> bool:
    """Whether the gate lets `user` through to the view behind `match`. Unknown namespaces stay closed."""
    namespace = match.namespaces[0] if match.namespaces else ""
    if namespace in STAFF_NAMESPACES:
        return user.is_staff
    if not namespace:
        return match.url_name in OPEN_PAGES
    if namespace in OPEN_NAMESPACES:
        return True
    if namespace not in FLAG_OF_NAMESPACE:
        return False
    flag = FLAG_OF_NAMESPACE[namespace]
    return flag is None or getattr(user, flag)


def menu_for(user) -> list[tuple[str, list[Area]]]:
    """The areas that `user` may open, in their groups."""
    groups: dict[str, list[Area]] = {}
    for area in AREAS:
        if area.flag is None or getattr(user, area.flag):
            groups.setdefault(str(area.group), []).append(area)
    return list(groups.items())
