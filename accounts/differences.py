"""What a change of permissions does to a person, put into words before it is done, and after."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from accounts.permissions import BY_NAME, PARENTS, PERMISSIONS, settled

if TYPE_CHECKING:
    from accounts.models import AuditEntry, User

# Parent → what is lost with it: “training and, with it, booking training”. Its gender differs in Spanish.
LOST_WITH: Mapping[str, Any] = {
    "has_portal_access": pgettext_lazy("access to the portal", "%(parent)s and, with it, %(children)s"),
    "can_use_tickets": pgettext_lazy("tickets", "%(parent)s and, with it, %(children)s"),
    "can_use_training": pgettext_lazy("training", "%(parent)s and, with it, %(children)s"),
}


@dataclass(frozen=True)
class Difference:
    """What one person gains and loses. `ungranted` are flags that were asked for and cannot be without another one."""

    person: "User"
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    ungranted: tuple[str, ...] = ()

    @property
    def changes(self) -> dict[str, bool]:
        return {name: name in self.gained for name in PERMISSIONS if name in (*self.gained, *self.lost)}

    def undone(self) -> "Difference":
        """What puts this back."""
        return Difference(self.person, gained=self.lost, lost=self.gained)

    @property
    def words(self) -> str:
        """“gains downloads; loses training and, with it, booking training”."""
        return "; ".join(clauses_of(self.changes))

    @property
    def ungranted_words(self) -> list[str]:
        """“booking training is not given without training”."""
        words = _("%(child)s is not given without %(parent)s")
        return [words % {"child": BY_NAME[name].noun, "parent": BY_NAME[PARENTS[name]].noun} for name in self.ungranted]

    @property
    def appoints(self) -> bool:
        return "is_company_manager" in self.gained

    @property
    def dismisses(self) -> bool:
        return "is_company_manager" in self.lost


def clauses_of(changes: Mapping[str, bool]) -> list[str]:
    """“gains downloads”, “loses training and, with it, booking training”."""
    gained = [name for name in PERMISSIONS if changes.get(name)]
    lost = [name for name in PERMISSIONS if changes.get(name) is False]
    clauses = [_("gains %(what)s") % {"what": listed(gained)}] if gained else []
    return clauses + [_("loses %(what)s") % {"what": what} for what in losses(lost)]


def losses(lost: Collection[str]) -> list[str]:
    """What is lost by itself, and then each parent with what hangs from it."""
    below: dict[str, list[str]] = {}
    for name in lost:
        below.setdefault(root_of(name, lost), []).append(name)
    alone = [root for root, names in below.items() if names == [root]]
    with_children = [
        LOST_WITH[root] % {"parent": BY_NAME[root].noun, "children": listed(names[1:])}
        for root, names in below.items()
        if root not in alone
    ]
    return ([listed(alone)] if alone else []) + with_children


def root_of(name: str, lost: Collection[str]) -> str:
    """The uppermost of the lost flags from which this one hangs."""
    while PARENTS.get(name) in lost:
        name = PARENTS[name]
    return name


def listed(names: Iterable[str]) -> str:
    """“tickets, webinars and downloads”."""
    return str(get_text_list([str(BY_NAME[name].noun) for name in names], _("and")))


def difference(person: "User", wishes: Mapping[str, bool]) -> Difference:
    """What these wishes would change of the person as they are now, children settled."""
    before = {name: getattr(person, name) for name in PERMISSIONS}
    after = settled(before, wishes)
    return Difference(
        person,
        gained=tuple(name for name in PERMISSIONS if after[name] and not before[name]),
        lost=tuple(name for name in PERMISSIONS if before[name] and not after[name]),
        ungranted=tuple(name for name in PARENTS if wishes.get(name) and not after[name]),
    )


def changed_meanwhile(confirmed: Mapping[str, bool], now: Difference) -> Sequence[str]:
    """The flags about which what was confirmed and what would change now do not agree."""
    return [name for name in PERMISSIONS if (name in confirmed) != (name in now.changes)]


def past_difference(person: "User", line: "AuditEntry") -> Difference:
    """What a line of the logbook changed."""
    changed = {name: line.changes[name][1] for name in PERMISSIONS if name in line.changes}
    gained = tuple(name for name, new in changed.items() if new)
    return Difference(person, gained=gained, lost=tuple(name for name in changed if name not in gained))
