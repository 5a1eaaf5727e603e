import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from files import bucket, disk, types
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
    def keep(self, upload: Upload, *, is_scanned: bool = True) -> "StoredFile":
        """Name a received file: first its place on the disk, then the row. Rolled back, the janitor removes it. The
        antivirus need not look (`is_scanned`) at what is put together of files at which it has looked."""
        key = disk.new_key()
        os.utime(upload.temporary)  # the janitor's 24 hours begin now, however long the form was held
        disk.move(upload.temporary, disk.path_of(key))
        is_picture = upload.kind == Kind.PICTURE
        is_scanned = is_scanned and settings.CLAMAV_SOCKET is not None
        return self.create(
            key=key,
            name=upload.name,
            size=upload.size,
            sha256=upload.sha256,
            content_type=upload.content_type,
            kind=upload.kind,
            display_state=StoredFile.DisplayState.PENDING if is_picture else StoredFile.DisplayState.NONE,
            scan_state=StoredFile.ScanState.PENDING if is_scanned else StoredFile.ScanState.NOT_SCANNED,
            scan_due_at=timezone.now() if is_scanned else None,
        )

    # --- the antivirus ---

    def infected(self):
        return self.filter(scan_state=StoredFile.ScanState.INFECTED)

    def awaiting_scan(self, at: datetime):
        """Files that nobody is scanning at the moment. The newest first: somebody looks at those, and behind an import
        of thousands nobody would."""
        return self.filter(scan_state=StoredFile.ScanState.PENDING, scan_due_at__lte=at).order_by("-id")

    def give_up_scan(self, at: datetime) -> int:
        """Files whose every attempt ended with the worker's death stay without a verdict."""
        exhausted = self.awaiting_scan(at).filter(scan_attempts__gt=len(StoredFile.SCAN_DELAYS))
        return exhausted.order_by().release_unscanned()

    def release_unscanned(self) -> int:
        """What waits for the scanner waits no longer: it stays without a verdict, and may be opened."""
        waiting = self.filter(scan_state=StoredFile.ScanState.PENDING)
        return waiting.update(scan_state=StoredFile.ScanState.NOT_SCANNED, scan_due_at=None)

    # --- display copies ---

    def awaiting_display(self, at: datetime):
        """Pictures without their display copy that nobody is making at the moment, oldest first. What the scanner has
        yet to look at is not opened: decoding a picture is a risk too."""
        return (
            self.filter(Q(display_due_at=None) | Q(display_due_at__lte=at))
            .filter(display_state=StoredFile.DisplayState.PENDING)
            .exclude(scan_state=StoredFile.ScanState.PENDING)
            .order_by("id")
        )

    def give_up_display(self, at: datetime) -> int:
        """Pictures whose copy failed to appear in three attempts are offered as a download only."""
        exhausted = self.awaiting_display(at).filter(display_attempts__gte=StoredFile.DISPLAY_ATTEMPTS)
        return exhausted.order_by().update(display_state=StoredFile.DisplayState.FAILED)

    # --- the bucket ---

    def ready_to_move(self):
        """Files with which the antivirus and the display copy are done, oldest first."""
        unfinished = Q(scan_state__in=["pending", "infected"]) | Q(display_state="pending")
        return self.filter(moved_at=None).exclude(unfinished).order_by("id")

    def on_disk(self):
        return self.filter(moved_at=None)


