"""The areas of the portal: the one table that menu, gate and Gestión read. Which of them there are is a setting."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AreaClosed(PermissionDenied):
    """The flag of the area is off: the managers of the company can open it."""


@dataclass(frozen=True, slots=True)
class Area:
    """One area. `flag` is the column of User that opens it; None is for everybody who is logged in.
    `hint` stands below the label on the page of Gestión; `of_company` is for people of a company only."""

    namespace: str
    label: str | Promise
    icon: str
    url_name: str
    group: str | Promise = ""
    flag: str | None = None
    hint: str | Promise = ""
    of_company: bool = False


MANAGER = "is_company_manager"
LEARN = pgettext_lazy("menu", "Learn")
PRODUCT = pgettext_lazy("menu", "Product")
MY_COMPANY = pgettext_lazy("menu", "My company")

AREAS = (
    Area("home", pgettext_lazy("menu", "Home"), "home", "home"),
    Area("tickets", pgettext_lazy("menu", "Tickets"), "chat-bubble-left-right", "tickets:list", flag="can_use_tickets"),
    Area(
        "requests",
        pgettext_lazy("menu", "Requests"),
        "clipboard-document-list",
        "requests:list",
        flag="can_use_requests",
    ),
    Area("knowledge", pgettext_lazy("menu", "Help"), "book-open", "knowledge:index"),
    Area(
        "training",
        pgettext_lazy("menu", "Training"),
        "academic-cap",
        "training:calendar",
        group=LEARN,
        flag="can_use_training",
    ),
    Area(
        "webinars",
        pgettext_lazy("menu", "Webinars"),
        "play-circle",
        "webinars:list",
        group=LEARN,
        flag="can_use_webinars",
    ),
    Area(
        "releases",
        pgettext_lazy("menu", "What is new"),
        "sparkles",
        "releases:news",
        group=PRODUCT,
        flag="can_use_releases",
    ),
    Area(
        "downloads",
        pgettext_lazy("menu", "Downloads"),
        "arrow-down-tray",
        "downloads:list",
        group=PRODUCT,
        flag="can_use_downloads",
    ),
    Area(
        "announcements",
        pgettext_lazy("menu", "Announcements"),
        "megaphone",
        "announcements:list",
        group=PRODUCT,
    ),
    Area("status", pgettext_lazy("menu", "State of the service"), "signal", "status:status", group=PRODUCT),
    Area(
        "company",
        pgettext_lazy("menu", "Company data"),
        "building-office-2",
        "company:card",
        group=MY_COMPANY,
        of_company=True,
    ),
    Area("management", pgettext_lazy("menu", "Management"), "cog-6-tooth", "management:index", group=MY_COMPANY),
)

# The part of Gestión that shows the company to all its people.
LICENCES = Area(
    "licences",
    pgettext_lazy("menu", "Licences and modules"),
    "document-check",
    "licences:list",
    hint=_("What your company has contracted, until when, and the file that extends the licence"),
)

# The parts of Gestión that only managers open, in the order of its cards.
MANAGED: tuple[Area, ...] = (
    Area(
        "people",
        pgettext_lazy("menu", "Users"),
        "users",
        "people:list",
        flag=MANAGER,
        hint=_("Create, change and deactivate your company's contacts, and decide what each one sees"),
    ),
    Area(
        "permissions",
        pgettext_lazy("menu", "Permissions"),
        "table-cells",
        "permissions:matrix",
        flag=MANAGER,
        hint=pgettext_lazy("menu", "Who sees and may do what: everybody in one table"),
    ),
    Area(
        "logbook",
        pgettext_lazy("menu", "Logbook"),
        "book-open",
        "logbook:list",
        flag=MANAGER,
        hint=_("Who did what, when and from where; also what support did"),
    ),
    Area(
        "access_requests",
        pgettext_lazy("menu", "Requests for access"),
        "user-plus",
        "access_requests:list",
        flag=MANAGER,
        hint=pgettext_lazy("menu", "Who asks to use the portal, and whether you let them in"),
    ),
    Area(
        "approvals",
        pgettext_lazy("menu", "Requests to approve"),
        "hand-thumb-up",
        "approvals:list",
        flag=MANAGER,
        hint=pgettext_lazy("menu", "What your people ask for that needs your yes before it reaches support"),
    ),
)

# One's own account, page by page: its tabs, and its cards in Gestión.
ACCOUNT = (
    Area(
        "account",
        _("Profile"),
        "user",
        "account:profile",
        hint=_("Name, telephone, language and appearance"),
    ),
    Area(
        "account",
        _("Password"),
        "key",
        "account:password",
        hint=_("The one with which you log in; your other sessions are closed"),
    ),
    Area("account", _("E-mail address"), "at-symbol", "account:email", hint=_("Where your mails arrive")),
    Area(
        "account", _("Mails I get"), "envelope", "account:mails", hint=_("What reaches you, and what you can decline")
    ),
    Area(
        "account",
        _("Second factor"),
        "finger-print",
        "account:second_factor",
        hint=_("Besides the password, something that only you have"),
    ),
    Area(
        "account",
        _("Sessions"),
        "computer-desktop",
        "account:sessions",
        hint=_("Where you are logged in; close what you do not recognise"),
    ),
    Area(
        "my_data",
        _("My data"),
        "archive-box",
        "my_data:index",
        hint=_("What the portal holds about you: take it along, or ask for it to be erased"),
    ),
)
# Pages that hang from one of those, behind the same flag and without a card: namespace → flag.
UNLISTED = {"handover": MANAGER, "guests": "can_use_tickets"}

# Namespaces without a flag: what exists for the user is decided by `visible_to` alone.
OPEN_NAMESPACES = frozenset({"thread", "account", "my_data", "rules", "information", "search"})
STAFF_NAMESPACES = frozenset({"admin"})
# Pages outside any namespace that everybody who is logged in may open.
OPEN_PAGES = frozenset({
    "root", "home", "language", "account_login", "account_logout", "account_reauthenticate", "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn", "view_end",
})  # fmt: skip

# What an installation may be without (PORTAL_AREAS), in the order of the menu; the other areas are always there.
SWITCHABLE = tuple(area.namespace for area in AREAS if area.namespace not in {"home", "company", "management"})
# Namespace → the areas of which one must be there: pages that hang from an area without being one.
HANGING = {
    "approvals": ("requests",),
    "thread": ("tickets", "requests"),
    "guests": ("tickets",),
}
# Settings that open part of an area to visitors → that area, without which they mean nothing.
OPENED_BY = {"STATUS_PUBLIC": "status", "GUESTS": "tickets"}

FLAG_OF_NAMESPACE = {area.namespace: area.flag for area in (*AREAS, *MANAGED, LICENCES)} | UNLISTED
# Under which entry of the menu one is, where it is not the namespace's own.
ENTRY_OF_NAMESPACE = {
    **{part.namespace: "management" for part in (*MANAGED, LICENCES)},
    "handover": "management",
    "guests": "tickets",
}


def is_there(namespace: str) -> bool:
    """Whether this installation has what the namespace holds."""
    if namespace in HANGING:
        return any(is_there(area) for area in HANGING[namespace])
    return namespace not in SWITCHABLE or namespace in settings.AREAS


def only_where(*names: str) -> Callable:
    """For tasks: nothing is done where the installation has none of these areas."""

    def guard(task: Callable) -> Callable:
        @wraps(task)
        def done(*args, **kwargs):
            return task(*args, **kwargs) if any(is_there(name) for name in names) else None

        return done

    return guard


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


def entry_of(match, user) -> str:
    """The namespace of the entry in the menu under which the page behind `match` lies for `user`."""
    if match is None or not match.namespaces:
        return match.url_name if match else ""
    if match.namespaces[0] == "thread":
        return conversations_of(user)
    return ENTRY_OF_NAMESPACE.get(match.namespaces[0], match.namespaces[0])


def conversations_of(user) -> str:
    """The namespace of the area in which `user` reads answers: with Solicitudes alone, those to one's requests."""
    return "requests" if user.can_use_requests and not user.can_use_tickets else "tickets"


