"""Flags and marks: the one table that columns, form, matrix, cards, legend and logbook read.

Only a company's manager sets them, and only through `User.objects.set_permissions` (S0-10, S0-117).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _


class Group(StrEnum):
    """Where a permission stands in the form of a contact."""

    ACCESS = "access"
    MAIL = "mail"
    PROFILE = "profile"


@dataclass(frozen=True, slots=True)
class Permission:
    """One column of User. `parent` is the flag without which it cannot be on; `icon` is that of cards and legend.
    `short` begins a long label in the same words, for heads of columns and for sentences. `areas`: without all of
    these the installation does not know the permission."""

    name: str
    label: Any
    help: Any
    icon: str
    group: Group = Group.ACCESS
    parent: str = ""
    short: Any = ""
    areas: tuple[str, ...] = ()

    @property
    def is_offered(self) -> bool:
        return not self.areas or any(area in settings.AREAS for area in self.areas)

    @property
    def noun(self) -> Any:
        """As it stands in a sentence, “gains downloads”, and over a column."""
        return self.short or self.label


TABLE = (
    Permission(
        "has_portal_access",
        _("access to the portal"),
        _("Has a user name and a password."),
        "arrow-right-end-on-rectangle",
    ),
    Permission(
        "is_company_manager",
        _("management of users"),
        _("Creates, changes and deactivates users, and decides what each one sees."),
        "shield-check",
        parent="has_portal_access",
    ),
    Permission(
        "can_use_tickets",
        _("tickets"),
        _("Asks support and follows what was asked."),
        "chat-bubble-left-right",
        parent="has_portal_access",
        areas=("tickets",),
    ),
    Permission(
        "can_see_company_tickets",
        _("tickets of the whole company"),
        _("Reads, answers and closes those of every colleague; without it, only one's own and those one follows."),
        "eye",
        parent="can_use_tickets",
        areas=("tickets",),
    ),
    Permission(
        "can_accept_quotes",
        _("accepting quotes"),
        _("Says yes or no to what an enhancement costs."),
        "hand-thumb-up",
        parent="can_use_tickets",
        areas=("tickets",),
    ),
    Permission(
        "can_use_requests",
        _("requests"),
        _("Fills in the forms of Solicitudes."),
        "clipboard-document-list",
        parent="has_portal_access",
        areas=("requests",),
    ),
    Permission(
        "can_use_training",
        _("training"),
        _("Sees the calendar, the balance of hours and the recordings."),
        "academic-cap",
        parent="has_portal_access",
        areas=("training",),
    ),
    Permission(
        "can_book_training",
        _("booking training"),
        _("Books and cancels sessions; they spend the company's hours."),
        "calendar-days",
        parent="can_use_training",
        areas=("training",),
    ),
    Permission(
        "can_use_webinars",
        _("webinars"),
        _("Joins those that are planned and watches those that were recorded."),
        "play-circle",
        parent="has_portal_access",
        areas=("webinars",),
    ),
    Permission(
        "can_use_releases",
        _("release notes"),
        _("Reads what each version brings and corrects."),
        "sparkles",
        parent="has_portal_access",
        areas=("releases",),
    ),
    Permission(
        "can_use_downloads",
        _("downloads"),
        _("Takes the files of each version, and is told by e-mail of a new one."),
        "arrow-down-tray",
        parent="has_portal_access",
        areas=("downloads",),
    ),
    Permission(
        "can_use_contracts",
        _("services and renewals"),
        _("Sees what is contracted, until when, and the work reports."),
        "rectangle-stack",
        parent="has_portal_access",
    ),
    Permission(
        "can_use_invoices",
        _("invoices"),
        _("Sees and downloads the company's invoices."),
        "document-currency-euro",
        parent="has_portal_access",
    ),
    Permission(
        "receives_general_mail",
        _("general mail"),
        _("Communications of the vendor, such as the announcement of a webinar."),
        "megaphone",
        Group.MAIL,
    ),
    Permission(
        "receives_licence_files",
        _("licence files and updates"),
        _("The file that extends the licence, some days before it ends, and word of each new version."),
        "key",
        Group.MAIL,
        short=_("licence files"),
    ),
    Permission(
        "copied_on_company_tickets",
        _("copy of others' tickets"),
        _("Support's answers to the tickets of every colleague, also of those that this person may not open here."),
        "envelope",
        Group.MAIL,
        areas=("tickets", "requests"),
    ),
    Permission(
        "is_technical_contact",
        _("technical contact"),
        _("Whom the vendor asks about the installation and its problems."),
        "wrench-screwdriver",
        Group.PROFILE,
    ),
    Permission(
        "is_administrative_contact",
        _("administrative contact"),
        _("Whom the vendor asks about contracts and invoices."),
        "calculator",
        Group.PROFILE,
    ),
    Permission(
        "is_commercial_contact",
        _("commercial contact"),
        _("Whom the vendor asks about new services."),
        "briefcase",
        Group.PROFILE,
    ),
)

BY_NAME: Mapping[str, Permission] = {permission.name: permission for permission in TABLE}
PERMISSIONS = tuple(BY_NAME)
# Flag → the flag it hangs from. A child is cleared when its parent is off, and a check constraint holds it (S0-107).
PARENTS: Mapping[str, str] = {permission.name: permission.parent for permission in TABLE if permission.parent}
ACCESS_FLAGS = tuple(permission.name for permission in TABLE if permission.group == Group.ACCESS)
MAIL_MARKS = tuple(permission.name for permission in TABLE if permission.group == Group.MAIL)
PROFILE_MARKS = tuple(permission.name for permission in TABLE if permission.group == Group.PROFILE)
# What one contact gets from another: not the profile, nor, silently, the power over everybody.
COPIED = (*(name for name in ACCESS_FLAGS if name != "is_company_manager"), *MAIL_MARKS)

# What a new contact with access gets unless the manager says otherwise.
NEW_CONTACT_FLAGS = ("has_portal_access", "can_use_tickets", "can_use_webinars", "can_use_releases", "can_use_requests")
# The first manager of a company gets every area, company tickets and the licence mark.
FIRST_MANAGER_FLAGS = (*ACCESS_FLAGS, "receives_general_mail", "receives_licence_files")
# What the card of a contact shows: the seven icons of the manual (S0-87…S0-92, S0-123), then what came later.
ON_CARDS = (
    "is_company_manager", "has_portal_access", "can_use_tickets", "can_use_downloads", "can_use_training",
    "receives_licence_files", "copied_on_company_tickets", "can_use_requests", "can_use_webinars", "can_use_releases",
    "can_use_contracts", "can_use_invoices",
)  # fmt: skip


def offered() -> tuple[Permission, ...]:
    """Those of the areas that this installation has. Of the others what is stored stays as it is, and is not shown."""
    return tuple(permission for permission in TABLE if permission.is_offered)


def names_offered() -> tuple[str, ...]:
    return tuple(permission.name for permission in offered())


def within_the_installation(user):
    """The person as somebody who uses the portal: in memory, what belongs to absent areas is off."""
    for permission in TABLE:
        if not permission.is_offered:
            setattr(user, permission.name, False)
    return user


def settled(before: Mapping[str, bool], changes: Mapping[str, bool]) -> dict[str, bool]:
    """All permissions after the changes; a child whose parent is off is off. Parents stand before their children."""
    after = {name: changes.get(name, before[name]) for name in PERMISSIONS}
    for child, parent in PARENTS.items():
        after[child] = after[child] and after[parent]
    return after


def lost_with_parent(wanted: Mapping[str, bool]) -> list[tuple[str, str]]:
    """The permissions that were wanted and cannot be on, each with the parent that it lacks."""
    after = settled(wanted, {})
    return [(child, parent) for child, parent in PARENTS.items() if wanted[child] and not after[parent]]
