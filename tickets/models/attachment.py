from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from files.models import StoredFile
from text.search import SearchColumn
from text.tokens import random_token
from tickets.models.question import TopicField
from tickets.models.request import Request
from tickets.models.ticket import Ticket

if TYPE_CHECKING:
    from tickets.models.guest import Guest
    from tickets.models.message import Message


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user):
        """The files of the tickets and requests that `user` may know about, and those of their own drafts."""
        of_requests = Q(request__in=Request.objects.visible_to(user))
        return self.filter(Q(ticket__in=Ticket.objects.visible_to(user)) | Q(draft__person=user.pk) | of_requests)

    def of_guest(self, guest: "Guest"):
        """The files of the ticket that a guest reads, while no company has it."""
        return self.filter(ticket=guest.ticket_id, ticket__company=None)

    def in_tickets_of(self, user):
        """Those that were sent in the tickets that `user` may know about."""
        return self.filter(ticket__in=Ticket.objects.visible_to(user))

    def in_lists(self):
        """With what a line says of a file and of where it was sent."""
        columns = ("name", "ticket__number", "ticket__subject", "message__created_at")
        return self.select_related("ticket", "message").only(*columns)

    def infected(self):
        """Those in which the antivirus found something."""
        return self.filter(stored__scan_state=StoredFile.ScanState.INFECTED)

    def untold(self):
        """Those of messages in whose ticket nothing says so yet."""
        return self.infected().filter(message__isnull=False, quarantined_at=None)

    def for_staff(self, user):
        """The files that a person of support may open: those of the tickets on the desk, and of their own drafts."""
        return self.filter(Q(ticket__in=Ticket.objects.for_staff(user)) | Q(draft__person=user.pk))


class Attachment(models.Model):
    """A file of a message; before, of a draft until it is sent, of a request until a manager agrees, or of a guest
    until the address is verified. `position` is its number in the text: `adjunto:1`; `question` is what it answers, if
    anything."""

    token = models.CharField(max_length=32, unique=True, default=random_token, editable=False)
    stored = models.OneToOneField(StoredFile, models.PROTECT, related_name="attachment")
    draft = models.ForeignKey("tickets.Draft", models.CASCADE, null=True, related_name="attachments")
    message = models.ForeignKey("tickets.Message", models.CASCADE, null=True, related_name="attachments")
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, related_name="attachments")
    request = models.ForeignKey(Request, models.CASCADE, null=True, related_name="attachments")
    guest = models.ForeignKey("tickets.Guest", models.CASCADE, null=True, related_name="attachments")
    question = models.ForeignKey(TopicField, models.SET_NULL, null=True, related_name="+")
    company = models.ForeignKey("accounts.Company", models.PROTECT, null=True, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveSmallIntegerField(default=1)
    quarantined_at = models.DateTimeField(
        null=True, editable=False, help_text=_("When the ticket's people were told that it is infected.")
    )
    search = SearchColumn("name")

    objects = AttachmentQuerySet.as_manager()

    # The code under which a guest reads it, set by their page.
    guest_code = ""

    KEPT = {"name", "search"}
    IMPERSONAL = {"token"}

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [
            models.CheckConstraint(
                name="an_attachment_belongs_to_one_thing",
                condition=Q(draft__isnull=False, request=None, guest=None, message=None, ticket=None, company=None)
                | Q(draft=None, request__isnull=False, guest=None, message=None, ticket=None, company__isnull=False)
                | Q(draft=None, request=None, guest__isnull=False, message=None, ticket=None, company=None)
                | Q(draft=None, request=None, guest=None, message__isnull=False, ticket__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        if self.guest_code:
            return reverse("guests:attachment", args=[self.guest_code, self.token])
        return reverse("thread:attachment", args=[self.token])

    @property
    def state_url(self) -> str:
        """Where a page asks whether the antivirus has looked at it."""
        if self.guest_code:
            return reverse("guests:attachment_state", args=[self.guest_code, self.token])
        return reverse("thread:attachment_state", args=[self.token])

    @property
    def picture_url(self) -> str:
        """Where it is shown in place: the display copy of a picture, a PDF or a video in the browser."""
        return f"{self.get_absolute_url()}?ver"

    def move_to(self, message: "Message") -> None:
        """Leave the draft, the request or the guest for a message that was just written."""
        self.draft, self.request, self.guest, self.message = None, None, None, message
        self.ticket, self.company = message.ticket, message.company
        self.save(update_fields=["draft", "request", "guest", "message", "ticket", "company"])

    def move_to_request(self, asked: Request) -> None:
        """Leave the draft for a request that awaits approval."""
        self.draft, self.request, self.company = None, asked, asked.company
        self.save(update_fields=["draft", "request", "company"])
