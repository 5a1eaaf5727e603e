import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def random_token() -> str:
    """How a page calls a row without telling how many there are."""
    return secrets.token_urlsafe(9)


class Follower(models.Model):
    """Somebody in copy of a ticket. The author has a row too, so that "own or followed" is one `IN`."""

    token = models.CharField(max_length=16, unique=True, default=random_token, editable=False)
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="followers")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="follows",
        verbose_name=_("person"),
    )
    email = models.EmailField(_("address outside the company"), blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("person in copy")
        verbose_name_plural = _("people in copy")
        constraints = [
            models.CheckConstraint(
                name="a_follower_is_a_person_or_an_address",
                condition=Q(user__isnull=False, email="") | Q(user=None) & ~Q(email=""),
            ),
            models.UniqueConstraint(fields=["user", "ticket"], name="one_follower_per_person_and_ticket"),
            models.UniqueConstraint(
                fields=["ticket", "email"], name="one_follower_per_address_and_ticket", condition=Q(user=None)
            ),
        ]

    def __str__(self) -> str:
        return str(self.user) if self.user_id else self.email


class ReadMark(models.Model):
    """How far one person has read one ticket: up to the answer by support of this instant."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="read_marks")
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="read_marks")
    read_to = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="one_read_mark_per_person_and_ticket")]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.ticket_id}"
