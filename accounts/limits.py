"""How often something may be done: the one table, and the counting of it (A35, A74).

A window begins at a whole multiple of its period, so that its counter is one key, one count of the shared cache serves
a request, and when it opens again needs no asking. What is counted is named by a digest: no name or address waits in
the cache. Where Redis is away the database counts (portal/cache.py); nowhere does a doubt open anything.
"""

import ipaddress
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial, wraps
from hashlib import sha256
from math import ceil
from typing import Any, NoReturn, Protocol

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import ngettext

from accounts.middleware import client_address

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
# So long a network in which somebody logged in is let through when everybody together has failed too often.
KNOWN_FOR = 30 * DAY

clock = time.time


class Reached(ValidationError):
    """A limit is reached. `wait`: seconds until it opens again. A form shows it; elsewhere it becomes a page (429)."""

    def __init__(self, *, wait: int) -> None:
        self.wait = wait
        minutes = ceil(wait / MINUTE)
        words = ngettext(
            "That was too often for a short while. Nothing was lost: try again in %(minutes)s minute.",
            "That was too often for a short while. Nothing was lost: try again in %(minutes)s minutes.",
            minutes,
        )
        super().__init__(words, code="limit", params={"minutes": minutes})


# --- for whom it is counted ---


def person(request, what: str) -> str:
    return f"person {request.user.pk}"


def company(request, what: str) -> str:
    return f"company {request.user.company_id}" if request.user.company_id else person(request, what)


def network(request, what: str) -> str:
    """The neighbourhood of the address that the proxies vouch for: /24, or /64 of IPv6."""
    address = ipaddress.ip_address(client_address(request) or "0.0.0.0")  # noqa: S104 - one bucket for the unknown
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    prefix = 24 if (mapped or address).version == 4 else 64
    return str(ipaddress.ip_network(f"{mapped or address}/{prefix}", strict=False))


def named(request, what: str) -> str:
    """The very thing that was typed: a name at log-in, an address. Whether it belongs to anybody is not asked."""
    return f"named {what}"


def everybody(request, what: str) -> str:
    return "everybody"


# --- the table ---


@dataclass(frozen=True, slots=True)
class Limit:
    """So many in each `period` (seconds), counted apart for all that `each` names together.

    A door's limit is the same everywhere; those of work grow with PORTAL_LIMITS_TIMES.
    """

    amount: int
    period: int
    each: tuple[Callable[[Any, str], str], ...]
    is_door: bool = False

    @property
    def allowed(self) -> int:
        return self.amount if self.is_door else self.amount * settings.LIMITS_TIMES


LIMITS = {
    # Doors. A try at log-in spends the first three, and gets them back when the password is right.
    "log_in": Limit(10, 15 * MINUTE, (named, network), is_door=True),
    "log_in_network": Limit(50, HOUR, (network,), is_door=True),
    "log_in_everybody": Limit(1_000, 15 * MINUTE, (everybody,), is_door=True),
    "step_up": Limit(10, 15 * MINUTE, (person,), is_door=True),
    "reset": Limit(3, HOUR, (named,), is_door=True),
    "reset_network": Limit(50, HOUR, (network,), is_door=True),
    "reset_link": Limit(20, MINUTE, (network,), is_door=True),
    "registration": Limit(3, HOUR, (named,), is_door=True),
    "registration_network": Limit(20, HOUR, (network,), is_door=True),
    "guest": Limit(3, HOUR, (named,), is_door=True),  # mails with a link to an address that nobody has verified yet
    "guest_network": Limit(20, HOUR, (network,), is_door=True),
    "guest_link": Limit(20, MINUTE, (network,), is_door=True),
    # A try at a guest's code spends all three, and gets them back when it is right.
    "guest_code": Limit(10, HOUR, (named,), is_door=True),
    "guest_address": Limit(10, HOUR, (named,), is_door=True),
    "guest_code_network": Limit(50, HOUR, (network,), is_door=True),
    "taken": Limit(20, HOUR, (company,), is_door=True),  # asking whether a login name or an address is taken
    # Work. Far more than a person does, far less than a script.
    "ticket": Limit(20, HOUR, (person,)),
    "reply": Limit(60, HOUR, (person,)),
    "upload": Limit(300, HOUR, (person,)),
    "new_user": Limit(200, HOUR, (company,)),
    "search": Limit(60, MINUTE, (person,)),
    "search_visitor": Limit(60, MINUTE, (network,)),
    "guest_reply": Limit(60, HOUR, (named,)),
    "guest_upload": Limit(100, HOUR, (network,)),
    "suggestions_visitor": Limit(120, MINUTE, (network,)),
    "suggestions": Limit(120, MINUTE, (person,)),
    "booking": Limit(60, HOUR, (person,)),
    "vote": Limit(60, HOUR, (person,)),
    "export": Limit(10, HOUR, (person,)),
    "download": Limit(200, HOUR, (person,)),
    "download_visitor": Limit(100, HOUR, (network,)),
    "watch": Limit(2_000, HOUR, (person,)),  # parts of a film: each jump in it is one more
}


