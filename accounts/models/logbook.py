import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from text.words import one_line

# Where the present request comes from; set by the middleware, empty in tasks and commands.
origin: ContextVar[str | None] = ContextVar("origin", default=None)


# So many people's permissions are put back in one deed.
MOST_UNDONE = 100
# Characters of a reason, and of a text among the changes.
LONGEST = 300

# The reasons that the portal itself gives. They are kept as they stand here and told in the reader's language.
UNDONE = gettext_noop("Undoes the change before it.")
OVERDUE = gettext_noop("The last day of the access has passed.")
STAYS = gettext_noop("Stays beyond the last day: nobody else manages the company's users.")
OWN_REASONS = frozenset({UNDONE, OVERDUE, STAYS})


def new_batch() -> str:
    """What the lines of one deed have in common."""
    return secrets.token_urlsafe(9)


# The order of the pages. The batch, which tells nothing, parts lines of the same microsecond: those of one deed are
# written one after the other.
NEWEST_FIRST = ("-at", "-batch")


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def visible_to(self, user):
        """The logbook of one's own company, for its managers."""
        if not user.is_authenticated or user.company_id is None or not user.is_company_manager:
            return self.none()
        return self.filter(company=user.company_id)

    def of_last_permissions(self) -> list["AuditEntry"]:
        """The lines of the last deed that changed permissions, MOST_UNDONE and one at most."""
        lines = list(self.filter(kind=AuditEntry.Kind.PERMISSIONS_CHANGED).order_by("-at", "-id")[: MOST_UNDONE + 1])
        return [line for line in lines if line.batch == lines[0].batch]

    def about(self, person):
        """What this person did, and what was done to them.

        Each part is found by its index. Of an OR, PostgreSQL reads the lines of the whole company through in order,
        which for somebody with few lines in a large company takes a second.
        """
        did, underwent = self.filter(actor_id=person.pk), self.filter(target="user", target_id=person.pk)
        return self.filter(pk__in=did.order_by().values("pk").union(underwent.order_by().values("pk")))

    def newest_first(self):
        return self.order_by(*NEWEST_FIRST)


