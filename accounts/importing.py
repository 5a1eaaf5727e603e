"""Contacts from a table: first what each row would do, then exactly that and nothing else (decision 20).

A row finds its person by the address, inside the company. An empty cell leaves things as they are.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts import logins, spreadsheet
from accounts.limits import LIMITS
from accounts.models import User
from accounts.models.people import Standing
from accounts.models.refusals import LastManager
from accounts.permissions import BY_NAME, NEW_CONTACT_FLAGS, PERMISSIONS, lost_with_parent, settled
from accounts.spreadsheet import unique_name
from tables.reading import Line

MOST_ROWS = 2_000
# Of so many login names and addresses a file learns that they are not free; the limit of an hour (A77).
MOST_TAKEN = LIMITS["taken"].amount
DATA = ("email", "first_name", "last_name", "phone", "language", "login", "access_until")


@dataclass
class Step:
    """What one row would do: nothing, create or change a person, or why it is refused."""

    line: int
    cells: dict[str, str]
    person: User
    data: dict[str, Any] = field(default_factory=dict)
    permissions: dict[str, bool] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)  # field, reason
    notes: list[str] = field(default_factory=list)
    invited: bool = False
    asks_for_what_is_taken: bool = False

    @property
    def is_new(self) -> bool:
        return self.person.pk is None

    @property
    def key(self) -> int:
        """Tells the people of a file apart, also those who do not exist yet."""
        return self.person.pk or -self.line

    @property
    def is_refused(self) -> bool:
        return bool(self.faults)

    @property
    def does_something(self) -> bool:
        return not self.faults and (self.is_new or bool(self.data or self.permissions))

    @property
    def appoints(self) -> bool:
        return self.permissions.get("is_company_manager", False)

    @property
    def title(self) -> str:
        """Whose row it is, in words."""
        names = [self.cells.get("first_name", ""), self.cells.get("last_name", "")]
        name = self.person.get_full_name() if self.person.pk else " ".join(filter(None, names))
        return name or self.cells.get("email", "")

    def suggested_login(self) -> str:
        names = (self.data.get(name, getattr(self.person, name)) for name in ("first_name", "last_name", "email"))
        return logins.base(*names)

    def changes(self) -> list[tuple[str, str, str]]:
        """What would become of the person: field, before, after; of a new one only what is not empty."""
        told = []
        for name, after in (self.data | self.permissions).items():
            column = spreadsheet.COLUMNS[name]
            before = "" if self.is_new else column.write(getattr(self.person, name))
            told.append((label_of(name), str(before or ""), str(column.write(after) or "")))
        return told

    def digest(self) -> str:
        """The same for the same deed on the same person as they are now."""
        before = {name: str(getattr(self.person, name)) for name in (*self.data, *self.permissions)}
        deed = [self.line, self.person.public_id if self.person.pk else "", before, self.invited, bool(self.faults)]
        state = json.dumps([*deed, self.data, self.permissions], default=str, sort_keys=True)
        return sha256(state.encode()).hexdigest()[:20]

    def refuse(self, name: str, error: ValidationError | str) -> None:
        for reason in error.messages if isinstance(error, ValidationError) else [error]:
            self.faults.append((label_of(name) if name else "", str(reason)))

    def take(self, *, by: User) -> None:
        """Do it. Raises LastManager, IntegrityError."""
        if self.is_new:
            User.objects.create_contact(
                by=by,
                company=by.company,  # type: ignore[arg-type]  # a manager has one
                permissions=self.permissions,
                invited=self.invited,
                **self.data,
            )
        else:
            self.person.keep(by=by, data=self.data, permissions=self.permissions, invited=self.invited)


def label_of(name: str) -> str:
    return capfirst(str(spreadsheet.COLUMNS[name].label))


def plan(lines: Iterable[Line], *, by: User) -> list[Step]:
    """What each row would do to the company of `by`, in the order of the file. Costs few queries, however many rows."""
    lines = list(lines)
    people = People(by, lines)
    steps = [step_of(line, people) for line in lines]
    people.look_up_logins([step for step in steps if not step.is_refused])
    for step in steps:
        if not step.is_refused:
            people.settle_access(step)
        if not step.is_refused:
            people.check_managers(step)
    return steps


class People:
    """Whom the rows of a file meet: the company's contacts, and who has the addresses and logins already."""

    def __init__(self, by: User, lines: list[Line]) -> None:
        self.company = by.company
        self.today = timezone.localdate()
        emails, names = ({unique_name(line.cells.get(name, "")) for line in lines} for name in ("email", "login"))
        self.found: defaultdict[str, list[User]] = defaultdict(list)
        for person in User.objects.visible_to(by).known().filter(email__in=emails):
            self.found[person.email].append(person)
        self.met: set[int | str] = set()
        self.accounts = dict(User.objects.opening_accounts_by(emails).values_list("email", "pk"))
        managers = User.objects.appointed().filter(company=by.company)
        self.managers = dict(managers.values_list("pk", "access_until"))
        self.taken_logins = logins.taken_of(names)
        self.logins_like: dict[str, set[str]] = {}
        self.taken_asked_for = 0

    def whose(self, cells: Mapping[str, str]) -> User:
        """The contact with the address of the row; of several, the one with its login or its name; or a new one.

        Raises ValidationError.
        """
        people = self.found.get(unique_name(cells.get("email", "")), [])
        if len(people) > 1:
            login = unique_name(cells.get("login", ""))
            named = (cells.get("first_name", ""), cells.get("last_name", ""))
            people = [person for person in people if (person.login or "") == login] or people
            people = [person for person in people if (person.first_name, person.last_name) == named] or people
        if len(people) > 1:
            raise ValidationError(_("Several contacts share this address: change them one by one in the portal."))
        return people[0] if people else User(company=self.company)

    def meet(self, step: Step) -> None:
        """One row a person, and one for each address that is new."""
        whose = step.data["email"] if step.is_new else step.person.pk
        if whose in self.met:
            step.refuse("email", _("Another row of the file is about the same contact."))
        self.met.add(whose)

    def settle_access(self, step: Step) -> None:
        """A login, the address and the last day, for whoever has access afterwards."""
        person = step.person
        before = {name: getattr(person, name) for name in PERMISSIONS}
        has_access = settled(before, step.permissions)["has_portal_access"]
        if has_access:
            if not (step.data.get("login") or person.login):
                self.give_login(step)
            if step.is_new or not before["has_portal_access"]:
                self.check_email(step)
            has_password = not step.is_new and person.has_usable_password()
            step.invited = not before["has_portal_access"] and person.is_active and not has_password
        if "access_until" in step.data and not has_access:
            step.refuse("access_until", _("Only whoever may log in has a last day."))
        elif step.data.get("access_until", self.today) < self.today:
            step.refuse("access_until", _("Choose a day from today on."))
        if not step.is_refused:
            self.check_login(step)

    def look_up_logins(self, steps: Iterable[Step]) -> None:
        """Which of the names that logins would be made of are taken, asked for all of them together."""
        self.taken_logins |= logins.taken_of(step.suggested_login() for step in steps)

    def give_login(self, step: Step) -> None:
        """One of the person's name; only for a name that several have, the numbers in use are looked up."""
        login = step.suggested_login()
        if login in self.taken_logins:
            if login not in self.logins_like:
                self.logins_like[login] = logins.like(login)
            login = logins.first_free(login, self.logins_like[login] | self.taken_logins)
        step.data["login"] = login

    def check_email(self, step: Step) -> None:
        """The address of whoever gets access must open nobody else's account."""
        email = step.data.get("email", step.person.email)
        if self.taken_asked_for == MOST_TAKEN:
            step.refuse("email", _("Too many addresses and login names of this file are taken. Mend those rows first."))
        elif self.accounts.setdefault(email, step.key) != step.key:
            self.refuse_taken(step, "email", _("Another person already uses this e-mail address to log in."))

    def check_login(self, step: Step) -> None:
        """One of the file's own must be free; beyond so many that are not, none of them is looked at."""
        login = step.data.get("login")
        if login and step.cells.get("login") and self.taken_asked_for == MOST_TAKEN:
            step.refuse("login", _("Too many addresses and login names of this file are taken. Mend those rows first."))
        elif login in self.taken_logins:
            self.refuse_taken(step, "login", _("This login name is not available."))
        elif login:
            self.taken_logins.add(login)

    def refuse_taken(self, step: Step, name: str, words: str) -> None:
        step.refuse(name, words)
        step.asks_for_what_is_taken = True
        self.taken_asked_for += 1

    def check_managers(self, step: Step) -> None:
        """Whether a manager would be left after this row, and those before it."""
        before = Standing.given(self.managers.values())
        after = settled({name: getattr(step.person, name) for name in PERMISSIONS}, step.permissions)
        held = dict(self.managers)
        self.managers.pop(step.key, None)
        if after["is_company_manager"] and step.person.is_active:
            self.managers[step.key] = step.data.get("access_until", step.person.access_until)
        if Standing.given(self.managers.values()) < before:
            self.managers = held
            step.refuse("is_company_manager", LastManager())