class StoredFile(models.Model):
    """A file as somebody gave it, byte for byte. Who may see it is decided by the row that points here."""

    class DisplayState(models.TextChoices):
        NONE = "none", _("not a picture")
        PENDING = "pending", _("to be made")
        READY = "ready", _("made")
        FAILED = "failed", _("not possible")

    class ScanState(models.TextChoices):
        """What the antivirus said."""

        NOT_SCANNED = "not_scanned", _("Not scanned")
        PENDING = "pending", _("Waiting to be scanned")
        CLEAN = "clean", _("Scanned by the antivirus: nothing found")
        INFECTED = "infected", _("In quarantine")

    DISPLAY_ATTEMPTS = 3
    DISPLAY_LEASE = timedelta(minutes=5)
    # How long after each attempt of which nothing came the next one is due; after the last there is none.
    SCAN_DELAYS = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
    SCAN_LEASE = timedelta(minutes=5)

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
    scan_state = models.CharField(
        _("antivirus"),
        max_length=12,
        choices=ScanState.choices,
        default=ScanState.NOT_SCANNED,
        db_default=ScanState.NOT_SCANNED,
    )
    scan_attempts = models.PositiveSmallIntegerField(_("attempts at scanning"), default=0, db_default=0)
    scan_due_at = models.DateTimeField(_("next attempt at scanning"), null=True, blank=True)
    scan_finding = models.CharField(
        _("finding"), max_length=100, blank=True, default="", db_default="", help_text=_("The antivirus' name for it.")
    )
    scanned_at = models.DateTimeField(_("scanned"), null=True, blank=True)
    moved_at = models.DateTimeField(_("in the bucket since"), null=True, blank=True, editable=False)

    objects = StoredFileQuerySet.as_manager()

    KEPT = {"name"}
    IMPERSONAL = {"key", "sha256", "content_type", "scan_finding"}

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(display_state="pending"), name="display_copies_to_make"),
            models.Index(fields=["id"], condition=Q(scan_state="pending"), name="files_to_scan"),
            models.Index(fields=["id"], condition=Q(scan_state="infected"), name="infected_files"),
            models.Index(fields=["id"], condition=Q(moved_at=None), name="files_on_the_disk"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="stored_file_is_not_empty"),
            models.CheckConstraint(
                condition=~Q(display_state="ready")
                | Q(display_size__isnull=False, display_width__isnull=False, display_height__isnull=False),
                name="display_copy_has_its_measures",
            ),
            models.CheckConstraint(
                condition=Q(scan_state="pending", scan_due_at__isnull=False)
                | ~Q(scan_state="pending") & Q(scan_due_at=None),
                name="files_waiting_for_a_scan_are_due",
            ),
            models.CheckConstraint(
                condition=Q(scan_state="infected") & ~Q(scan_finding="")
                | ~Q(scan_state="infected") & Q(scan_finding=""),
                name="infected_files_say_what_was_found",
            ),
            models.CheckConstraint(
                condition=Q(scan_state__in=["clean", "infected"], scanned_at__isnull=False)
                | ~Q(scan_state__in=["clean", "infected"]) & Q(scanned_at=None),
                name="a_verdict_has_its_date",
            ),
            models.CheckConstraint(
                condition=~Q(scan_state="infected", display_state__in=["pending", "ready"]),
                name="infected_files_have_no_display_copy",
            ),
            models.CheckConstraint(
                condition=Q(moved_at=None) | ~Q(scan_state__in=["pending", "infected"]) & ~Q(display_state="pending"),
                name="files_move_when_they_are_done_with",
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
    def quarantine_path(self) -> Path:
        return disk.quarantine() / self.key

    # --- the bucket ---

    @property
    def is_in_bucket(self) -> bool:
        return self.moved_at is not None

    @property
    def is_there(self) -> bool:
        """Whether its bytes are where the row says; of the bucket that is believed."""
        return self.is_in_bucket or self.path.is_file()

    def open(self) -> BinaryIO:
        """Its bytes. Raises FileNotFoundError, and OSError when the bucket does not answer."""
        return bucket.opened(self.key) if self.is_in_bucket else self.path.open("rb")

    def lies_in_bucket(self, *, since: datetime) -> bool:
        """It was copied; False when it was removed meanwhile, or another worker was first."""
        return StoredFile.objects.ready_to_move().filter(pk=self.pk).update(moved_at=since) == 1

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

    @property
    def awaits_scan(self) -> bool:
        return self.scan_state == self.ScanState.PENDING

    @property
    def is_infected(self) -> bool:
        return self.scan_state == self.ScanState.INFECTED

    @property
    def is_withheld(self) -> bool:
        """Whether nobody may open it: the scanner found something, or has yet to look."""
        return self.is_infected or self.awaits_scan

    # --- the antivirus ---

    def claim_scan(self, at: datetime) -> bool:
        """Count an attempt at scanning before it begins; False when another worker was first."""
        claimed = StoredFile.objects.filter(
            pk=self.pk, scan_state=self.ScanState.PENDING, scan_attempts=self.scan_attempts
        ).update(scan_attempts=F("scan_attempts") + 1, scan_due_at=at + self.SCAN_LEASE)
        self.scan_attempts += claimed
        return claimed == 1

    def found_clean(self, *, at: datetime) -> None:
        self._judged(scan_state=self.ScanState.CLEAN, scan_due_at=None, scanned_at=at)

    def found_infected(self, finding: str, *, at: datetime) -> None:
        """From now on nobody opens it, nor a copy of it."""
        is_picture = self.display_state != self.DisplayState.NONE
        self._judged(
            scan_state=self.ScanState.INFECTED,
            scan_due_at=None,
            scanned_at=at,
            scan_finding=finding,
            display_state=self.DisplayState.FAILED if is_picture else self.DisplayState.NONE,
        )

    def scan_failed(self, *, at: datetime, for_good: bool = False) -> None:
        """Nothing was said of it: tried again later, unless it was the last time or no later one would help."""
        mine = StoredFile.objects.filter(
            pk=self.pk, scan_state=self.ScanState.PENDING, scan_attempts=self.scan_attempts
        )
        if for_good or self.scan_attempts > len(self.SCAN_DELAYS):
            mine.release_unscanned()
        else:
            mine.update(scan_due_at=at + self.SCAN_DELAYS[self.scan_attempts - 1])

    def _judged(self, **verdict) -> None:
        """Keep what the scanner said, unless the file was removed meanwhile. What was infected once stays so."""
        for name, value in verdict.items():
            setattr(self, name, value)
        StoredFile.objects.filter(pk=self.pk).exclude(scan_state=self.ScanState.INFECTED).update(**verdict)

    # --- display copies ---

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
        """Keep the outcome, unless the file was removed, or found infected, while its copy was made."""
        for name, value in changes.items():
            setattr(self, name, value)
        StoredFile.objects.filter(pk=self.pk).exclude(scan_state=self.ScanState.INFECTED).update(**changes)
