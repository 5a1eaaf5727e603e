"""Reading the views' syntax trees: every query begins at a fence."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

FENCES = frozenset({"visible_to", "for_staff"})
# What may follow `.objects` in a view besides, each with its reason.
ALLOWED = {
    "Announcement.objects.found_by": "asks for the person by the parts of which visible_to is made",
    "ReleaseNote.objects.found_by": "asks for the person by the parts of which visible_to is made",
    "Webinar.objects.found_by": "asks for the person by the parts of which visible_to is made",
    "Draft.objects.keep": "writes only where the seal of a form says, and shows nothing",
    "Draft.objects.waiting": "asks for the person and goes through visible_to itself",
    "Ticket.objects.personal_to": "asks for the person and goes through visible_to itself",
    "Ticket.objects.lights_alarm": "tells a person of their own tickets, and of them only whether one is unread",
    "Attachment.objects.in_tickets_of": "asks for the person and goes through visible_to itself",
    "Ticket.objects.mark_read": "asks for the person and goes through visible_to itself",
    "User.objects.set_permissions": "refuses whoever is not of the company that it is given",
    "Ticket.objects.left_by": "asks for the person, whom a fence has found",
    "Ticket.objects.hand_over": "asks for the person, whom a fence has found",
    "Guest.objects.to_verify": "asks for the token of a link, of which it is the only use",
    "Guest.objects.visible_with": "asks for code and address together",
    "Guest.objects.visible_by": "asks for the signed link of a mail",
    "Guest.objects.visible_in": "asks for what the session has shown it may read",
    "Attachment.objects.of_guest": "asks for the guest, whom the session may read",
    "Booking.objects.left_by": "asks for the person, whom a fence has found",
    "Booking.objects.hand_over": "asks for the person, whom a fence has found",
    "Bundle.objects.built": "asks for the files, which a fence has found",
    "Bundle.objects.ask_for": "asks for the files, which a fence has found",
    "ReleaseFile.objects.recommended": "what staff recommend to everybody: there is nobody to ask for",
    "DownloadLog.objects.note": "writes of files, which a fence has found, and shows nothing",
    "PreparationGuide.objects.using": "first rows of a fresh database: nobody's request",
    "Department.objects.using": "first rows of a fresh database: nobody's request",
    "RequestType.objects.using": "first rows of a fresh database: nobody's request",
}
LOOKUPS = frozenset({"get_object_or_404", "get_list_or_404"})
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})


def views() -> list[Path]:
    """The modules that answer customers: the views of every app, what it finds, and the pages of the project."""
    patterns = ("*/views*.py", "*/views/*.py", "*/finding.py", "portal/*.py", "portal/search/*.py")
    return sorted(path for pattern in patterns for path in settings.BASE_DIR.glob(pattern))


def breaches(source: str) -> Iterator[str]:
    """The queries of a module that pass no fence, as written."""
    tree = ast.parse(source)
    begun = {id(node.value): node for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
            follows = begun.get(id(node))
            if follows is None or not (follows.attr in FENCES or ast.unparse(follows) in ALLOWED):
                yield ast.unparse(follows or node)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in LOOKUPS and is_model(node.args[0]):
            yield ast.unparse(node)


def is_model(node: ast.expr) -> bool:
    """A bare class, of which every row would be found."""
    return isinstance(node, ast.Name) and node.id[:1].isupper()
