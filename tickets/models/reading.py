import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import name_of
from tables.prepared import Prepared
from text.personal import Traces

if TYPE_CHECKING:
    from accounts.models import User
    from tickets.models.ticket import Ticket

# One statement on both databases; Django's own upsert would overwrite a newer mark.
MOVE_FORWARD = """
    INSERT INTO tickets_readmark (user_id, ticket_id, read_to) VALUES (%s, %s, %s)
    ON CONFLICT (user_id, ticket_id) DO UPDATE SET read_to = excluded.read_to
    WHERE tickets_readmark.read_to < excluded.read_to
"""


def random_token() -> str:
    """How a page calls a row without telling how many there are."""
    return secrets.token_urlsafe(9)


class FollowerQuerySet(models.QuerySet["Follower"]):
    def named(self):
        """With the names of the people, and whether each can open the ticket."""
        people = name_of("user", "is_active", "can_use_tickets")
        return self.select_related("user").only("token", "ticket", "email", *people)

    def forget(self, traces: Traces) -> None:
        """The person follows nothing any more, nor do their addresses. Of their own tickets they stay the author."""
        self.filter(user__in=traces.ids).exclude(ticket__author=F("user")).delete()
        self.filter(user=None, email__in=traces.emails).delete()


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

    objects = FollowerQuerySet.as_manager()

    PERSONAL = {"email"}
    IMPERSONAL = {"token"}
    WHOSE = {"user": "ids", "email": "emails"}

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


# Of a ticket, with their names.
IN_COPY = Prepared(lambda ticket: Follower.objects.named().filter(ticket=ticket), ticket=models.BigAutoField())


class ReadMark(models.Model):
    """How far one person has read one ticket: up to the answer by support of this instant."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="read_marks")
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="read_marks")
    read_to = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "ticket"], name="one_read_mark_per_person_and_ticket")]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.ticket_id}"

    @classmethod
    def move(cls, user: "User", ticket: "Ticket", *, to: datetime) -> None:
        """The person has read up to `to`; an older page that reports later takes nothing back."""
        with connection.cursor() as cursor:
            cursor.execute(MOVE_FORWARD, [user.pk, ticket.pk, connection.ops.adapt_datetimefield_value(to)])