def managed_by(user) -> tuple[Area, ...]:
    """The parts of Gestión about the company: all for a manager, one for the others, none for staff."""
    if user.company_id is None:
        return ()
    managed = tuple(part for part in MANAGED if is_there(part.namespace))
    return (*managed, LICENCES) if user.is_company_manager else (LICENCES,)


def opened_to(user) -> tuple[str, ...]:
    """The namespaces of the areas in the menu of `user`, in its order."""
    return tuple(area.namespace for area in AREAS if is_open(area, user))


def menu_of(namespaces: Collection[str], *, grouped: bool) -> list[tuple[str, list[Area]]]:
    """These areas in their groups; in none for support, who have no company."""
    groups: dict[str, list[Area]] = {}
    for area in AREAS:
        if area.namespace in namespaces:
            groups.setdefault(str(area.group) if grouped else "", []).append(area)
    return list(groups.items())


def has_in_menu(user, namespace: str) -> bool:
    """Whether a page of another area may lead `user` there."""
    return namespace in opened_to(user)


def closed_to(user) -> list[Area]:
    """The areas that are not in the menu of `user`."""
    return [area for area in AREAS if is_there(area.namespace) and not is_open(area, user)]


def is_open(area: Area, user) -> bool:
    if not is_there(area.namespace) or (area.of_company and user.company_id is None):
        return False
    return area.flag is None or getattr(user, area.flag)