def step_of(line: Line, people: People) -> Step:
    """The row, read: whose it is, and what of it is new."""
    step = Step(line.number, line.cells, User(company=people.company))
    if line.fault:
        step.refuse("", line.fault)
        return step
    values = values_of(step)
    if step.is_refused:
        return step
    try:
        step.person = people.whose(line.cells)
    except ValidationError as error:
        step.refuse("email", error)
        return step
    if step.is_new and not values.get("first_name"):
        step.refuse("first_name", _("A new contact needs a name."))
    if values.get("is_active", step.person.is_active) != step.person.is_active:
        step.refuse("is_active", _("Deactivate and reactivate people in the portal, which asks who takes over."))
    step.data = {name: values[name] for name in DATA if name in values and is_news(step, name, values[name])}
    step.permissions = permissions_of(step, values)
    people.meet(step)
    return step


def values_of(step: Step) -> dict[str, Any]:
    """What the cells say that are not empty; what they cannot say is refused."""
    values = {}
    for name, cell in step.cells.items():
        if cell:
            try:
                values[name] = spreadsheet.COLUMNS[name].read(cell)
            except ValidationError as error:
                step.refuse(name, error)
    if not step.cells.get("email"):
        step.refuse("email", _("The address is missing."))
    return values


def is_news(step: Step, name: str, value: Any) -> bool:
    return step.is_new or getattr(step.person, name) != value


def permissions_of(step: Step, values: Mapping[str, Any]) -> dict[str, bool]:
    """The permissions that become others. A new person with access has the usual areas where the row says nothing."""
    before = {name: getattr(step.person, name) for name in PERMISSIONS}
    wanted = {name: values[name] for name in PERMISSIONS if name in values}
    if step.is_new and wanted.get("has_portal_access"):
        usual = {name: True for name in NEW_CONTACT_FLAGS if BY_NAME[name].is_offered}
        wanted = usual | wanted
    after = settled(before, wanted)
    for child, parent in lost_with_parent(before | wanted):
        if wanted.get(child):
            step.notes.append(
                _("Without “%(parent)s” there is no “%(child)s”: it stays off.")
                % {"parent": BY_NAME[parent].label, "child": BY_NAME[child].label}
            )
    return {name: after[name] for name in PERMISSIONS if after[name] != before[name]}
