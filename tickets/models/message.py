from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from text import rendering
from text.personal import Traces
from text.search import SearchColumn
from tickets import emails
from tickets.models.attachment import Attachment
from tickets.models.pasting import message_html
from tickets.models.ticket import Ticket

if TYPE_CHECKING:
    from accounts.models import Company

# A message is younger than its files; one that is so much older than they are came with an import.
IMPORTED_AFTER = timedelta(days=1)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user):
        """The messages of the tickets that `user` may know about."""
        return self.filter(ticket__in=Ticket.objects.visible_to(user))

    def rename(self, traces: Traces, *, company: "Company | None", name: str) -> None:
        """Imported messages under the person's name, in their company or of support, stand under `name`."""
        theirs = self.filter(author=None, author_name__in=traces.names)
        theirs = theirs.filter(from_support=True) if company is None else theirs.filter(company=company)
        theirs.update(author_name=name)

    def with_untold_infections(self):
        """Those with files in quarantine of which the ticket does not speak yet."""
        return self.filter(pk__in=Attachment.objects.untold().values("message"))


class Message(models.Model):
    """One contribution to a ticket, by the customer or by support. Kept as typed, rendered once when it is written."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages", verbose_name=_("ticket"))
    company = models.ForeignKey(
        "accounts.Company", models.PROTECT, null=True, related_name="+", verbose_name=_("company")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    author_name = models.CharField(
        _("author's name"), max_length=150, blank=True, help_text=_("Of messages whose author has no account.")
    )
    from_support = models.BooleanField(_("by support"), default=False)
    body = models.TextField(_("text"), blank=True)
    html = models.TextField(editable=False, blank=True)
    html_version = models.PositiveSmallIntegerField(editable=False, default=0)
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    search = SearchColumn("body")

    objects = MessageQuerySet.as_manager()

    PERSONAL = {"author_name"}
    KEPT = {"body", "html", "search"}
    WHOSE: dict[str, str] = {}  # a name without an account: `rename`

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["ticket", "created_at", "id"], name="thread_of_ticket")]
        verbose_name = _("message")
        verbose_name_plural = _("messages")

    def __str__(self) -> str:
        return rendering.plain(self.body, length=80)

    @property
    def writer(self) -> str:
        return self.author.get_full_name() if self.author_id else self.author_name

    def attach(self, files: Sequence[Attachment]) -> None:
        """Take stored files out of the draft into this message, in the order in which they were chosen."""
        for attachment in files:
            attachment.move_to(self)

    def render(self) -> None:
        """Turn the typed text into safe HTML; pasted pictures point at this message's own files."""
        self.html = message_html(self.body, self.attachments.select_related("stored"))
        self.html_version = rendering.RENDERER_VERSION
        self.save(update_fields=["html", "html_version"])

    @transaction.atomic
    def quarantine_files(self) -> None:
        """The antivirus found something in files that were sent: the thread says so, support and the sender are told.

        Of files that came with an import, as years may have passed, only the thread speaks."""
        self.ticket.lock()
        files = list(self.attachments.untold().select_related("stored"))
        if not files:
            return
        self.render()
        for file in files:
            moment = self.ticket.moment()
            file.quarantined_at = moment
            file.save(update_fields=["quarantined_at"])
            self.ticket.record("quarantined", by=None, at=moment, name=file.name, finding=file.stored.scan_finding)
        self.ticket.save(update_fields=["changed_at"])
        if self.created_at + IMPORTED_AFTER > files[0].stored.created_at:
            emails.files_quarantined(self, files)


class InternalNote(models.Model):
    """What support writes for itself. A model of its own, known to the admin alone: no customer query reaches it."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="internal_notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    body = models.TextField(_("text"))
    html = models.TextField(editable=False)
    created_at = models.DateTimeField(_("written"), default=timezone.now)

    KEPT = {"body", "html"}

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name = _("internal note")
        verbose_name_plural = _("internal notes")

    def __str__(self) -> str:
        return rendering.plain(self.body, length=80)

    def render(self) -> None:
        """Turn the typed text into safe HTML."""
        self.html = rendering.message_html(self.body)
