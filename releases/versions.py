"""Version numbers as people read them: 4.24 comes after 4.3, and 4.3 is 4.3.0 (S0-68)."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# What may stand in an address as it is typed, whatever the vendor's habit: 2026.11.2, v4.24, 12.0-rc1.
VERSION = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z._+\-]*[0-9A-Za-z])?")
# Words that announce a version; others, as in 4.3-hotfix2, follow it.
BEFORE = frozenset({"a", "alpha", "b", "beta", "dev", "m", "pre", "preview", "rc", "snapshot"})
DIGITS = 8  # longer numbers sort by their first ones
PLACES = 6  # 4.3 has as many as 4.3.0


def check_version(version: str) -> None:
    """Raises ValidationError."""
    if not VERSION.fullmatch(version):
        raise ValidationError(_("A version is made of digits, letters, points and hyphens, as in 2026.11.2."))


def sort_key(version: str) -> str:
    """A text that sorts as the versions do: 12.0-rc1 < 12.0 < 12.0-hotfix1 < 12.0.1."""
    parts = re.findall(r"\d+|[a-z]+", version.lower().removeprefix("v"))
    numbers = []
    while parts and parts[0].isdigit():
        numbers.append(parts.pop(0))
    numbers += ["0"] * (PLACES - len(numbers))
    place = "1" if not parts else "0" if parts[0] in BEFORE else "2"
    return " ".join([*map(padded, numbers), place, *map(padded, parts)])


def padded(part: str) -> str:
    return f"{part.lstrip('0')[:DIGITS]:0>{DIGITS}}" if part.isdigit() else part


class VersionConverter:
    """A version in an address."""

    regex = r"[0-9A-Za-z._+\-]{1,40}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
