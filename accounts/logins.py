"""Login names: which are never given, and which one is free for a person.

Whether a name is reserved or belongs to somebody, perhaps of another company, is told in the same words (A77).
"""

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from text.search import bare
from text.words import normalised

if TYPE_CHECKING:
    from accounts.models import User

# Names in which somebody could speak for the vendor or the portal.
RESERVED = frozenset({
    "abuse", "acceso", "admin", "administracion", "administración", "administrador", "administrator", "api", "ayuda",
    "facturacion", "facturación", "gestion", "gestión", "help", "helpdesk", "hostmaster", "info", "invitado", "guest",
    "mail", "mailer-daemon", "no-responder", "noreply", "no-reply", "null", "none", "portal", "postmaster", "root",
    "security", "seguridad", "sistema", "soporte", "staff", "superuser", "support", "system", "test", "webmaster",
})  # fmt: skip
ROOM_FOR_A_NUMBER = 50  # characters; the column holds 60
SHORTEST = 3
NOT_IN_A_LOGIN = re.compile(r"[^\w.\-]+")


def base(first_name: str, last_name: str, email: str = "") -> str:
    """The login that a name suggests: jon.ibarra; that of the address where the name gives none."""
    words = [bare(name).split()[:1] for name in (first_name, last_name)]
    joined = ".".join(word for found in words for word in found)
    for candidate in (joined, bare(email.partition("@")[0]), "usuario"):
        login = NOT_IN_A_LOGIN.sub("", candidate).strip(".-_")[:ROOM_FOR_A_NUMBER]
        if len(login) >= SHORTEST:
            return normalised(login)
    raise AssertionError("unreachable: the last candidate is long enough")


def first_free(wanted: str, taken: Collection[str]) -> str:
    """The name itself, or the first of its numbers that nobody has."""
    number, login = 1, wanted
    while login in RESERVED or login in taken:
        number += 1
        login = f"{wanted}{number}"
    return login


def like(wanted: str) -> set[str]:
    """The logins that somebody has and that begin so."""
    return set(get_user_model().objects.filter(login__startswith=wanted).values_list("login", flat=True))


def taken_of(logins: Iterable[str]) -> set[str]:
    """Those of the names that nobody can be given any more."""
    wanted = set(logins)
    held = get_user_model().objects.filter(login__in=wanted)
    return set(held.values_list("login", flat=True)) | (RESERVED & wanted)


def free(first_name: str, last_name: str, email: str = "") -> str:
    """A login that nobody has, made of a person's name."""
    wanted = base(first_name, last_name, email)
    return first_free(wanted, like(wanted))


def check_free(login: str, *, person: "User", first_name: str, last_name: str) -> None:
    """Raises ValidationError, with a name that is free, when `login` cannot be given to the person."""
    held = get_user_model().objects.filter(login=login).exclude(pk=person.pk).exists()
    if not held and login not in RESERVED:
        return
    suggestion = free(first_name, last_name) if first_name or last_name else first_free(login, like(login))
    raise ValidationError(
        _("This login name is not available. One that is: %(login)s"), code="unique", params={"login": suggestion}
    )
