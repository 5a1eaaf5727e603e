"""What must be said before the portal starts: the variables of production, and which columns are about people."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from accounts.areas import OPENED_BY, SWITCHABLE, is_there
from portal.privacy import declarations, elsewhere
from text.personal import declarable, faults

SHORTEST_SECRET = 50
# Names that no mail server on the Internet has (RFC 2606).
EXAMPLE_DOMAINS = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")


class Requirement(NamedTuple):
    """`holds` is asked when the checks run; `lacking` says what is wrong and `remedy` which variable mends it."""

    id: str
    holds: Callable[[], bool]
    lacking: str
    remedy: str


REQUIREMENTS = (
    Requirement(
        "portal.E001",
        lambda: len(secret_key()) >= SHORTEST_SECRET,
        f"The secret key is missing or shorter than {SHORTEST_SECRET} characters.",
        "Set PORTAL_SECRET_KEY to a long random text of your own and keep it safe.",
    ),
    Requirement(
        "portal.E002",
        lambda: is_https(settings.PUBLIC_URL),
        "The public address is missing or is not https.",
        "Set PORTAL_URL, as in https://soporte.acme.es; the links in mails start with it.",
    ),
    Requirement(
        "portal.E003",
        lambda: bool(settings.ALLOWED_HOSTS) and "*" not in settings.ALLOWED_HOSTS,
        "The host names that the portal answers to are missing, or any name will do.",
        "Set PORTAL_HOSTS, separated by commas, as in soporte.acme.es.",
    ),
    Requirement(
        "portal.E004",
        lambda: settings.DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql",
        "The database is not PostgreSQL.",
        "Set DATABASE_URL, as in postgres://user:password@host:5432/portal.",
    ),
    Requirement(
        "portal.E005",
        lambda: bool(settings.REDIS_URL),
        "There is no Redis for the cache, the limits on attempts and the queue.",
        "Set REDIS_URL, as in redis://host:6379/0.",
    ),
    Requirement(
        "portal.E006",
        lambda: settings.MAIL_SERVER is not None,
        "There is no mail server: every mail would stay in the outbox.",
        "Set EMAIL_URL, as in smtp+tls://user:password@host:587.",
    ),
    Requirement(
        "portal.E007",
        lambda: not is_example(settings.MAIL_DOMAIN),
        "The domain that mails are sent from is missing or an example.",
        "Set PORTAL_MAIL_DOMAIN to a domain of yours, as in acme.es.",
    ),
)


@register()
def production_is_complete(app_configs: Sequence[AppConfig] | None, **kwargs) -> list[CheckMessage]:
    if not settings.PRODUCTION:
        return []
    return [Error(lack.lacking, hint=lack.remedy, id=lack.id) for lack in REQUIREMENTS if not lack.holds()]


@register()
def areas_fit_together(app_configs: Sequence[AppConfig] | None, **kwargs) -> list[CheckMessage]:
    """PORTAL_AREAS names areas that exist, and nothing is opened to visitors whose area is not there."""
    known = ", ".join(SWITCHABLE)
    found: list[CheckMessage] = [
        Error(f"There is no area {name!r}.", hint=f"PORTAL_AREAS may name: {known}.", id="portal.E020")
        for name in settings.AREAS
        if name not in SWITCHABLE
    ]
    return found + [
        Error(
            f"PORTAL_{setting} needs the area {area!r}, which PORTAL_AREAS leaves out.",
            hint=f"Add {area} to PORTAL_AREAS, or set PORTAL_{setting}=no.",
            id="portal.E021",
        )
        for setting, area in OPENED_BY.items()
        if getattr(settings, setting, False) and not is_there(area)
    ]


@register()
def every_column_says_whether_it_is_personal(app_configs: Sequence[AppConfig] | None, **kwargs) -> list[CheckMessage]:
    """Ours in the model (text/personal.py), those of libraries in the one list of them."""
    found: list[CheckMessage] = [
        Error(lack, hint=remedy, obj=model, id="portal.E010")
        for model in declarations.ours()
        for lack, remedy in faults(model)
    ]
    remedy = "Say in portal/privacy/elsewhere.py whose its rows are, or that they are nobody's."
    return found + [
        Error("Nobody knows what this table holds of people.", hint=remedy, obj=model, id="portal.E011")
        for model in declarations.of_libraries()
        if declarable(model) and model._meta.label not in elsewhere.KNOWN
    ]


def secret_key() -> str:
    try:
        return settings.SECRET_KEY
    except ImproperlyConfigured:
        return ""


def is_https(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.hostname)


def is_example(domain: str) -> bool:
    return not domain or any(domain == name or domain.endswith(f".{name}") for name in EXAMPLE_DOMAINS)
