from contextvars import ContextVar

from django.db import models
from django.utils.translation import gettext_lazy as _

# Where the present request comes from; set by the middleware, empty in tasks and commands.
origin: ContextVar[str | None] = ContextVar("origin", default=None)


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def visible_to(self, user):
        """The logbook of one's own company, for its managers."""
        if not user.is_authenticated or user.company_id is None or not user.is_company_manager:
            return self.none()
        return self.filter(company=user.company_id)


class AuditEntry(models.Model):
    """One line of the logbook. Holds ids, never names or addresses; nothing in the code changes one."""

    class Kind(models.TextChoices):
        LOGGED_IN = "logged_in", _("logged in")
        LOGIN_REFUSED = "login_refused", _("log-in refused")
        LOGGED_OUT = "logged_out", _("logged out")
        PASSWORD_CHANGED = "password_changed", _("changed the password")
        PERSON_CREATED = "person_created", _("created a person")
        PERMISSIONS_CHANGED = "permissions_changed", _("changed permissions")
        PERSON_DEACTIVATED = "person_deactivated", _("deactivated a person")
        STAFF_CHANGED = "staff_changed", _("changed a person of support")
        COMPANY_CREATED = "company_created", _("created the company")
        COMPANY_CHANGED = "company_changed", _("changed the company")
        INVITATION_SENT = "invitation_sent", _("sent a link to choose a password")

    at = models.DateTimeField(_("when"), auto_now_add=True)
    kind = models.CharField(_("what"), max_length=40, choices=Kind.choices)
    company = models.ForeignKey(
        "accounts.Company", models.PROTECT, null=True, blank=True, verbose_name=_("company"), related_name="logbook"
    )
    actor_id = models.BigIntegerField(_("who"), null=True, blank=True)
    target = models.CharField(_("on what"), max_length=40, blank=True)
    target_id = models.BigIntegerField(_("on which"), null=True, blank=True)
    changes = models.JSONField(_("changes"), default=dict, blank=True, help_text=_("field: [old, new]"))
    address = models.GenericIPAddressField(_("from where"), null=True, blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["company", "-id"], name="logbook_of_company")]
        verbose_name = _("logbook entry")
        verbose_name_plural = _("logbook")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind}"

    @classmethod
    def write(cls, kind: str, *, by, on=None, company=None, changes: dict | None = None) -> "AuditEntry":
        """Add a line; `on` is the row that the deed changed, `changes` maps field to [old, new]."""
        return cls.objects.create(
            kind=kind,
            company=company,
            actor_id=getattr(by, "pk", None),
            target=on._meta.model_name if on is not None else "",
            target_id=on.pk if on is not None else None,
            changes=changes or {},
            address=origin.get(),
        )
