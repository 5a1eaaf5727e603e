"""The logbook in words: one sentence for each line, with the names that its numbers have today.

Pages, files for spreadsheets and the desk read the same table. The people of all lines are looked up in one query.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy, npgettext_lazy, pgettext, pgettext_lazy

from accounts.differences import clauses_of
from accounts.models import AuditEntry, Company, User
from accounts.models.people import NAME_COLUMNS
from accounts.permissions import BY_NAME
from text import when

Kind = AuditEntry.Kind

# The fields of `AuditEntry.changes` that hold numbers of people.
PEOPLE_IN_CHANGES = frozenset({"person", "heir"})


class Group(StrEnum):
    """What one looks for in a logbook."""

    ACCESS = "accesos"
    PERMISSIONS = "permisos"
    PEOPLE = "personas"
    SUPPORT = "soporte"
    EXPORTS = "exportaciones"
    COMPANY = "empresa"


GROUPS: Mapping[str, Promise] = {
    Group.ACCESS: gettext_lazy("Log-ins and passwords"),
    Group.PERMISSIONS: gettext_lazy("Permissions"),
    Group.PEOPLE: gettext_lazy("People"),
    Group.SUPPORT: gettext_lazy("What support did"),
    Group.EXPORTS: gettext_lazy("Exports and downloads"),
    Group.COMPANY: gettext_lazy("The company"),
}


@dataclass(frozen=True, slots=True)
class Telling:
    """How lines of one kind are told: `words` with the holes `who` and `whom`.

    `own` is for what people do to themselves, `alone` for what is done to nobody. `whole` has holes for the fields of
    `changes` that its lines have, and is said of those that have them all, `fuller` of those that have more of them;
    `own_whole` of what people do to themselves. What the sentence does not say of the changes comes after it.
    """

    group: Group
    icon: str
    words: Promise
    own: Promise | None = None
    alone: Promise | None = None
    whole: Promise | None = None
    own_whole: Promise | None = None
    fuller: Promise | None = None

    def sentence(self, fields: Collection[str], *, is_own: bool, is_alone: bool) -> str:
        for whole in (self.fuller, (is_own and self.own_whole) or self.whole):
            if whole and set(HOLE.findall(str(whole))) - {"who", "whom"} <= set(fields):
                return str(whole)
        return str((is_own and self.own) or (is_alone and self.alone) or self.words)


TABLE: Mapping[str, Telling] = {
    Kind.LOGGED_IN: Telling(Group.ACCESS, "arrow-right-end-on-rectangle", gettext_lazy("%(who)s logged in")),
    Kind.LOGIN_REFUSED: Telling(
        Group.ACCESS,
        "no-symbol",
        gettext_lazy("A log-in as %(whom)s was refused"),
        own=gettext_lazy("%(who)s failed to confirm who they were"),
        alone=gettext_lazy("A log-in with an unknown user name was refused"),
    ),
    Kind.LOGGED_OUT: Telling(Group.ACCESS, "arrow-right-start-on-rectangle", gettext_lazy("%(who)s logged out")),
    Kind.PASSWORD_CHANGED: Telling(
        Group.ACCESS,
        "key",
        gettext_lazy("%(who)s changed the password of %(whom)s"),
        own=gettext_lazy("%(who)s changed their password"),
    ),
    Kind.PASSWORD_GIVEN: Telling(Group.ACCESS, "key", gettext_lazy("%(who)s set a password for %(whom)s")),
    Kind.INVITATION_SENT: Telling(
        Group.ACCESS, "paper-airplane", gettext_lazy("%(who)s sent %(whom)s a link to choose a password")
    ),
    Kind.EMAIL_CHANGED: Telling(
        Group.PEOPLE,
        "at-symbol",
        gettext_lazy("%(who)s changed the e-mail address of %(whom)s"),
        own=gettext_lazy("%(who)s changed their e-mail address"),
    ),
    Kind.SESSIONS_CLOSED: Telling(
        Group.ACCESS,
        "x-circle",
        gettext_lazy("%(who)s closed the sessions of %(whom)s"),
        own=gettext_lazy("%(who)s closed their other sessions"),
    ),
    Kind.SECOND_FACTOR_ADDED: Telling(
        Group.ACCESS,
        "finger-print",
        gettext_lazy("%(who)s added a second factor for %(whom)s"),
        own=gettext_lazy("%(who)s added a second factor"),
    ),
    Kind.SECOND_FACTOR_REMOVED: Telling(
        Group.ACCESS,
        "finger-print",
        gettext_lazy("%(who)s removed a second factor of %(whom)s"),
        own=gettext_lazy("%(who)s removed a second factor"),
    ),
    Kind.RECOVERY_CODES_MADE: Telling(
        Group.ACCESS,
        "lifebuoy",
        gettext_lazy("%(who)s made new recovery codes for %(whom)s"),
        own=gettext_lazy("%(who)s made new recovery codes"),
    ),
    Kind.PERSON_CREATED: Telling(Group.PEOPLE, "user-plus", gettext_lazy("%(who)s registered %(whom)s in the company")),
    Kind.PERSON_CHANGED: Telling(
        Group.PEOPLE,
        "pencil-square",
        gettext_lazy("%(who)s changed the data of %(whom)s"),
        own=gettext_lazy("%(who)s changed their own data"),
    ),
    Kind.PERMISSIONS_CHANGED: Telling(
        Group.PERMISSIONS,
        "adjustments-horizontal",
        gettext_lazy("%(who)s changed the permissions of %(whom)s"),
        own=gettext_lazy("%(who)s changed their own permissions"),
    ),
    Kind.PERSON_DEACTIVATED: Telling(Group.PEOPLE, "user-minus", gettext_lazy("%(who)s deactivated %(whom)s")),
    Kind.PERSON_REACTIVATED: Telling(Group.PEOPLE, "arrow-path", gettext_lazy("%(who)s reactivated %(whom)s")),
    Kind.PERSON_ERASED: Telling(Group.PEOPLE, "trash", gettext_lazy("%(who)s erased the data of a person")),
    Kind.ERASURE_REQUESTED: Telling(
        Group.PEOPLE,
        "trash",
        gettext_lazy("%(who)s asked for the data of %(whom)s to be erased"),
        own=gettext_lazy("%(who)s asked for their data to be erased"),
    ),
    Kind.PEOPLE_IMPORTED: Telling(
        Group.PEOPLE,
        "arrow-up-tray",
        gettext_lazy("%(who)s imported contacts"),
        whole=gettext_lazy("%(who)s imported contacts: %(created)s, %(changed)s"),
    ),
    Kind.TICKETS_HANDED_OVER: Telling(
        Group.PEOPLE,
        "arrows-right-left",
        gettext_lazy("%(who)s handed over the tickets of %(whom)s"),
        own=gettext_lazy("%(who)s handed over their own tickets"),
        alone=gettext_lazy("%(who)s handed over tickets"),
        whole=gettext_lazy("%(who)s handed over %(tickets)s of %(whom)s to %(heir)s"),
        own_whole=gettext_lazy("%(who)s handed over %(tickets)s of their own to %(heir)s"),
    ),
    Kind.DATA_EXPORTED: Telling(
        Group.EXPORTS,
        "arrow-down-tray",
        gettext_lazy("%(who)s exported the data of %(whom)s"),
        own=gettext_lazy("%(who)s exported their own data"),
        alone=gettext_lazy("%(who)s exported data"),
        whole=gettext_lazy("%(who)s exported %(export)s"),
    ),
    Kind.ACCESS_REQUESTED: Telling(
        Group.ACCESS,
        "hand-raised",
        gettext_lazy("%(whom)s asked for access to the portal"),
        alone=gettext_lazy("Somebody asked for access to the portal"),
    ),
    Kind.ACCESS_APPROVED: Telling(
        Group.ACCESS,
        "check-circle",
        gettext_lazy("%(who)s gave access to %(whom)s, who had asked for it"),
        alone=gettext_lazy("%(who)s approved a request for access"),
        whole=gettext_lazy("%(who)s gave access to %(person)s, who had asked for it"),
    ),
    Kind.ACCESS_REJECTED: Telling(
        Group.ACCESS,
        "x-circle",
        gettext_lazy("%(who)s gave no access to %(whom)s, who had asked for it"),
        alone=gettext_lazy("%(who)s rejected a request for access"),
    ),
    Kind.COMPANY_CREATED: Telling(
        Group.COMPANY, "building-office-2", gettext_lazy("%(who)s registered the company in the portal")
    ),
    Kind.COMPANY_CHANGED: Telling(
        Group.COMPANY, "building-office-2", gettext_lazy("%(who)s changed the company's data")
    ),
    Kind.COMPANY_CHANGE_PROPOSED: Telling(
        Group.COMPANY, "chat-bubble-bottom-center-text", gettext_lazy("%(who)s asked for the company's data to change")
    ),
    Kind.COMPANY_CHANGE_REJECTED: Telling(
        Group.COMPANY, "x-circle", gettext_lazy("%(who)s did not accept the change of the company's data")
    ),
    Kind.STAFF_CHANGED: Telling(
        Group.SUPPORT, "wrench-screwdriver", gettext_lazy("%(who)s changed the account of %(whom)s")
    ),
    Kind.VIEW_BEGUN: Telling(Group.SUPPORT, "eye", gettext_lazy("%(who)s opened the portal as %(whom)s sees it")),
    Kind.VIEW_ENDED: Telling(
        Group.SUPPORT, "eye-slash", gettext_lazy("%(who)s stopped seeing the portal as %(whom)s sees it")
    ),
    Kind.REPLACEMENT_ASKED: Telling(
        Group.SUPPORT,
        "exclamation-triangle",
        gettext_lazy("%(who)s asked for %(whom)s to manage the users in place of a lost manager"),
        alone=gettext_lazy("%(who)s asked for a lost manager to be replaced"),
    ),
    Kind.REPLACEMENT_CONFIRMED: Telling(
        Group.SUPPORT,
        "exclamation-triangle",
        gettext_lazy("%(who)s confirmed that %(whom)s shall manage the users in place of a lost manager"),
        alone=gettext_lazy("%(who)s confirmed the replacement of a lost manager"),
    ),
    Kind.REPLACEMENT_CANCELLED: Telling(
        Group.SUPPORT, "x-circle", gettext_lazy("%(who)s cancelled the replacement of a lost manager")
    ),
    Kind.MANAGER_REPLACED: Telling(
        Group.SUPPORT,
        "shield-exclamation",
        gettext_lazy("%(who)s made %(whom)s a manager in place of a lost one"),
        alone=gettext_lazy("%(who)s replaced a lost manager"),
    ),
    Kind.LICENCE_UPLOADED: Telling(
        Group.COMPANY,
        "document-plus",
        gettext_lazy("%(who)s uploaded a licence file for the company"),
        whole=gettext_lazy("%(who)s uploaded a licence file, valid until %(valid_until)s"),
    ),
    Kind.LICENCE_WITHDRAWN: Telling(
        Group.COMPANY,
        "document-minus",
        gettext_lazy("%(who)s withdrew a licence file of the company"),
        whole=gettext_lazy("%(who)s withdrew the licence file valid until %(valid_until)s"),
    ),
    Kind.LICENCE_DOWNLOADED: Telling(
        Group.EXPORTS,
        "document-arrow-down",
        gettext_lazy("%(who)s downloaded a licence file"),
        whole=gettext_lazy("%(who)s downloaded the licence file valid until %(valid_until)s"),
    ),
    Kind.LICENCE_APPLIED: Telling(
        Group.COMPANY,
        "document-check",
        gettext_lazy("%(who)s said that a licence file is applied"),
        whole=gettext_lazy("%(who)s said that the licence file valid until %(valid_until)s is applied"),
    ),
    Kind.SUBSCRIPTION_ADDED: Telling(
        Group.COMPANY,
        "puzzle-piece",
        gettext_lazy("%(who)s added to what the company has contracted"),
        whole=gettext_lazy("%(who)s added %(product)s to what is contracted, from %(starts)s"),
        fuller=gettext_lazy("%(who)s added %(product)s to what is contracted, from %(starts)s until %(expires)s"),
    ),
    Kind.SUBSCRIPTION_CHANGED: Telling(
        Group.COMPANY,
        "puzzle-piece",
        gettext_lazy("%(who)s changed what the company has contracted"),
        whole=gettext_lazy("%(who)s changed the contract of %(product)s"),
    ),
    Kind.SUBSCRIPTION_REMOVED: Telling(
        Group.COMPANY,
        "puzzle-piece",
        gettext_lazy("%(who)s removed from what the company has contracted"),
        whole=gettext_lazy("%(who)s removed %(product)s, contracted from %(starts)s"),
        fuller=gettext_lazy("%(who)s removed %(product)s, contracted from %(starts)s until %(expires)s"),
    ),
    Kind.TRAINING_BOOKED: Telling(Group.COMPANY, "calendar-days", gettext_lazy("%(who)s booked a training")),
    Kind.TRAINING_CHANGED: Telling(Group.COMPANY, "calendar-days", gettext_lazy("%(who)s changed a training")),
    Kind.TRAINING_CANCELLED: Telling(Group.COMPANY, "calendar-days", gettext_lazy("%(who)s cancelled a training")),
    Kind.RULES_ACCEPTED: Telling(
        Group.ACCESS,
        "clipboard-document-check",
        gettext_lazy("%(who)s accepted the rules of use"),
        own_whole=gettext_lazy("%(who)s accepted the rules of use, version %(version)s"),
    ),
}

# Changes nothing: the access of a last manager outlives its day.
STAYING = Telling(
    Group.PEOPLE, "clock", gettext_lazy("%(whom)s keeps the access, although its last day was %(access_until)s")
)

# Fields whose values are names of things that have words of their own; several are separated by commas.
WORDS: Mapping[str, Mapping[str, Promise]] = {
    "export": {
        "logbook": gettext_lazy("the logbook"),
        "people": gettext_lazy("the contacts"),
        "tickets": gettext_lazy("the tickets"),
    },
    "second_factor": {
        "totp": gettext_lazy("codes of an application"),
        "webauthn": gettext_lazy("passkey"),
        "recovery_codes": gettext_lazy("recovery codes"),
    },
}
# Fields that hold how many.
COUNTED: Mapping[str, Promise] = {
    "tickets": ngettext_lazy("%(count)s ticket", "%(count)s tickets", "count"),
    "created": npgettext_lazy("contacts", "%(count)s new", "%(count)s new", "count"),
    "changed": npgettext_lazy("contacts", "%(count)s changed", "%(count)s changed", "count"),
}
# Fields of what other apps keep for a company.
ELSEWHERE: Mapping[str, Promise] = {
    "product": gettext_lazy("module or service"),
    "starts": gettext_lazy("first day"),
    "expires": gettext_lazy("last day"),
    "valid_until": gettext_lazy("valid until"),
}
# Switches that are no permissions, when they are turned off and on.
TURNED: Mapping[str, tuple[Promise, Promise]] = {
    "is_active": (pgettext_lazy("an account", "deactivated"), pgettext_lazy("an account", "active again")),
    "is_demo": (gettext_lazy("no longer a demonstration"), gettext_lazy("now a demonstration")),
    "declines_general_mail": (gettext_lazy("wants general mail again"), gettext_lazy("wants no general mail any more")),
}
HOLE = re.compile(r"%\((\w+)\)s")
A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def kinds_in(group: str) -> list[str]:
    return [kind for kind, telling in TABLE.items() if telling.group == group]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the logbook, ready to be read. `moment` and `absolute` are in the active language and time zone."""

    entry: AuditEntry
    sentence: str
    who: str
    whom: str
    group: str
    icon: str
    moment: str
    absolute: str


