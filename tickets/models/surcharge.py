from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Surcharge(models.Model):
    """What was accepted when a ticket went to a department that costs (S3-35), and what support decides of it."""

    ticket = models.OneToOneField("tickets.Ticket", models.CASCADE, related_name="surcharge")
    notice = models.TextField(_("surcharge"), help_text=_("As it was accepted."))
    urgency = models.TextField(_("what is urgent"))
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(_("accepted"), default=timezone.now)
    is_charged = models.BooleanField(_("charged"), null=True)
    reason = models.TextField(_("reason"), max_length=600, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True)

    KEPT = {"notice", "urgency", "reason"}

    class Meta:
        verbose_name = _("surcharge")
        verbose_name_plural = _("surcharges")
        constraints = [
            models.CheckConstraint(
                name="a_decided_surcharge_says_why",
                condition=Q(is_charged=None, decided_at=None, reason="")
                | Q(is_charged__isnull=False, decided_at__isnull=False) & ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.notice
