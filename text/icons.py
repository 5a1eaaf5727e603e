"""Icons that staff choose by name for what customers see."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from heroicons import IconDoesNotExist
from heroicons.templatetags.heroicons import heroicon_outline


def check(name: str) -> None:
    """Refuse a name that no icon has: a page that shows it would fail for everybody."""
    try:
        heroicon_outline(name or "cube")
    except IconDoesNotExist:
        raise ValidationError({"icon": _("There is no icon with this name.")}) from None
