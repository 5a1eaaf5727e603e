"""Which pages the gates of `accounts.middleware` let pass: those that are for visitors and show nobody's own things."""

from collections.abc import Callable
from typing import TypeVar

View = TypeVar("View", bound=Callable)


def also_for_visitors(view: View) -> View:
    """A page for visitors on which people who are logged in find what is theirs too: for them every gate holds."""
    view.login_required = False  # type: ignore[attr-defined]  # as Django's decorator does
    view.has_gates = True  # type: ignore[attr-defined]
    return view


def is_public(view: Callable) -> bool:
    """Whether nothing is asked of anybody before this page."""
    return not getattr(view, "login_required", True) and not getattr(view, "has_gates", False)
