from collections.abc import Sequence

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from text import rendering
from text.search import SearchColumn
from tickets.models.attachment import Attachment
from tickets.models.ticket import Ticket


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user):
        """The messages of the tickets that `user` may know about."""
        return self.filter(ticket__in=Ticket.objects.visible_to(user))


class Message(models.Model):
    """One contribution to a ticket, by the customer or by support. Kept as typed, rendered once when it is written."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages", verbose_name=_("ticket"))
    company = models.ForeignKey("accounts.Company", models.PROTECT, related_name="+", verbose_name=_("company"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    author_name = models.CharField(
        _("author's name"), max_length=150, blank=True, help_text=_("Of imported messages whose author has no account.")
    )
    from_support = models.BooleanField(_("by support"), default=False)
    body = models.TextField(_("text"), blank=True)
    html = models.TextField(editable=False, blank=True)
    html_version = models.PositiveSmallIntegerField(editable=False, default=0)
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    search = SearchColumn("body")

    objects = MessageQuerySet.as_manager()

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
        files = self.attachments.select_related("stored")
        pictures = {file.position: file.picture_url for file in files if file.stored.is_picture}
        self.html = rendering.message_html(self.body, pictures)
        self.html_version = rendering.RENDERER_VERSION
        self.save(update_fields=["html", "html_version"])


class InternalNote(models.Model):
    """What support writes for itself. A model of its own, known to the admin alone: no customer query reaches it."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="internal_notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    body = models.TextField(_("text"))
    html = models.TextField(editable=False)
    created_at = models.DateTimeField(_("written"), default=timezone.now)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name = _("internal note")
        verbose_name_plural = _("internal notes")

    def __str__(self) -> str:
        return rendering.plain(self.body, length=80)

    def render(self) -> None:
        """Turn the typed text into safe HTML."""
        self.html = rendering.message_html(self.body)
