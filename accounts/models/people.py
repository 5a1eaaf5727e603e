"""Companies' people and the vendor's staff, many at a time: who is meant, and what is done to several at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import IntEnum
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import emails
from accounts.models.company import Company, zones_by_day
from accounts.models.logbook import MOST_UNDONE, OVERDUE, UNDONE, AuditEntry, new_batch
from accounts.models.refusals import CannotUndo, ChangedMeanwhile, LastManager
from accounts.permissions import BY_NAME, FIRST_MANAGER_FLAGS, PERMISSIONS, settled
from accounts.tenancy import TenantQuerySet
from text import names
from text.words import normalised

if TYPE_CHECKING:
    from accounts.models.user import User

# What a person's name and initials are made of.
NAME_COLUMNS = ("first_name", "last_name", "login", "email")

# Flag → [old, new].
Changed = dict[str, list[bool]]


def name_of(relation: str, *more: str) -> list[str]:
    """For `only`: the columns that name the person behind a relation, and `more` of theirs."""
    return [f"{relation}__{column}" for column in (*NAME_COLUMNS, *more)]


def check_names(given: Iterable[str]) -> None:
    """Raises ValueError for a name that is no permission."""
    if unknown := set(given) - set(PERMISSIONS):
        raise ValueError(f"Not a permission: {', '.join(sorted(unknown))}")


class Standing(IntEnum):
    """Who manages a company: a change may raise it, never lower it."""

    NOBODY = 0
    FOR_A_TIME = 1  # every manager's access ends on some day
    FOR_GOOD = 2

    @classmethod
    def given(cls, ends: Iterable[date | None]) -> "Standing":
        """The standing of a company whose managers' access ends so; None is never."""
        return max((cls.FOR_A_TIME if end else cls.FOR_GOOD for end in ends), default=cls.NOBODY)


