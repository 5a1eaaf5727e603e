from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import emails
from accounts.models.logbook import AuditEntry

if TYPE_CHECKING:
    from accounts.models.user import User


class ErasureRequestQuerySet(models.QuerySet["ErasureRequest"]):
    def visible_to(self, user):
        """One's own."""
        return self.filter(person=user.pk)

    def waiting(self):
        return self.filter(state=ErasureRequest.State.WAITING)

    @transaction.atomic
    def ask(self, *, person: "User", by: "User") -> "ErasureRequest":
        """Somebody wants to be erased; `by` is they themselves, or who of support read their letter. The company's
        managers and support are told. What waits already is not asked again."""
        mine = {"asked_by_id": by.pk, "company": person.company}
        request, is_new = self.get_or_create(person=person, state=ErasureRequest.State.WAITING, defaults=mine)
        if not is_new:
            return request
        AuditEntry.write(AuditEntry.Kind.ERASURE_REQUESTED, by=by, on=person, company=person.company)
        emails.erasure_requested(request, by=by)
        return request


class ErasureRequest(models.Model):
    """A person asks for what the portal knows of them to be erased. Support decides (portal/privacy)."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("request of erasure", "waiting")
        DONE = "done", pgettext_lazy("request of erasure", "erased")
        REFUSED = "refused", pgettext_lazy("request of erasure", "refused")
        WITHDRAWN = "withdrawn", pgettext_lazy("request of erasure", "withdrawn")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="erasure_requests", verbose_name=_("person")
    )
    company = models.ForeignKey(
        "accounts.Company", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("company")
    )
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    asked_by_id = models.BigIntegerField(_("asked by"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by_id = models.BigIntegerField(_("settled by"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    objects = ErasureRequestQuerySet.as_manager()

    KEPT = {"reason"}

    class Meta:
        ordering = ["-asked_at"]
        default_permissions = ("add", "change", "view")
        verbose_name = _("request of erasure")
        verbose_name_plural = _("requests of erasure")
        constraints = [
            models.UniqueConstraint(
                fields=["person"], name="one_waiting_erasure_per_person", condition=Q(state="waiting")
            ),
            models.CheckConstraint(
                name="settled_erasures_say_when",
                condition=Q(state="waiting", settled_at=None) | ~Q(state="waiting") & Q(settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d} · {self.get_state_display()}"  # no name: the desk's log keeps this

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    # --- verbs ---

    def withdraw(self, *, by: "User") -> bool:
        """The person would rather stay; False when it was settled meanwhile."""
        return self.settle(self.State.WITHDRAWN, by=by)

    @transaction.atomic
    def refuse(self, *, by: "User", reason: str) -> bool:
        """Support says no, and why: the person is told. False when it was settled meanwhile."""
        if not self.settle(self.State.REFUSED, by=by, reason=reason):
            return False
        emails.erasure_refused(self)
        return True

    def settle(self, state: State, *, by: "User", reason: str = "") -> bool:
        """End the wait once, whoever else tries."""
        settled = {"state": state, "settled_at": timezone.now(), "settled_by_id": by.pk, "reason": reason}
        if not ErasureRequest.objects.waiting().filter(pk=self.pk).update(**settled):
            return False
        for name, value in settled.items():
            setattr(self, name, value)
        return True