class Reader:
    """Tells lines, and remembers the people whom it has met."""

    def __init__(self) -> None:
        self.people: dict[int, User | None] = {}

    def lines(self, entries: Sequence[AuditEntry]) -> list[Line]:
        self.meet(number for entry in entries for number in people_in(entry))
        now = timezone.now()
        return [self.line(entry, now=now) for entry in entries]

    def meet(self, numbers: Iterable[int]) -> None:
        """Look up, in one query, those whom it has not met; numbers of nobody are remembered too."""
        unknown = set(numbers) - self.people.keys()
        if unknown:
            self.people |= dict.fromkeys(unknown)
            columns = (*NAME_COLUMNS, "is_staff", "erased_at")
            self.people |= {person.pk: person for person in User.objects.filter(pk__in=unknown).only(*columns)}

    def line(self, entry: AuditEntry, *, now) -> Line:
        telling = telling_of(entry)
        is_alone = target_of(entry) is None
        who = self.name_of(entry.actor_id) if entry.actor_id else _("The portal")
        whom = "" if is_alone else self.name_of(entry.target_id)
        is_own = not is_alone and entry.target_id == entry.actor_id
        words = telling.sentence(entry.changes, is_own=is_own, is_alone=is_alone)
        said = set(HOLE.findall(words)) & entry.changes.keys()
        values = {name: self.value_of(name, entry.changes[name]) for name in said}
        sentence = words % (values | {"who": who, "whom": whom or _("somebody")})
        if rest := in_one(self.changes_of(entry, said)):
            sentence = f"{sentence}: {rest}"
        return Line(
            entry,
            sentence=sentence[:1].upper() + sentence[1:],
            who=who,
            whom=whom,
            group=str(GROUPS[telling.group]),
            icon=telling.icon,
            moment=when.moment(entry.at, now=now),
            absolute=when.absolute(entry.at),
        )

    def name_of(self, number: Any) -> str:
        """How a person is called today. Support is named as such; whoever was erased has no name any more."""
        person = self.people.get(number)
        if person is None or person.erased_at:
            return _("a deleted person")
        if person.is_staff:
            return _("Support (%(name)s)") % {"name": person.get_full_name()}
        return person.get_full_name()

    def changes_of(self, entry: AuditEntry, said: Collection[str]) -> list[str]:
        """“gains downloads”, “name, from “A” to “B””; of what may be a person's only the field, for nothing else is in
        the logbook."""
        rest = {name: values for name, values in entry.changes.items() if name not in said}
        changed = {name: values[1] for name, values in rest.items() if name in BY_NAME}
        others = [self.change(name, rest[name], entry.target) for name in rest if name not in changed]
        return [*clauses_of(changed), *others]

    def change(self, name: str, values: Sequence[Any], target: str) -> str:
        """What became of one field that is no permission."""
        old, new = values
        if name in WORDS or name in COUNTED:
            return self.value_of(name, values)
        if name in TURNED and isinstance(new, bool):
            return str(TURNED[name][new])
        if name == "access_until":
            return _("access until %(day)s") % {"day": self.in_words(name, new)} if new else _("no last day any more")
        holes = {"what": label_of(name, target), "old": self.in_words(name, old), "new": self.in_words(name, new)}
        if holes["old"] and holes["new"]:
            return _("%(what)s, from %(old)s to %(new)s") % holes
        if holes["new"]:
            return _("%(what)s, now %(new)s") % holes
        return _("%(what)s, no longer %(old)s") % holes if holes["old"] else holes["what"]

    def value_of(self, name: str, values: Sequence[Any]) -> str:
        """The new value, or the one that went."""
        old, new = values
        return self.in_words(name, old if new is None else new)

    def in_words(self, name: str, value: Any) -> str:
        if value in (None, ""):
            return ""
        if name in PEOPLE_IN_CHANGES and isinstance(value, int):
            return self.name_of(value)
        if name in COUNTED:
            return str(COUNTED[name] % {"count": value})
        if name in WORDS:
            return ", ".join(str(WORDS[name].get(one, one)) for one in str(value).split(", "))
        return quoted(value)