# --- counting ---


class Spend(Protocol):
    """What a form is given to count by: `limits.spender(request)`."""

    def __call__(self, name: str, *, amount: int = 1) -> None: ...


def spend(name: str, request, *, what: str = "", amount: int = 1) -> None:
    """Count one more, or `amount` together, for whoever asks. Raises Reached, and then nothing was counted."""
    if not take(name, request, what=what, amount=amount):
        refuse(name, request)


def spender(request) -> Spend:
    """`spend` for the person of this request."""
    return partial(_spend_of, request)


def _spend_of(request, name: str, *, amount: int = 1) -> None:
    spend(name, request, amount=amount)


def without_limit(name: str, *, amount: int = 1) -> None:
    """For forms of support, whose work has none."""


# How a form counts what it refuses: `limits.refusals(name, request)`.
Refusals = Callable[[], AbstractContextManager[None]]


def refusals(name: str, request) -> Refusals:
    """Counts what ends in a ValidationError. Room for it is taken before, so that beyond the limit nothing is told."""

    @contextmanager
    def counted() -> Iterator[None]:
        spend(name, request)
        yield
        give_back(name, request)

    return counted


def limited(name: str, *, methods: tuple[str, ...] = ("GET", "POST")):
    """A view each of whose answers to these methods counts."""

    def decorator(view):
        @wraps(view)
        def counted(request, *args, **kwargs):
            if request.method in methods:
                spend(name, request)
            return view(request, *args, **kwargs)

        return counted

    return decorator


def take(name: str, request, *, what: str = "", amount: int = 1) -> bool:
    """Whether there was room, and then it is taken."""
    limit = LIMITS[name]
    key = key_of(name, request, what)
    if count(key, amount, period=limit.period) <= limit.allowed:
        return True
    count(key, -amount, period=limit.period)
    return False


def give_back(name: str, request, *, what: str = "") -> None:
    """What was counted turned out to be none: the password was right."""
    count(key_of(name, request, what), -1, period=LIMITS[name].period)


def forget(name: str, request, *, what: str = "") -> None:
    """Begin anew within the window."""
    cache.delete(key_of(name, request, what))


def refuse(name: str, request) -> NoReturn:
    """Raises Reached; portal.middleware makes the answer, whatever page it becomes, a 429."""
    period = LIMITS[name].period
    request.limit_reached = Reached(wait=ceil(period - clock() % period))
    raise request.limit_reached


def key_of(name: str, request, what: str) -> str:
    limit = LIMITS[name]
    whose = "\0".join(part(request, what) for part in limit.each)
    window = int(clock() // limit.period)
    return f"limit:{name}:{window}:{sha256(whose.encode()).hexdigest()[:32]}"


def count(key: str, amount: int, *, period: int) -> int:
    """The counter after adding. It outlives its window, so that it never ends, or lasts for ever, while it is used."""
    for _race in range(3):
        with suppress(ValueError):
            return cache.incr(key, amount)
        if cache.add(key, max(amount, 0), 2 * period):
            return amount
    return int(1e9)  # it is lost as soon as it is made: nobody knows


# --- log-in ---


def spend_try(request, name: str) -> list[str]:
    """One more try at the password of whoever is named so, before it is looked at; says what was spent. Raises Reached.

    When everybody together has failed too often, those networks go on in which somebody has logged in of late.
    """
    spend("log_in", request, what=name)
    spend("log_in_network", request)
    if take("log_in_everybody", request):
        return ["log_in", "log_in_network", "log_in_everybody"]
    if not cache.has_key(known_network(request)):
        refuse("log_in_everybody", request)
    return ["log_in", "log_in_network"]


def right_try(request, name: str, spent: Iterable[str]) -> None:
    """The password was right: the try counts for nothing, and the network is known."""
    for limit in spent:
        give_back(limit, request, what=name)
    cache.set(known_network(request), True, KNOWN_FOR)


def unlock(request, user) -> None:
    """Whoever has chosen a password by a link may try it at once, where the link was opened."""
    for name in filter(None, (user.login, user.email)):
        forget("log_in", request, what=name)


def known_network(request) -> str:
    return f"limit:known:{sha256(network(request, '').encode()).hexdigest()[:32]}"
