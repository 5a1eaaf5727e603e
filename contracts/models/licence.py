"""The files that extend a company's licence: what each is, who may fetch it, and what happens to it."""

import secrets
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import AuditEntry, Company, User
from accounts.models.company import zones_by_day
from accounts.tenancy import TenantQuerySet
from contracts import emails
from contracts.models.received import Received
from files.models import StoredFile

Kind = AuditEntry.Kind


def public_id() -> str:
    """How pages call a licence file: 128 bits that nobody guesses, and never authority."""
    return secrets.token_urlsafe(16)


def where_it_is(at: datetime, condition: Callable[[date], Q]) -> Q:
    """What holds on the day that it is, at an instant, where each company is."""
    days = zones_by_day(at).items()
    return reduce(or_, (Q(company__time_zone__in=zones) & condition(today) for today, zones in days))


class AppliedAlready(ValidationError):
    def __init__(self) -> None:
        super().__init__(_("Somebody said already that this file is applied."), code="applied")


class LicenceFileQuerySet(TenantQuerySet["LicenceFile"]):
    def visible_to(self, user, *, at: datetime | None = None):
        """Those that may be fetched: of one's own company, while they are of use, by whoever receives licence files."""
        mine = super().visible_to(user)
        if not user.is_authenticated or not user.receives_licence_files:
            return mine.none()
        return mine.current().filter(valid_until__gte=user.company.today(at))

    def current(self):
        """Those that count: nobody withdrew them, and the antivirus found nothing in them."""
        return self.filter(withdrawn_at=None).exclude(stored__scan_state=StoredFile.ScanState.INFECTED)

    def in_force(self, *, on: date):
        """Those whose period covers the day: both its first and its last day count."""
        return self.filter(valid_from__lte=on, valid_until__gte=on)

    def with_taken(self):
        """`taken_at`: when somebody of the company first downloaded it, as the logbook says. Support does not count."""
        staff = User.objects.filter(is_staff=True).values("pk")
        lines = AuditEntry.objects.filter(kind=Kind.LICENCE_DOWNLOADED, company=OuterRef("company"))
        lines = lines.filter(target="licencefile", target_id=OuterRef("pk")).exclude(actor_id__in=staff)
        return self.annotate(taken_at=Subquery(lines.order_by("at").values("at")[:1]))

    # --- the radar: what is to be told of, at an instant, days counted where the company is ---

    def of_active_companies(self):
        return self.filter(company__is_active=True)

    def with_due(self):
        """`due`: the day by which a file must be applied. It is the last one of the file before it, or of a first file
        the day on which it begins."""
        before = LicenceFile.objects.current().filter(
            company=OuterRef("company"), valid_until__lt=OuterRef("valid_until")
        )
        ends = before.order_by("-valid_until").values("valid_until")[:1]
        return self.annotate(due=Coalesce(Subquery(ends), F("valid_from")))

    def due_within(self, days: int, *, at: datetime):
        """Those of use that nobody has applied, from so many days before they must be."""
        reach = timedelta(days=days)
        of_use = self.current().of_active_companies().filter(applied_at=None).with_due()
        return of_use.filter(where_it_is(at, lambda today: Q(due__lte=today + reach, valid_until__gte=today)))

    def to_mail(self, *, at: datetime):
        """Those whose time has come, of companies where somebody receives them; not while the antivirus looks."""
        due = self.due_within(settings.LICENCE_DAYS, at=at).filter(mailed_at=None)
        someone = User.objects.receiving_licence_files().filter(company=OuterRef("company"))
        return due.filter(Exists(someone)).exclude(stored__scan_state=StoredFile.ScanState.PENDING)

    def neglected(self, *, at: datetime):
        """Those that nobody has downloaded or applied although it is late: a third of the days before they are due.

        What went out by mail today is given its day.
        """
        late = self.due_within(settings.LICENCE_DAYS // 3, at=at).with_taken().filter(taken_at=None)
        return late.filter(Q(mailed_at=None) | Q(mailed_at__lte=at - timedelta(days=1)))

    def lacking_successor(self, *, at: datetime):
        """The last files of companies whose licence ends, or ended lately, and for which support has no other one."""
        reach = timedelta(days=2 * settings.LICENCE_DAYS)
        later = LicenceFile.objects.current().filter(company=OuterRef("company"))
        later = later.filter(
            Q(valid_until__gt=OuterRef("valid_until")) | Q(valid_until=OuterRef("valid_until"), pk__gt=OuterRef("pk"))
        )
        last = self.current().of_active_companies().filter(company__is_demo=False).filter(~Exists(later))
        return last.filter(
            where_it_is(at, lambda today: Q(valid_until__range=(today - reach, today + reach))),
        )

    def unwarned(self):
        """Neither of these nor of another one with the same last day was support warned."""
        told = LicenceFile.objects.filter(company=OuterRef("company"), valid_until=OuterRef("valid_until"))
        return self.filter(~Exists(told.exclude(warned_at=None)))

    def infected(self):
        """Those in which the antivirus found something and that nobody has withdrawn yet."""
        return self.filter(withdrawn_at=None, stored__scan_state=StoredFile.ScanState.INFECTED)

    # --- verbs ---

    @transaction.atomic
    def upload(self, received: Sequence[Received], *, by: User, applied: bool = False) -> list["LicenceFile"]:
        """Keep licence files that support received, all or none. `applied`: the companies run them already, so that
        nobody is told of them."""
        at = timezone.now()
        settled = {"applied_by": by, "applied_at": at} if applied else {}
        files = []
        for one in received:
            file = self.create(
                company=one.company,
                valid_from=one.valid_from,
                valid_until=one.valid_until,
                note=one.note,
                stored=StoredFile.objects.keep(one.upload),
                uploaded_by=by,
                uploaded_at=at,
                **settled,
            )
            file.record(Kind.LICENCE_UPLOADED, by=by)
            files.append(file)
        return files

    @transaction.atomic
    def warn_staff(self, *, at: datetime) -> int:
        """Tell support, in one mail, of the companies whose licence ends without another file, and of infected files.
        Of each once. Returns how many."""
        untold = self.select_related("company", "stored").order_by("company__name", "pk")
        missing = [file for file in untold.lacking_successor(at=at).unwarned() if file.claim("warned_at", at=at)]
        infected = [file for file in untold.infected().filter(warned_at=None) if file.claim("warned_at", at=at)]
        if missing or infected:
            emails.licences_need_staff(missing, infected, staff=User.objects.permitted("add_licencefile"))
        return len(missing) + len(infected)


class LicenceFile(models.Model):
    """A release file: applied on the company's server, it lets the product run until its last day (S0-103, S0-120)."""

    public_id = models.CharField(max_length=32, unique=True, default=public_id, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, verbose_name=_("company"), related_name="licence_files")
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), help_text=_("The last day."))
    stored = models.OneToOneField(StoredFile, models.PROTECT, verbose_name=_("file"), related_name="licence_file")
    note = models.CharField(_("note"), max_length=300, blank=True, help_text=_("The company reads it."))
    uploaded_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("uploaded by"), related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded"))
    mailed_at = models.DateTimeField(_("sent by e-mail"), null=True, editable=False)
    reminded_at = models.DateTimeField(_("managers reminded"), null=True, editable=False)
    warned_at = models.DateTimeField(
        _("support warned"), null=True, editable=False, help_text=_("Of that no other one follows it, or of a virus.")
    )
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, verbose_name=_("applied by"), related_name="+")
    applied_at = models.DateTimeField(_("applied"), null=True, editable=False)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, verbose_name=_("withdrawn by"), related_name="+")
    withdrawn_at = models.DateTimeField(pgettext_lazy("a file", "withdrawn"), null=True, editable=False)

    objects = LicenceFileQuerySet.as_manager()

    KEPT = {"note"}
    IMPERSONAL = {"public_id"}

    class Meta:
        ordering = ["-valid_until", "-id"]
        verbose_name = _("licence file")
        verbose_name_plural = _("licence files")
        indexes = [
            models.Index(fields=["company", "-valid_until"], name="licence_files_of_company"),
            models.Index(fields=["valid_until"], name="licence_files_by_last_day"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="a_licence_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(applied_by=None, applied_at=None) | Q(applied_by__isnull=False, applied_at__isnull=False),
                name="an_applied_licence_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by=None, withdrawn_at=None)
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False),
                name="a_withdrawn_licence_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company.code} · {self.valid_from.isoformat()} – {self.valid_until.isoformat()}"

    def get_absolute_url(self) -> str:
        """Where it is downloaded."""
        return reverse("licences:download", args=[self.public_id])

    def actions_for(self, user: User) -> set[str]:
        """What somebody who sees the file may do with it."""
        if user.is_viewed:
            return set()
        return {"download"} if self.applied_at else {"download", "apply"}

    def was_taken_lately(self, *, by: User, at: datetime) -> bool:
        """Whether the logbook has a download by this person of which the rest may still be under way."""
        lately = AuditEntry.objects.filter(kind=Kind.LICENCE_DOWNLOADED, company=self.company_id, actor_id=by.pk)
        lately = lately.filter(target=self._meta.model_name, target_id=self.pk)
        return lately.filter(at__gte=at - timedelta(days=1)).exists()

    # --- verbs ---

    @transaction.atomic
    def note_download(self, *, by: User, goes_on: bool = False, at: datetime | None = None) -> bool:
        """Somebody takes the file: one line of the logbook. What `goes_on` from a part is the same download, as long as
        the logbook has it."""
        at = at or timezone.now()
        if goes_on and self.was_taken_lately(by=by, at=at):
            return False
        self.record(Kind.LICENCE_DOWNLOADED, by=by)
        return True

    @transaction.atomic
    def apply(self, *, by: User, at: datetime | None = None) -> None:
        """Somebody of the company has put the file on the server. Raises AppliedAlready."""
        at = at or timezone.now()
        if not self.claim("applied_at", at=at, applied_by=by):
            raise AppliedAlready
        self.record(Kind.LICENCE_APPLIED, by=by)

    @transaction.atomic
    def withdraw(self, *, by: User) -> bool:
        """Support takes back a file that should not have been there; done before, it changes nothing."""
        if not self.claim("withdrawn_at", at=timezone.now(), withdrawn_by=by):
            return False
        self.record(Kind.LICENCE_WITHDRAWN, by=by)
        return True

    @transaction.atomic
    def mail(self, *, at: datetime) -> bool:
        """Send the file to those of the company who receive licence files, once; False when there is nobody, or
        another worker was first."""
        people = list(User.objects.receiving_licence_files().filter(company=self.company_id))
        if not people or not self.claim("mailed_at", at=at):
            return False
        emails.licence_file_sent(self, people)
        return True

    @transaction.atomic
    def remind(self, *, at: datetime) -> bool:
        """Tell the managers, once and without the file, that it waits to be applied."""
        if not self.claim("reminded_at", at=at):
            return False
        managers = list(User.objects.managers().filter(company=self.company_id))
        emails.licence_waiting(self, managers, recipients=list(recipients_of(self.company)))
        return True

    def claim(self, mark: str, *, at: datetime, **more) -> bool:
        """Set a mark that is set once; False when it was, and nothing is to be done again."""
        unmarked = LicenceFile.objects.filter(pk=self.pk, **dict.fromkeys(("withdrawn_at", mark)))
        claimed = unmarked.update(**{mark: at}, **more)
        for name, value in {mark: at, **more}.items() if claimed else ():
            setattr(self, name, value)
        return bool(claimed)

    def record(self, kind: str, *, by: User) -> None:
        changes = {"valid_until": [None, self.valid_until.isoformat()]}
        AuditEntry.write(kind, by=by, on=self, company=self.company, changes=changes)


def recipients_of(company: Company) -> models.QuerySet[User]:
    """Who gets the licence files of a company."""
    return User.objects.receiving_licence_files().filter(company=company).order_by("first_name", "last_name", "pk")
