"""The wall table: who gets which answer from every address. Reviewed like code; rendered in docs/walls.md.

A new page needs its row here, and its name in PUBLIC_PAGES when it may be read without log-in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tests.walls.roles import CUSTOMERS, OUTSIDE, STAFF, Role, has_flag


class Gate(StrEnum):
    """What is asked before the view; an area's gate is the name of its flag instead."""

    PUBLIC = "everybody"
    PEOPLE = "whoever is logged in"


class Owner(StrEnum):
    """Whose the thing is that an address names."""

    OWN = "own"
    COLLEAGUE = "colleague's"
    OTHER = "another company's"
    ABSENT = "absent"


LOG_IN = "log-in"  # a redirect to the log-in page that remembers where one wanted to go
Answer = int | str
# One status for everybody whom the gate lets in, or one for each of "outside", "customers", "staff".
Codes = int | Mapping[str, int]


@dataclass(frozen=True)
class Row:
    """One page and one kind of thing that its address may name. A method without code answers 405."""

    name: str
    gate: str = Gate.PEOPLE
    get: Codes | None = None
    post: Codes | None = None
    body: str = ""  # what a good POST sends: a name of world.BODIES
    of: str = ""  # what the address names: a name of world.ARGUMENTS
    needs: str = ""  # the flag without which not even one's own things can be seen
    colleague: str = ""  # the flag that also opens a colleague's
    staff: bool = False  # staff see the things of every company
    bearer: bool = False  # the address itself is the authority: it works for whoever holds it
    foreign: int = 404  # for what is not theirs, the same as for what does not exist

    @property
    def owners(self) -> tuple[Owner, ...]:
        if not self.of:
            return (Owner.OWN,)
        return (Owner.OWN, Owner.ABSENT) if self.bearer else tuple(Owner)

    def code(self, method: str) -> Codes | None:
        """HEAD answers as GET."""
        return self.post if method == "POST" else self.get if method in ("GET", "HEAD") else None

    def answer(self, role: Role, method: str, owner: Owner) -> Answer:
        """What `role` must get."""
        if (refusal := self.refusal(role)) is not None:
            return refusal
        code = self.code(method)
        if code is None:
            return 405
        if not self.shows(role, owner):
            return self.foreign
        return code if isinstance(code, int) else code[group_of(role)]

    def refusal(self, role: Role) -> Answer | None:
        """What the gate says to `role`; None when it opens."""
        if self.gate == Gate.PUBLIC:
            return None
        if role in OUTSIDE:
            return LOG_IN
        return None if self.gate == Gate.PEOPLE or has_flag(role, self.gate) else 403

    def shows(self, role: Role, owner: Owner) -> bool:
        """Whether the thing exists for `role`."""
        if owner == Owner.ABSENT:
            return False
        if self.bearer or (self.staff and role in STAFF):
            return True
        if not has_flag(role, self.needs):
            return False
        return owner == Owner.OWN or (
            owner == Owner.COLLEAGUE and bool(self.colleague) and has_flag(role, self.colleague)
        )


def group_of(role: Role) -> str:
    if role in OUTSIDE:
        return "outside"
    return "customers" if role in CUSTOMERS else "staff"


TICKETS = "can_use_tickets"
OF_TICKETS = {"needs": TICKETS, "colleague": "can_see_company_tickets"}

# The pages that may be asked for without log-in: the checked-in list.
PUBLIC_PAGES = frozenset({
    "account_login", "account_logout", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "account:invitation",
    "language", "health_live", "health_ready", "admin:login",
})  # fmt: skip

ROWS = (
    Row("root", get=302, post=302),
    Row("home", get={"customers": 200, "staff": 302}),
    Row("language", Gate.PUBLIC, post=302, body="a language"),
    Row("health_live", Gate.PUBLIC, get=200),
    Row("health_ready", Gate.PUBLIC, get=503),  # no worker runs beside the tests
    # --- log-in ---
    Row(
        "account_login", Gate.PUBLIC,
        get={"outside": 200, "customers": 302, "staff": 302}, post={"outside": 200, "customers": 302, "staff": 302},
    ),
    Row("account_logout", Gate.PUBLIC, get={"outside": 302, "customers": 200, "staff": 200}, post=302),
    Row("account_reset_password", Gate.PUBLIC, get=200, post=302, body="an address"),
    Row("account_reset_password_done", Gate.PUBLIC, get=200),
    Row(
        "account_reset_password_from_key", Gate.PUBLIC, of="reset link", bearer=True, foreign=200,
        get=302, post=302, body="a first password",
    ),
    Row("account_reset_password_from_key_done", Gate.PUBLIC, get=200),
    # --- one's own account ---
    Row("account:profile", get=200, post=302, body="a profile"),
    Row("account:password", get=200, post=302, body="a new password"),
    Row(
        "account:invitation", Gate.PUBLIC, of="invitation", bearer=True, foreign=410,
        get=200, post=302, body="a first password",
    ),
    # --- tickets ---
    Row("tickets:list", TICKETS, get=200),
    Row("tickets:new", TICKETS, get=200, post=302, body="a ticket"),
    Row("tickets:new_files", TICKETS, post=200, body="a file"),
    Row("tickets:mark_all_read", TICKETS, post=302),
    Row("thread:ticket", of="ticket", **OF_TICKETS, get=200, post=302, body="a reply"),
    Row("thread:ticket", of="followed ticket", **OF_TICKETS, get=200, post=302, body="a reply"),
    Row("thread:ticket_files", of="ticket", **OF_TICKETS, post=200, body="a file"),
    Row("thread:close", of="ticket", **OF_TICKETS, post=302),
    Row("thread:close", of="resolved ticket", **OF_TICKETS, post=302),
    Row("thread:reopen", of="resolved ticket", **OF_TICKETS, post=302),
    Row("thread:follower_add", of="ticket", **OF_TICKETS, get=200, post=302, body="a colleague"),
    Row("thread:follower_remove", of="follower", **OF_TICKETS, post=302),
    Row("thread:follower_remove", of="follower elsewhere", needs=TICKETS, post=302),
    Row("thread:attachment", of="file", **OF_TICKETS, staff=True, get=200),
    Row("thread:attachment", of="draft file", get=200),
    Row("thread:draft_file_remove", of="draft file", post=302),
    Row("thread:draft_file_remove", of="file", post=404),
    Row("thread:draft_discard", of="draft", post=302, foreign=302),
    Row("thread:preview", post=200, body="a text"),
)  # fmt: skip

# The methods that no page takes.
OTHER_METHODS = ("PUT", "PATCH", "DELETE", "TRACE")
# Pages of a library's classes: a redirect answers whatever the method, and a form takes PUT for a POST without content.
OF_A_LIBRARY = frozenset({"root", "account_login", "account_reset_password", "account_reset_password_from_key"})
