"""Why something cannot happen to a person, in words for whoever wanted it."""

from typing import TYPE_CHECKING

from django.core.exceptions import BadRequest, ValidationError
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models.user import User


class LastManager(ValidationError):
    """The change would leave a company without an active manager with access (S0-85)."""

    def __init__(self) -> None:
        super().__init__(
            _("The company needs at least one active user who manages its users. Appoint another one first."),
            code="last_manager",
        )


class CannotHaveAccess(ValidationError):
    """Access was given to somebody who has no login name, or whose address opens another account already."""

    def __init__(self, person: "User") -> None:
        words = _("%(name)s cannot have access: another person already uses this e-mail address to log in.")
        if not person.login:
            words = _("%(name)s cannot have access without a user name.")
        super().__init__(words, code="cannot_have_access", params={"name": person.get_full_name()})


class ChangedMeanwhile(ValidationError):
    """What would change now is not exactly what was to change; nothing was."""

    def __init__(self) -> None:
        super().__init__(_("Somebody has changed these permissions meanwhile."), code="changed_meanwhile")


class CannotUndo(ValidationError):
    """The last change of permissions can no longer be put back as it was; nothing was."""


class StillActive(ValidationError):
    """Only whoever was deactivated can be erased: by then the company has a manager, and what was theirs an heir."""

    def __init__(self) -> None:
        super().__init__(
            _("The person is still active. A manager of the company deactivates them first."), code="still_active"
        )


class Themselves(ValidationError):
    """Nobody erases themselves: somebody else looks at it first."""

    def __init__(self) -> None:
        super().__init__(_("You cannot erase yourself: somebody else of support does."), code="themselves")


class Overtaken(BadRequest):
    """The password was changed meanwhile, as by the second use of one link at the same instant."""
