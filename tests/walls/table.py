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
    needs: str | tuple[str, ...] = ""  # the flag, or one of those, without which not even one's own things can be seen
    colleague: str = ""  # the flag that also opens a colleague's
    whole_company: bool = False  # it is there for everybody of the company who is logged in, and for no visitor
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
        if self.whole_company:
            return role in CUSTOMERS and owner in (Owner.OWN, Owner.COLLEAGUE)
        needs = (self.needs,) if isinstance(self.needs, str) else self.needs
        if not any(has_flag(role, flag) for flag in needs):
            return False
        return owner == Owner.OWN or (
            owner == Owner.COLLEAGUE and bool(self.colleague) and has_flag(role, self.colleague)
        )


def group_of(role: Role) -> str:
    if role in OUTSIDE:
        return "outside"
    return "customers" if role in CUSTOMERS else "staff"


TICKETS = "can_use_tickets"
REQUESTS = "can_use_requests"
RELEASES = "can_use_releases"
MANAGER = "is_company_manager"
MANAGES = "is_company_manager"
LICENCES = "receives_licence_files"
DOWNLOADS = "can_use_downloads"
TRAINING = "can_use_training"
BOOKS = "can_book_training"
WEBINARS = "can_use_webinars"
OF_COMPANY = {"colleague": DOWNLOADS}  # what is there for a person is there for the whole company
OF_TICKETS = {"needs": TICKETS, "colleague": "can_see_company_tickets"}
OF_REQUESTS = {"needs": (TICKETS, REQUESTS), "colleague": "can_see_company_tickets"}  # one's own also without tickets
TO_DECIDE = {"needs": MANAGER, "colleague": MANAGER}

# The sessions here are not fresh: whoever is inside is asked for the password first (A34), whatever is there.
GRAVE = {"get": 302, "post": 302}

# The pages that may be asked for without log-in: the checked-in list.
PUBLIC_PAGES = frozenset({
    "account_login", "account_logout", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "account:invitation",
    "account_register", "account_register_sent", "account_register_verify", "account_register_done",
    "account:email_confirm", "account:unsubscribe", "mfa_authenticate",
    "guests:new", "guests:sent", "guests:answers", "guests:verify", "guests:lookup", "guests:leave", "guests:link",
    "guests:ticket", "guests:changes", "guests:close", "guests:reopen", "guests:attachment", "guests:attachment_state",
    "announcements:list", "announcements:announcement", "announcements:feed", "status:status", "status:incident",
    "rules:rules", "information:contact", "information:legal", "information:privacy", "information:accessibility",
    "root", "downloads:recommended", "downloads:recommended_file",
    "thread:draft_keep", "language", "health_live", "health_ready", "admin:login",
    "knowledge:index", "knowledge:category", "knowledge:article", "knowledge:article_print", "knowledge:picture",
    "search:results",
})  # fmt: skip