def quoted(value: Any) -> str:
    """A value that has no words of its own."""
    if isinstance(value, bool):
        return pgettext("a permission", "yes") if value else pgettext("a permission", "no")
    if isinstance(value, str) and A_DAY.fullmatch(value):
        return when.short(date.fromisoformat(value))
    return _("“%(text)s”") % {"text": value}


def telling_of(entry: AuditEntry) -> Telling:
    until = entry.changes.get("access_until", [None, None])
    if entry.kind == Kind.PERSON_CHANGED and until[0] is not None and until[0] == until[1]:
        return STAYING
    return TABLE[entry.kind]


def in_one(clauses: Sequence[str]) -> str:
    """Parted by commas, or by semicolons where there are commas among them."""
    return ("; " if any("," in clause for clause in clauses) else ", ").join(clauses)


def target_of(entry: AuditEntry) -> int | None:
    """The person to whom it was done."""
    return entry.target_id if entry.target == "user" else None


def people_in(entry: AuditEntry) -> Iterator[int]:
    """The numbers of all people in a line."""
    numbers = [entry.actor_id, target_of(entry)]
    numbers += [value for name in PEOPLE_IN_CHANGES & entry.changes.keys() for value in entry.changes[name]]
    return (number for number in numbers if isinstance(number, int))


def label_of(name: str, target: str) -> str:
    """How a column of what was changed is called."""
    for model in (User, Company) if target == "user" else (Company, User):
        with suppress(FieldDoesNotExist):
            return str(model._meta.get_field(name).verbose_name)
    return str(ELSEWHERE.get(name, name))