class AuditEntry(models.Model):
    """One line of the logbook. Holds ids, never names or addresses of people, so that whoever is erased leaves nothing
    in it. The database refuses to change or delete one (accounts/append_only.py), and each day is sealed (LogbookSeal).
    """

    class Kind(models.TextChoices):
        LOGGED_IN = "logged_in", _("logged in")
        LOGIN_REFUSED = "login_refused", _("log-in refused")
        LOGGED_OUT = "logged_out", _("logged out")
        PASSWORD_CHANGED = "password_changed", _("changed the password")
        PASSWORD_GIVEN = "password_given", _("set somebody's password")
        INVITATION_SENT = "invitation_sent", _("sent a link to choose a password")
        EMAIL_CHANGED = "email_changed", _("changed their e-mail address")
        SESSIONS_CLOSED = "sessions_closed", _("closed their other sessions")
        SECOND_FACTOR_ADDED = "second_factor_added", _("added a second factor")
        SECOND_FACTOR_REMOVED = "second_factor_removed", _("removed a second factor")
        RECOVERY_CODES_MADE = "recovery_codes_made", _("made recovery codes")
        PERSON_CREATED = "person_created", _("created a person")
        PERSON_CHANGED = "person_changed", _("changed a person's data")
        PERMISSIONS_CHANGED = "permissions_changed", _("changed permissions")
        PERSON_DEACTIVATED = "person_deactivated", _("deactivated a person")
        PERSON_REACTIVATED = "person_reactivated", _("reactivated a person")
        PERSON_ERASED = "person_erased", _("erased a person's data")
        ERASURE_REQUESTED = "erasure_requested", _("asked to be erased")
        PEOPLE_IMPORTED = "people_imported", _("imported contacts")
        TICKETS_HANDED_OVER = "tickets_handed_over", _("handed over tickets")
        DATA_EXPORTED = "data_exported", _("exported data")
        ACCESS_REQUESTED = "access_requested", _("asked for access")
        ACCESS_APPROVED = "access_approved", _("approved a request for access")
        ACCESS_REJECTED = "access_rejected", _("rejected a request for access")
        COMPANY_CREATED = "company_created", _("created the company")
        COMPANY_CHANGED = "company_changed", _("changed the company")
        COMPANY_CHANGE_PROPOSED = "company_change_proposed", _("proposed a change of the company's data")
        COMPANY_CHANGE_REJECTED = "company_change_rejected", _("rejected a change of the company's data")
        STAFF_CHANGED = "staff_changed", _("changed a person of support")
        VIEW_BEGUN = "view_begun", _("opened the portal as a person")
        VIEW_ENDED = "view_ended", _("stopped seeing the portal as a person")
        REPLACEMENT_ASKED = "replacement_asked", _("asked for a manager to be replaced")
        REPLACEMENT_CONFIRMED = "replacement_confirmed", _("confirmed the replacement of a manager")
        REPLACEMENT_CANCELLED = "replacement_cancelled", _("cancelled the replacement of a manager")
        MANAGER_REPLACED = "manager_replaced", _("appointed a manager in place of a lost one")
        LICENCE_UPLOADED = "licence_uploaded", _("uploaded a licence file")
        LICENCE_WITHDRAWN = "licence_withdrawn", _("withdrew a licence file")
        LICENCE_DOWNLOADED = "licence_downloaded", _("downloaded a licence file")
        LICENCE_APPLIED = "licence_applied", _("applied a licence file")
        SUBSCRIPTION_ADDED = "subscription_added", _("added to what the company has contracted")
        SUBSCRIPTION_CHANGED = "subscription_changed", _("changed what the company has contracted")
        SUBSCRIPTION_REMOVED = "subscription_removed", _("removed from what the company has contracted")
        TRAINING_BOOKED = "training_booked", _("booked a training")
        TRAINING_CHANGED = "training_changed", _("changed a training")
        TRAINING_CANCELLED = "training_cancelled", _("cancelled a training")
        RULES_ACCEPTED = "rules_accepted", _("accepted the rules of use")

    at = models.DateTimeField(_("when"), default=timezone.now, editable=False)
    kind = models.CharField(_("what"), max_length=40, choices=Kind.choices)
    company = models.ForeignKey(
        "accounts.Company",
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("company"),
        related_name="logbook",
        db_index=False,  # logbook_of_company begins with it
    )
    actor_id = models.BigIntegerField(_("who"), null=True, blank=True)
    target = models.CharField(_("on what"), max_length=40, blank=True)
    target_id = models.BigIntegerField(_("on which"), null=True, blank=True)
    changes = models.JSONField(_("changes"), default=dict, blank=True, help_text=_("field: [old, new]"))
    address = models.GenericIPAddressField(_("from where"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=LONGEST, blank=True)
    batch = models.CharField(
        max_length=16, blank=True, editable=False, help_text=_("The same for the lines that one deed wrote.")
    )

    objects = AuditEntryQuerySet.as_manager()

    KEPT = {"changes", "address", "reason"}
    IMPERSONAL = {"target", "batch"}

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["company", "-at", "-batch"], name="logbook_of_company"),
            models.Index(fields=["kind", "company", "-at"], name="logbook_of_kind"),
            models.Index(fields=["actor_id", "-at"], name="logbook_by_person"),
            models.Index(fields=["target_id", "-at"], name="logbook_on_person", condition=models.Q(target="user")),
            models.Index(fields=["at", "id"], name="logbook_of_day"),
        ]
        verbose_name = _("logbook entry")
        verbose_name_plural = _("logbook")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind}"

    @property
    def reason_told(self) -> str:
        """The reason as somebody typed it, or one of the portal's own in the reader's language."""
        return gettext(self.reason) if self.reason in OWN_REASONS else self.reason

    @classmethod
    def write(
        cls,
        kind: str,
        *,
        by,
        on=None,
        company=None,
        changes: Mapping[str, list] | None = None,
        reason: str = "",
        batch: str = "",
    ) -> "AuditEntry":
        """Add a line; `on` is the row that the deed changed, `changes` maps field to [old, new].

        Numbers of people stand in `changes` under the names of `accounts.logbook.PEOPLE_IN_CHANGES`. Texts become one
        line each, whatever was sent.
        """
        return cls.objects.create(
            kind=kind,
            company=company,
            actor_id=getattr(by, "pk", None),
            target=on._meta.model_name if on is not None else "",
            target_id=on.pk if on is not None else None,
            changes={name: [in_one_line(value) for value in values] for name, values in (changes or {}).items()},
            address=origin.get(),
            reason=in_one_line(reason),
            batch=batch or new_batch(),
        )


def in_one_line(value: Any) -> Any:
    """A text without line ends or control characters, and not longer than a line; other values as they are."""
    return one_line(value)[:LONGEST] if isinstance(value, str) else value
