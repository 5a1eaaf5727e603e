"""A company's own word about its data: its manager proposes, support confirms or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import emails
from accounts.models.company import Company, told
from accounts.models.logbook import AuditEntry

if TYPE_CHECKING:
    from accounts.models.user import User

# What a manager may ask to be changed, in the order of the form.
PROPOSABLE = ("name", "tax_id", "email", "phone", "address", "time_zone", "email_domains")


@dataclass(frozen=True, slots=True)
class Row:
    """One change: what it was when it was asked for, what it shall be, and what it is."""

    label: str
    old: Any
    new: Any
    present: Any

    @property
    def is_overtaken(self) -> bool:
        """Whether somebody has changed it since."""
        return self.present not in (self.old, self.new)


class AlreadyProposed(ValidationError):
    """The company waits for an answer already."""

    def __init__(self) -> None:
        super().__init__(
            _("Your company has asked for a change already. Withdraw it to ask for another one."),
            code="already_proposed",
        )


class NoLongerPending(ValidationError):
    """Somebody has accepted, rejected or withdrawn it meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("This proposal was decided or withdrawn meanwhile."), code="no_longer_pending")


class CompanyProposalQuerySet(models.QuerySet["CompanyProposal"]):
    def visible_to(self, user):
        """Those of one's own company, for its managers."""
        if not user.is_authenticated or user.company_id is None or not user.is_company_manager:
            return self.none()
        return self.filter(company=user.company_id)

    def pending(self):
        return self.filter(state=CompanyProposal.State.PENDING)

    @transaction.atomic
    def propose(self, *, by: "User", company: Company, data: Mapping[str, Any]) -> "CompanyProposal":
        """Ask support for other data. One at a time: raises AlreadyProposed; ValueError when nothing would change."""
        changes = company.differences({name: data[name] for name in PROPOSABLE if name in data})
        if not changes:
            raise ValueError("Nothing would change")
        try:
            with transaction.atomic():
                proposal = self.create(company=company, by=by, data=changes)
        except IntegrityError as error:
            raise AlreadyProposed from error
        kind = AuditEntry.Kind.COMPANY_CHANGE_PROPOSED
        AuditEntry.write(kind, by=by, on=proposal, company=company, changes=told(changes))
        emails.company_change_proposed(proposal)
        return proposal


class CompanyProposal(models.Model):
    """Other data that a company's manager asks for. It stays, whatever became of it."""

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn")

    company = models.ForeignKey(Company, models.PROTECT, related_name="proposals", verbose_name=_("company"))
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    at = models.DateTimeField(_("proposed"), default=timezone.now, editable=False)
    data = models.JSONField(_("changes"), help_text=_("field: [old, new]"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PENDING)
    decided_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    answer = models.TextField(_("answer"), max_length=500, blank=True)

    objects = CompanyProposalQuerySet.as_manager()

    KEPT = {"data", "answer"}

    class Meta:
        ordering = ["-at"]
        verbose_name = _("proposal of a company")
        verbose_name_plural = _("proposals of companies")
        constraints = [
            models.UniqueConstraint(
                name="one_pending_proposal_per_company", fields=["company"], condition=Q(state="pending")
            ),
            models.CheckConstraint(
                name="a_decided_proposal_says_when",
                condition=Q(state="pending", decided_at=None) | (~Q(state="pending") & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} · {self.at:%Y-%m-%d}"

    # --- questions ---

    @property
    def is_pending(self) -> bool:
        return self.state == self.State.PENDING

    def wanted(self) -> dict[str, Any]:
        """Column → what it shall hold."""
        return {name: new for name, (_old, new) in self.data.items()}

    def rows(self) -> list["Row"]:
        """The changes for a page to show."""
        columns = {name: Company._meta.get_field(name) for name in self.data}
        return [
            Row(str(columns[name].verbose_name), old, new, getattr(self.company, name))
            for name, (old, new) in self.data.items()
        ]

    # --- verbs ---

    @transaction.atomic
    def accept(self, *, by: "User", answer: str = "") -> None:
        """The company's data become what was asked for. Raises NoLongerPending."""
        self.decide(self.State.ACCEPTED, by=by, answer=answer)
        self.company.change(by=by, data=self.wanted(), reason=answer)
        emails.company_change_decided(self)

    @transaction.atomic
    def reject(self, *, by: "User", answer: str) -> None:
        """The company's data stay; the answer says why. Raises NoLongerPending."""
        self.decide(self.State.REJECTED, by=by, answer=answer)
        kind = AuditEntry.Kind.COMPANY_CHANGE_REJECTED
        AuditEntry.write(kind, by=by, on=self, company=self.company, changes=told(self.data), reason=answer)
        emails.company_change_decided(self)

    def withdraw(self, *, by: "User") -> None:
        """The company no longer asks. Raises NoLongerPending."""
        self.decide(self.State.WITHDRAWN, by=by)

    # --- private helpers ---

    def decide(self, state: str, *, by: "User", answer: str = "") -> None:
        """Out of the pending state, for whoever is first."""
        changes = {"state": state, "decided_by": by, "decided_at": timezone.now(), "answer": answer}
        if not CompanyProposal.objects.pending().filter(pk=self.pk).update(**changes):
            raise NoLongerPending
        for name, value in changes.items():
            setattr(self, name, value)
