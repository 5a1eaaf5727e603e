"""Addresses that lead out of the portal: rooms where webinars are held, and videos that lie on other hosts."""

from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

HTTPS_PORT = 443


def parts(address: str) -> SplitResult | None:
    """Those of an https address of a host, without anybody's name; None for anything else."""
    if any(character.isspace() or not character.isprintable() for character in address) or "\\" in address:
        return None
    try:
        found = urlsplit(address)
        is_plain = found.port in (None, HTTPS_PORT) and "@" not in found.netloc
    except ValueError:
        return None
    return found if found.scheme == "https" and found.hostname and is_plain else None


def check_https(address: str) -> None:
    """Raises ValidationError for what is no address that begins with https://."""
    if parts(address) is None:
        raise ValidationError(_("Write an address that begins with https://."), code="https")


def is_allowed(address: str) -> bool:
    """Whether a video of this address may stand in a page of ours."""
    found = parts(address)
    return found is not None and found.hostname in settings.VIDEO_HOSTS


def check_embed(address: str) -> None:
    """Raises ValidationError for a video whose host is not on the list of this installation."""
    check_https(address)
    if is_allowed(address):
        return
    if not settings.VIDEO_HOSTS:
        raise ValidationError(_("This installation shows no videos of other hosts: upload the file."), code="host")
    words = _("Videos may only come from: %(hosts)s. Upload the file, or use one of them.")
    raise ValidationError(words, code="host", params={"hosts": ", ".join(settings.VIDEO_HOSTS)})
