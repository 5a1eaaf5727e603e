"""The fifteen people who stand before every wall."""

from enum import StrEnum


class Role(StrEnum):
    ANONYMOUS = "anonymous"
    DEACTIVATED = "deactivated"
    CONTACT = "no access"
    NO_FLAGS = "no flags"
    TICKETS = "tickets"
    COMPANY = "company tickets"
    REQUESTS = "requests"
    TRAINING = "training"
    BOOKING = "booking"
    DOWNLOADS = "downloads"
    LICENCES = "licences"
    MANAGER = "manager"
    ALL = "all flags"
    AGENT = "agent"
    SUPERUSER = "superuser"


# Whoever is outside has no session, or one that died with the right to log in.
OUTSIDE = (Role.ANONYMOUS, Role.DEACTIVATED, Role.CONTACT)
STAFF = (Role.AGENT, Role.SUPERUSER)

# Beside `has_portal_access`, which every customer inside has.
FLAGS: dict[Role, tuple[str, ...]] = {
    Role.DEACTIVATED: ("can_use_tickets",),
    Role.CONTACT: ("can_use_tickets",),
    Role.NO_FLAGS: (),
    Role.TICKETS: ("can_use_tickets",),
    Role.COMPANY: ("can_use_tickets", "can_see_company_tickets"),
    Role.REQUESTS: ("can_use_requests",),
    Role.TRAINING: ("can_use_training",),
    Role.BOOKING: ("can_use_training", "can_book_training"),
    Role.DOWNLOADS: ("can_use_downloads",),
    Role.LICENCES: ("receives_licence_files",),
    Role.MANAGER: ("is_company_manager",),
    Role.ALL: (
        "is_company_manager", "can_use_tickets", "can_see_company_tickets", "can_accept_quotes", "can_use_requests",
        "can_use_training", "can_book_training", "can_use_webinars", "can_use_releases", "can_use_downloads",
        "can_use_contracts", "can_use_invoices", "receives_licence_files",
    ),
}  # fmt: skip
CUSTOMERS = tuple(role for role in FLAGS if role not in OUTSIDE)


def has_flag(role: Role, flag: str) -> bool:
    return not flag or flag in FLAGS.get(role, ())