ROWS = (
    Row("root", Gate.PUBLIC, get={"outside": 200, "customers": 302, "staff": 302}),
    Row("home", get={"customers": 200, "staff": 302}),
    # what each finds there: test_search_page.py
    Row("search:results", Gate.PUBLIC, get=200),
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
    # --- registration, where it is not closed ---
    Row(
        "account_register", Gate.PUBLIC, body="a request for access",
        get={"outside": 200, "customers": 302, "staff": 302}, post=302,
    ),
    Row("account_register_sent", Gate.PUBLIC, get=200),
    Row(
        "account_register_verify", Gate.PUBLIC, of="link of a request for access", bearer=True, foreign=410,
        get=200, post=302,
    ),
    Row("account_register_done", Gate.PUBLIC, get=200),
    Row("account_reauthenticate", get=200, post=302, body="one's password"),
    Row("mfa_authenticate", Gate.PUBLIC, get=302, post=302),  # nothing without a password that was right
    Row("mfa_reauthenticate", get=302, post=302),  # nobody here has an app: on to the password
    Row("mfa_reauthenticate_webauthn", get=200, post=200),
    # --- one's own account ---
    Row("account:profile", get=200, post=302, body="a profile"),
    Row("account:password", get=200, post=302, body="a new password"),
    Row(
        "account:invitation", Gate.PUBLIC, of="invitation", bearer=True, foreign=410,
        get=200, post=302, body="a first password",
    ),
    Row("account:email", **GRAVE),
    Row(
        "account:email_confirm", Gate.PUBLIC, of="link of a new address", bearer=True, foreign=410, get=200, post=302,
    ),
    Row("account:mails", get=200, post=302, body="a choice of mails"),
    Row("account:unsubscribe", Gate.PUBLIC, of="link out of general mail", bearer=True, foreign=410, get=200, post=200),
    Row("account:second_factor", get=200),
    Row("account:app_add", **GRAVE),
    Row("account:app_remove", **GRAVE),
    Row("account:recovery_codes", **GRAVE),
    Row("account:passkey_add", **GRAVE),
    Row("account:passkey_rename", of="passkey", foreign=302, **GRAVE),
    Row("account:passkey_remove", of="passkey", foreign=302, **GRAVE),
    Row("account:sessions", get=200),
    Row("account:sessions_close_others", post=302),
    Row("account:session_close", of="other session", post=302),
    # --- one's own data: each page asks for the password first, as a session that was just begun by nobody has none ---
    Row("my_data:index", get=302),
    Row("my_data:download", post=302),
    Row("my_data:erasure", get=302, post=302),
    Row("my_data:withdraw", post=302),
    # --- Gestión ---
    Row("management:index", get=200),
    Row("permissions:matrix", MANAGER, get=200),
    Row("permissions:review", MANAGER, post=200, body="boxes ticked"),
    Row("permissions:apply", MANAGER, post=302, body="a difference"),
    Row("permissions:undo", MANAGER, post=302),
    Row("logbook:list", MANAGER, get=200),
    Row("logbook:export", MANAGER, get=302),  # to the question for the password; test_logbook_page.py goes further
    # --- licences and modules ---
    Row("licences:list", get={"customers": 200, "staff": 302}),
    Row("licences:download", of="licence file", needs=LICENCES, colleague=LICENCES, get=200),
    Row("licences:apply", of="licence file", needs=LICENCES, colleague=LICENCES, post=302),
    # --- the company ---
    Row("company:card", get={"customers": 200, "staff": 302}),
    Row("company:propose", MANAGER, get=200, post=302, body="a correction"),
    Row("company:withdraw", MANAGER, post=302),
    Row("people:list", MANAGER, get=200),
    Row("people:new", MANAGER, get=200, post=302, body="a contact"),
    Row("people:edit", MANAGER, of="contact", colleague=MANAGER, get=200, post=302, body="a contact"),
    Row("people:reactivate", MANAGER, of="contact", colleague=MANAGER, post=302),
    Row("people:import", MANAGER, get=200, post=200, body="a table of contacts"),
    Row("people:import_apply", MANAGER, post=302, body="a report of contacts"),
    Row("people:template", MANAGER, get=200),
    Row("people:export", MANAGER, get=302),  # asks for the password first
    Row("access_requests:list", MANAGER, get=200),
    Row(
        "access_requests:detail", MANAGER, of="request for access", colleague=MANAGER,
        get=200, post=302, body="an approval",
    ),
    Row(
        "access_requests:reject", MANAGER, of="request for access", colleague=MANAGER,
        get=200, post=302, body="a rejection",
    ),
    Row("handover:preview", MANAGES, of="person", colleague=MANAGES, get=200),
    Row("handover:leave", MANAGES, of="person", colleague=MANAGES, get=200, post=302, body="a leaving"),
    Row("handover:come_back", MANAGES, of="person", colleague=MANAGES, post=302),
    Row("handover:cancel_replacement", MANAGES, of="replacement", colleague=MANAGES, post=302),
    Row("view_end", post=302),
    # --- what is new ---
    Row("releases:news", RELEASES, get=200),
    Row("releases:news_print", RELEASES, get=200),
    Row("releases:release", RELEASES, of="release", bearer=True, get=200),
    Row("releases:release_print", RELEASES, of="release", bearer=True, get=200),
    # --- downloads ---
    Row("downloads:list", DOWNLOADS, get=200),
    Row("downloads:previous", DOWNLOADS, get=200),
    Row("downloads:changes", DOWNLOADS, get=200),
    Row("downloads:installed", DOWNLOADS, get=200, post=302, body="an installed version"),
    Row("downloads:recommended", Gate.PUBLIC, get=200),
    Row("downloads:recommended_file", Gate.PUBLIC, of="recommended file", bearer=True, get=200),
    Row("downloads:release", DOWNLOADS, of="update", **OF_COMPANY, get=200),
    Row("downloads:bundle", DOWNLOADS, of="archive of an update", **OF_COMPANY, get=200),
    Row("downloads:file", DOWNLOADS, of="file of an update", **OF_COMPANY, get=200),
    # --- training: a session is the whole company's ---
    Row("training:calendar", TRAINING, get=200),
    Row("training:book", BOOKS, of="free slot", bearer=True, foreign=302, get=200, post=302, body="a session"),
    Row("training:bookings", TRAINING, get=200),
    Row("training:booking", TRAINING, of="session", colleague=TRAINING, get=200),
    Row("training:ics", TRAINING, of="session", colleague=TRAINING, get=200),
    Row("training:change", BOOKS, of="session", colleague=BOOKS, get=200),
    Row("training:move", BOOKS, of="session and another slot", colleague=BOOKS, get=200, post=302),
    Row("training:link", BOOKS, of="session", colleague=BOOKS, get=200, post=302, body="a meeting link"),
    Row("training:cancel", BOOKS, of="session", colleague=BOOKS, get=200, post=302),
    Row("training:hours", TRAINING, get=200),
    Row("training:hours_export", TRAINING, get=200),
    Row("training:plan", TRAINING, get=200),
    Row("training:outline", TRAINING, of="outline", bearer=True, get=200),
    Row("training:preparation", TRAINING, get=200),
    Row("training:recordings", TRAINING, get=200),
    Row("training:recording", TRAINING, of="recording of a session", colleague=TRAINING, get=200),
    Row("training:recording_file", TRAINING, of="recording of a session", colleague=TRAINING, get=200),
    # --- help: who reads which article is test_help_visibility.py's; these are for everybody ---
    Row("knowledge:index", Gate.PUBLIC, get=200),
    Row("knowledge:category", Gate.PUBLIC, of="category", bearer=True, get=200),
    Row("knowledge:article", Gate.PUBLIC, of="article", bearer=True, get=200),
    Row("knowledge:article_print", Gate.PUBLIC, of="article", bearer=True, get=200),
    Row("knowledge:picture", Gate.PUBLIC, of="picture of an article", bearer=True, get=200),
    Row("knowledge:vote", of="article", bearer=True, post={"customers": 302, "staff": 403}, body="a vote"),
    # --- webinars: each exists for everybody who may use them ---
    Row("webinars:list", WEBINARS, get=200),
    Row("webinars:webinar", WEBINARS, of="webinar", bearer=True, get=200),
    Row("webinars:webinar", WEBINARS, of="recording", bearer=True, get=200),
    Row("webinars:register", WEBINARS, of="webinar", bearer=True, post=302),
    Row("webinars:register", WEBINARS, of="recording", bearer=True, post=403),
    Row("webinars:unregister", WEBINARS, of="webinar", bearer=True, post=302),
    Row("webinars:calendar", WEBINARS, of="webinar", bearer=True, get=200),
    Row("webinars:calendar", WEBINARS, of="recording", bearer=True, get=403),
    Row("webinars:video", WEBINARS, of="recording", bearer=True, get=200),
    Row("webinars:video", WEBINARS, of="webinar", bearer=True, get=404),
    Row("webinars:poster", WEBINARS, of="recording", bearer=True, get=200),
    Row("webinars:material", WEBINARS, of="material of a recording", bearer=True, get=200),
    Row("webinars:mark_seen", WEBINARS, of="recording", bearer=True, post=302),
    Row("webinars:mark_unseen", WEBINARS, of="recording", bearer=True, post=302),
    # --- announcements: for everybody, for whoever is logged in, or for the people of one company ---
    Row("announcements:list", Gate.PUBLIC, get=200),
    Row("announcements:feed", Gate.PUBLIC, get=200),
    Row("announcements:announcement", Gate.PUBLIC, of="public announcement", bearer=True, get=200),
    Row("announcements:announcement", Gate.PUBLIC, of="announcement", whole_company=True, staff=True, get=200),
    Row(
        "announcements:read", of="announcement", whole_company=True, staff=True,
        post={"customers": 302, "staff": 403},
    ),
    # the service, where its page is public; test_service_page.py has the other case
    Row("status:status", Gate.PUBLIC, get=200),
    Row("status:incident", Gate.PUBLIC, of="incident", bearer=True, get=200),
    Row("rules:rules", Gate.PUBLIC, get=200),
    Row("rules:accept", get=302, post=302),  # none are in force
    Row("information:contact", Gate.PUBLIC, get=200),
    Row("information:legal", Gate.PUBLIC, get=200),
    Row("information:privacy", Gate.PUBLIC, get=200),
    Row("information:accessibility", Gate.PUBLIC, get=200),
    # --- tickets ---
    Row("tickets:list", TICKETS, get=200),
    Row("tickets:filters", TICKETS, get=200),
    Row("tickets:export", TICKETS, get=200),
    Row("tickets:new", TICKETS, get=200, post=302, body="a ticket"),
    Row("tickets:new_files", TICKETS, post=200, body="a file"),
    Row("tickets:mark_all_read", TICKETS, post=302),
    Row("tickets:similar", TICKETS, get=200),
    Row("thread:ticket", of="ticket", **OF_TICKETS, get=200, post=302, body="a reply"),
    Row("tickets:topic", TICKETS, post=302),
    Row("thread:ticket", of="request", **OF_REQUESTS, get=200, post=302, body="a reply"),
    Row("thread:changes", of="state of a request", **OF_REQUESTS, get=200),
    Row("thread:close", of="request", **OF_REQUESTS, post=302),
    Row("thread:attachment", of="file of a request", **OF_REQUESTS, staff=True, get=200),
    Row("thread:ticket", of="followed ticket", **OF_TICKETS, get=200, post=302, body="a reply"),
    Row("thread:changes", of="state of a ticket", **OF_TICKETS, get=200),
    Row("thread:print", of="ticket", **OF_TICKETS, get=200),
    Row("thread:print", of="followed ticket", **OF_TICKETS, get=200),
    Row("thread:ticket_files", of="ticket", **OF_TICKETS, post=200, body="a file"),
    Row("thread:close", of="ticket", **OF_TICKETS, post=302),
    Row("thread:close", of="resolved ticket", **OF_TICKETS, post=302),
    Row("thread:reopen", of="resolved ticket", **OF_TICKETS, post=302),
    Row("thread:follow", of="ticket", **OF_TICKETS, post=302),
    Row("thread:follow", of="followed ticket", **OF_TICKETS, post=302),
    Row("thread:follower_add", of="ticket", **OF_TICKETS, get=200, post=302, body="a colleague"),
    Row("thread:follower_remove", of="follower", **OF_TICKETS, post=302),
    Row("thread:follower_remove", of="follower elsewhere", needs=TICKETS, post=302),
    Row("thread:attachment", of="file", **OF_TICKETS, staff=True, get=200),
    Row("thread:attachment", of="draft file", get=200),
    Row("thread:attachment_state", of="file", **OF_TICKETS, staff=True, get=200),
    Row("thread:attachment_state", of="draft file", get=200),
    Row("thread:draft_file_remove", of="draft file", post=302),
    Row("thread:draft_file_remove", of="file", post=404),
    Row("thread:draft_keep", Gate.PUBLIC, post=403),  # nobody without a form's seal; with one, test_saving.py
    Row("thread:draft_discard", of="draft", post=302, foreign=302),
    Row("thread:preview", post=200, body="a text"),
    # --- requests ---
    Row("requests:list", REQUESTS, get=200),
    Row("requests:new", REQUESTS, of="kind of request", bearer=True, get=200, post=302, body="a request"),
    Row("requests:new_files", REQUESTS, of="kind of request", bearer=True, post=200, body="a file"),
    Row("requests:asked", REQUESTS, of="request to approve", get=200),
    Row("requests:withdraw", REQUESTS, of="request to approve", post=302),
    Row("approvals:list", MANAGER, get=200),
    Row("approvals:detail", MANAGER, of="request to approve", **TO_DECIDE, get=200),
    Row("approvals:approve", MANAGER, of="request to approve", **TO_DECIDE, post=302),
    Row("approvals:refuse", MANAGER, of="request to approve", **TO_DECIDE, get=200, post=302, body="a reason"),
    # --- guests, where they may: a ticket is shown to the session that gave its code or its link, here to none ---
    Row(
        "guests:new", Gate.PUBLIC, body="a guest's ticket",
        get={"outside": 200, "customers": 302, "staff": 302}, post=302,
    ),
    Row("guests:sent", Gate.PUBLIC, get=302),
    Row("guests:answers", Gate.PUBLIC, get=200),
    Row("guests:verify", Gate.PUBLIC, of="link of a guest", bearer=True, foreign=410, get=200, post=302),
    Row("guests:lookup", Gate.PUBLIC, get=200, post=302, body="a guest's code"),
    Row("guests:leave", Gate.PUBLIC, post=302),
    Row("guests:link", Gate.PUBLIC, of="link of a guest's ticket", bearer=True, foreign=302, get=302),
    Row("guests:ticket", Gate.PUBLIC, of="guest's ticket", bearer=True, foreign=302, get=302, post=302),
    Row("guests:changes", Gate.PUBLIC, of="state of a guest's ticket", bearer=True, get=404),
    Row("guests:close", Gate.PUBLIC, of="guest's ticket", bearer=True, post=404),
    Row("guests:reopen", Gate.PUBLIC, of="guest's ticket", bearer=True, post=404),
    Row("guests:attachment", Gate.PUBLIC, of="file of a guest", bearer=True, get=404),
    Row("guests:attachment_state", Gate.PUBLIC, of="file of a guest", bearer=True, get=404),
    Row("guests:adopt", TICKETS, get=200, post=302),
)  # fmt: skip

# Pictures of pages, which the person's own browser keeps for an hour.
PICTURES = frozenset({"webinars:poster", "knowledge:picture"})

# The methods that no page takes.
OTHER_METHODS = ("PUT", "PATCH", "DELETE", "TRACE")
# Pages of a library's classes: a redirect answers whatever the method, and a form takes PUT for a POST without content.
OF_A_LIBRARY = frozenset({
    "root", "account_login", "account_reauthenticate", "account_reset_password", "account_reset_password_from_key",
    "mfa_authenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
})  # fmt: skip