class UserQuerySet(TenantQuerySet["User"]):
    def active(self):
        return self.filter(is_active=True)

    def agents(self):
        """Staff who may answer tickets."""
        return self.permitted("change_ticket")

    def permitted(self, codename: str):
        """Staff whose role has this permission."""
        return self.staff().filter(Q(groups__permissions__codename=codename) | Q(is_superuser=True)).distinct()

    def with_access(self, *, at: datetime | None = None):
        """Those who may log in: active, of an active company, with the access flag, until their last day."""
        return self.within_their_days(at=at).filter(is_active=True, has_portal_access=True, company__is_active=True)

    def within_their_days(self, *, at: datetime | None = None):
        """Without those whose last day has passed where their company is, see `User.is_over`."""
        days = zones_by_day(at or timezone.now()).items()
        not_over = (Q(access_until__gte=today, company__time_zone__in=zones) for today, zones in days)
        return self.filter(reduce(or_, not_over, Q(access_until=None) | Q(is_company_manager=True)))

    def appointed(self):
        """Active people with access who manage their company, also while it is suspended."""
        return self.filter(is_active=True, has_portal_access=True, is_company_manager=True)

    def managers(self):
        return self.with_access().filter(is_company_manager=True)

    def keeps_a_manager(
        self, company: Company | None, *, appointed: "Iterable[User]", dismissed: "Iterable[User]"
    ) -> bool:
        """Whether the company would be managed as surely as now, were these managers and those no longer."""
        if company is None:
            return True
        now = dict(self.appointed().filter(company=company).values_list("pk", "access_until"))
        gone, today = {person.pk for person in dismissed}, company.today()
        then = {pk: until for pk, until in now.items() if pk not in gone}
        for person in appointed:  # a last day that has passed goes when access is given
            until = person.access_until
            then[person.pk] = until if until and until >= today else None
        return Standing.given(then.values()) >= Standing.given(now.values())

    def overdue(self, company: Company, *, at: datetime):
        """People of a company who have access beyond their last day."""
        return self.filter(company=company, has_portal_access=True, access_until__lt=company.today(at))

    def staff(self):
        return self.filter(is_staff=True, is_active=True)

    # --- who gets what by mail; what a ticket tells is in tickets/emails.py ---

    def reachable(self):
        """Active people of active companies, with access or without."""
        return self.filter(is_active=True, company__is_active=True)

    def receiving_general_mail(self):
        """Those with the manager's mark who have not said that they do not want it (S0-102)."""
        return self.reachable().filter(receives_general_mail=True, declines_general_mail=False)

    def receiving_licence_files(self):
        """Those with the mark alone: whoever manages the company is no reason (S0-103)."""
        return self.reachable().filter(receives_licence_files=True)

    def receiving_update_mail(self):
        """Word of a new version: those of the licence files and those of the downloads (S0-105, S0-118)."""
        return self.reachable().filter(Q(receives_licence_files=True) | Q(can_use_downloads=True))

    def hearing_of_hours(self, company: Company):
        """Who is told that few hours of training are left: the administrative contacts, else the managers."""
        people = self.reachable().filter(company=company)
        marked = people.filter(is_administrative_contact=True)
        return marked if marked.exists() else people.managers()

    # --- finding somebody ---

    def known(self):
        """All but those whose data were erased."""
        return self.filter(erased_at=None)

    def deactivated(self):
        return self.filter(is_active=False)

    def holding(self, typed: str):
        """Those whose name, address or login holds each typed word, in whatever accents and capitals."""
        return names.holding(self, typed, columns=NAME_COLUMNS)

    def opening_accounts_by(self, emails: Iterable[str]):
        """Those who log in with one of the addresses: nobody else can be given it together with access."""
        return self.filter(Q(has_portal_access=True) | Q(is_staff=True), email__in=emails)

    def registrars(self):
        """Staff who may say which company a request for access belongs to."""
        return self.permitted("change_accessrequest")

    def named(self, typed: str):
        """The one person whom a normalised login name or e-mail address names at log-in, or None."""
        people = self.select_related("company")
        if "@" in typed:
            return people.filter(Q(has_portal_access=True) | Q(is_staff=True), email=typed).first()
        return people.filter(login=typed).first()


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username):
        return self.get(login=normalised(username))

    @transaction.atomic
    def create_contact(
        self,
        *,
        by: "User | None",
        company: Company,
        permissions: Mapping[str, bool],
        password: str | None = None,
        must_change_password: bool = True,
        invited: bool = False,
        **data,
    ) -> "User":
        """A person of a company. `data`: email, login, names, telephone, language, `access_until`.

        Without password nobody logs in before choosing one; `invited` mails the link for it.
        """
        check_names(permissions)
        after = settled(dict.fromkeys(PERMISSIONS, False), permissions)  # nobody knows of the person yet: no lock
        must_change = bool(password) and must_change_password
        user = self.model(company=company, must_change_password=must_change, **data, **after)
        user.set_password(password)
        user.save()
        AuditEntry.write(AuditEntry.Kind.PERSON_CREATED, by=by, on=user, company=company)
        if changed := {name: [False, True] for name, is_on in after.items() if is_on}:
            AuditEntry.write(AuditEntry.Kind.PERMISSIONS_CHANGED, by=by, on=user, company=company, changes=changed)
        if invited:
            user.invite(by=by)
        return user

    @transaction.atomic
    def found_company(
        self,
        company: Company,
        *,
        by: "User | None",
        manager: Mapping[str, Any],
        tell: "Callable[[User], None]" = emails.invited,
    ) -> Company:
        """Create a company together with its first manager, who gets a link to choose a password (S0-7)."""
        company.save()
        AuditEntry.write(AuditEntry.Kind.COMPANY_CREATED, by=by, on=company, company=company)
        permissions = dict.fromkeys(FIRST_MANAGER_FLAGS, True)
        person = self.create_contact(by=by, company=company, permissions=permissions, **manager)
        person.invite(by=by, tell=tell)
        return company

    @transaction.atomic
    def set_permissions(
        self,
        *,
        by: "User | None",
        company: Company | None,
        changes: Mapping[int, Mapping[str, bool]],
        reason: str = "",
        exactly: bool = False,
    ) -> dict[int, Changed]:
        """The one writer of flags and marks. `changes`: person → {flag: new}, all of one company.

        Returns person → {flag: [old, new]} of what really changed, one line of the logbook for each, all of one batch.
        Locks the company row first, clears children whose parent is off, keeps one active manager with access.
        With `exactly`, all of `changes` must change and nothing else, else ChangedMeanwhile.
        Raises LastManager and CannotHaveAccess; ValueError for a name that is no permission, and for somebody of
        another company.
        """
        check_names(name for one in changes.values() for name in one)
        batch, changed = new_batch(), {}
        with self.keeping_a_manager(company):
            people = {person.pk: person for person in self.filter(company=company, pk__in=changes)}
            if strangers := changes.keys() - people.keys():
                raise ValueError(f"Not of this company: {strangers}")
            for pk, person in people.items():
                person.company, until = company, person.access_until
                one = person.take(changes[pk])
                if exactly and {name: new for name, (_old, new) in one.items()} != changes[pk]:
                    raise ChangedMeanwhile
                if one:
                    changed[pk] = one
                    ended = {} if person.access_until == until else {"access_until": [until.isoformat(), None]}
                    kind, noted = AuditEntry.Kind.PERMISSIONS_CHANGED, {**one, **ended}
                    AuditEntry.write(kind, by=by, on=person, company=company, changes=noted, batch=batch, reason=reason)
        return changed

    @transaction.atomic
    def undo_permissions(self, *, by: "User", company: Company, batch: str) -> dict[int, Changed]:
        """Put back what the last deed on permissions changed, whoever did it. Returns what `set_permissions` returns.

        A batch of its own, which can be undone again. Raises CannotUndo, and what `set_permissions` raises.
        """
        self.lock(company)
        lines = company.logbook.of_last_permissions()
        if not lines or lines[0].batch != batch:
            raise CannotUndo(_("Permissions were changed again meanwhile. Look at the last change once more."))
        people = self.active().filter(company=company).in_bulk([line.target_id for line in lines])
        if obstacle := why_not_undone(lines, people):
            raise CannotUndo(obstacle)
        changes = {pk: undoing(line) for line in lines if (pk := line.target_id)}
        return self.set_permissions(by=by, company=company, changes=changes, reason=UNDONE)

    @transaction.atomic
    def withdraw_overdue(self, company: Company, *, at: datetime) -> dict[int, Changed]:
        """Take the access from those whose last day has passed (`access_until`), and end their sessions.

        The last manager keeps it, however old the date (S0-85). Whoever leaves is told, and in one mail the managers,
        who also hear, once for each date, of the one who stays.
        """
        self.lock(company)
        overdue = list(self.active().overdue(company, at=at))
        staying = self.last_manager_among(overdue, company)
        leaving = [person for person in overdue if person is not staying]
        off: Mapping[int, Mapping[str, bool]] = {person.pk: {"has_portal_access": False} for person in leaving}
        changed = self.set_permissions(by=None, company=company, changes=off, reason=OVERDUE)
        for person in leaving:
            person.end_sessions()
        news_of_staying = staying if staying is not None and staying.note_staying() else None
        if company.is_active and (leaving or news_of_staying):
            managers = list(self.managers().filter(company=company))
            emails.access_ended(leaving, staying=news_of_staying, managers=managers)
        return changed

    def last_manager_among(self, people: Sequence["User"], company: Company) -> "User | None":
        """Who of these must stay, because without them all nobody would manage the company: the one with most days."""
        managers = [person for person in people if person.is_company_manager]
        if not managers or self.appointed().filter(company=company).exclude(pk__in=[p.pk for p in managers]).exists():
            return None
        return max(managers, key=lambda person: (person.access_until, -person.pk))

    @contextmanager
    def keeping_a_manager(self, company: Company | None) -> Iterator[None]:
        """Inside a transaction: what is done in it must not leave the company without a manager (S0-85).

        Whoever changes who manages a company does so one after the other. Raises LastManager. Staff have no company.
        """
        self.lock(company)
        before = self.standing(company)
        yield
        if self.standing(company) < before:
            raise LastManager

    def standing(self, company: Company | None) -> Standing:
        """How sure it is that somebody manages the company. Staff have none to manage."""
        if company is None:
            return Standing.NOBODY
        return Standing.given(self.appointed().filter(company=company).values_list("access_until", flat=True))

    def lock(self, company: Company | None) -> None:
        if company is not None:
            list(Company.objects.select_for_update(no_key=True).filter(pk=company.pk))

    def create_superuser(self, login: str, email: str, password: str, **data) -> "User":
        """The first person of support, by command; the password keeps the rule (S0-110). Raises ValidationError."""
        validate_password(password)
        user = self.model(login=login, email=email, is_staff=True, is_superuser=True, **data)
        user.set_password(password)
        user.full_clean()
        user.save()
        return user


def undoing(line: AuditEntry) -> dict[str, bool]:
    """What puts back the permissions that a line of the logbook changed."""
    return {name: old for name, (old, _new) in line.changes.items() if name in BY_NAME}


def why_not_undone(lines: Sequence[AuditEntry], people: Mapping[int, "User"]) -> str:
    """Why the deed of these lines cannot be put back, in words; empty when it can. `people` are the active ones."""
    if len(lines) > MOST_UNDONE:
        return gettext("It changed more than %(count)s people at once.") % {"count": MOST_UNDONE}
    for line in lines:
        person = people.get(line.target_id or 0)
        if person is None:
            return gettext("Somebody whom it changed is no longer an active contact.")
        if any(getattr(person, name) == old for name, old in undoing(line).items()):
            return gettext("The permissions of %(name)s are no longer as it left them.") % {
                "name": person.get_full_name()
            }
    return ""
