import os
from datetime import datetime, timedelta
from pathlib import Path

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from files import disk, types
from files.receiving import Upload
from files.types import Kind

# The heroicon of each kind.
ICONS = {
    Kind.PICTURE: "photo",
    Kind.PDF: "document-text",
    Kind.VIDEO: "film",
    Kind.AUDIO: "musical-note",
    Kind.DOCUMENT: "document-text",
    Kind.ARCHIVE: "archive-box",
    Kind.TEXT: "document-text",
    Kind.OTHER: "document",
}


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    def keep(self, upload: Upload) -> "StoredFile":
        """Name a received file: first its place on the disk, then the row. Rolled back, the janitor removes it."""
        key = disk.new_key()
        os.utime(upload.temporary)  # the janitor's 24 hours begin now, however long the form was held
        disk.move(upload.temporary, disk.path_of(key))
        is_picture = upload.kind == Kind.PICTURE
        return self.create(
            key=key,
            name=upload.name,
            size=upload.size,
            sha256=upload.sha256,
            content_type=upload.content_type,
            kind=upload.kind,
            display_state=StoredFile.DisplayState.PENDING if is_picture else StoredFile.DisplayState.NONE,
        )

    def awaiting_display(self, at: datetime):
        """Pictures without their display copy that nobody is making at the moment, oldest first."""
        return self.filter(
            Q(display_due_at=None) | Q(display_due_at__lte=at), display_state=StoredFile.DisplayState.PENDING
        ).order_by("id")

    def give_up_display(self, at: datetime) -> int:
        """Pictures whose copy failed to appear in three attempts are offered as a download only."""
        exhausted = self.awaiting_display(at).filter(display_attempts__gte=StoredFile.DISPLAY_ATTEMPTS)
        return exhausted.order_by().update(display_state=StoredFile.DisplayState.FAILED)


class StoredFile(models.Model):
    """A file as somebody gave it, byte for byte. Who may see it is decided by the row that points here."""

    class DisplayState(models.TextChoices):
        NONE = "none", _("not a picture")
        PENDING = "pending", _("to be made")
        READY = "ready", _("made")
        FAILED = "failed", _("not possible")

    DISPLAY_ATTEMPTS = 3
    DISPLAY_LEASE = timedelta(minutes=5)

    key = models.CharField(_("key"), max_length=50, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    size = models.PositiveBigIntegerField(_("size"), help_text=_("In bytes."))
    sha256 = models.CharField("SHA-256", max_length=64)
    content_type = models.CharField(_("type"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    created_at = models.DateTimeField(_("received"), auto_now_add=True)
    display_state = models.CharField(
        _("display copy"), max_length=10, choices=DisplayState.choices, default=DisplayState.NONE
    )
    display_attempts = models.PositiveSmallIntegerField(_("attempts at the display copy"), default=0)
    display_due_at = models.DateTimeField(_("next attempt at the display copy"), null=True, blank=True)
    display_size = models.PositiveIntegerField(_("size of the display copy"), null=True, blank=True)
    display_width = models.PositiveSmallIntegerField(_("width of the display copy"), null=True, blank=True)
    display_height = models.PositiveSmallIntegerField(_("height of the display copy"), null=True, blank=True)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(display_state="pending"), name="display_copies_to_make"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="stored_file_is_not_empty"),
            models.CheckConstraint(
                condition=~Q(display_state="ready")
                | Q(display_size__isnull=False, display_width__isnull=False, display_height__isnull=False),
                name="display_copy_has_its_measures",
            ),
        ]
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        return disk.path_of(self.key)

    @property
    def display_path(self) -> Path:
        return disk.path_of(self.key + disk.DISPLAY_SUFFIX)

    @property
    def icon(self) -> str:
        """The name of its heroicon."""
        return ICONS[Kind(self.kind)]

    @property
    def label(self) -> str:
        """What its content is, in a word such as "PDF"; "" when unknown."""
        return types.label(self.content_type)

    @property
    def has_preview(self) -> bool:
        """Whether a page may show a picture of it: its display copy is made."""
        return self.display_state == self.DisplayState.READY

    @property
    def is_pdf(self) -> bool:
        return self.kind == Kind.PDF

    @property
    def is_video(self) -> bool:
        return self.kind == Kind.VIDEO

    @property
    def is_picture(self) -> bool:
        """Whether it stands in a page as a picture: its display copy is made, or will be in a moment."""
        return self.display_state in (self.DisplayState.PENDING, self.DisplayState.READY)

    def claim_display(self, at: datetime) -> bool:
        """Count an attempt at the display copy before it begins; False when another worker was first."""
        claimed = StoredFile.objects.filter(
            pk=self.pk, display_state=self.DisplayState.PENDING, display_attempts=self.display_attempts
        ).update(display_attempts=F("display_attempts") + 1, display_due_at=at + self.DISPLAY_LEASE)
        return claimed == 1

    def display_made(self, *, size: int, width: int, height: int) -> None:
        """The display copy lies on the disk: `size` in bytes, `width` and `height` in pixels."""
        self._display_settled(
            display_state=self.DisplayState.READY, display_size=size, display_width=width, display_height=height
        )

    def display_failed(self) -> None:
        """No display copy can be made of it, now or later."""
        self._display_settled(display_state=self.DisplayState.FAILED)

    def _display_settled(self, **changes) -> None:
        """Keep the outcome, unless the file was removed while its copy was made."""
        for name, value in changes.items():
            setattr(self, name, value)
        StoredFile.objects.filter(pk=self.pk).update(**changes)
