import errno
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from downloads import archive
from downloads.models.delivery import ReleaseFile
from files import receiving
from files.models import StoredFile

logger = logging.getLogger(__name__)


class BundleQuerySet(models.QuerySet["Bundle"]):
    def built(self, files: Sequence[ReleaseFile]) -> StoredFile | None:
        """The archive of exactly these files, once it is there."""
        bundle = self.filter(digest=archive.digest_of(files)).select_related("stored").first()
        return bundle.stored if bundle else None

    @transaction.atomic
    def ask_for(self, files: Sequence[ReleaseFile], *, at: datetime) -> "Bundle":
        """Somebody takes the archive of exactly these files; one that was never asked for will be built."""
        digest = archive.digest_of(files)
        bundle, is_new = self.get_or_create(digest=digest, defaults={"due_at": at, "used_at": at})
        if is_new:
            bundle.files.set(files)
        else:
            self.filter(pk=bundle.pk).update(used_at=at)
        return bundle

    def due(self, *, at: datetime):
        """Those that nobody is building at the moment."""
        return self.filter(stored=None, attempts__lt=Bundle.ATTEMPTS, due_at__lte=at).order_by("due_at")

    def build_due(self, *, at: datetime) -> int:
        """Build what was asked for, one after the other; returns how many were built."""
        return sum(bundle.build(at=at) for bundle in self.due(at=at)[:10])

    def tidy(self, *, at: datetime) -> None:
        """Archives that nobody took for a month go; whoever asks again gets them streamed and built anew."""
        for bundle in self.filter(used_at__lt=at - Bundle.KEPT_FOR):
            bundle.forget()


class Bundle(models.Model):
    """Several files as one ZIP, built once for each set of contents."""

    ATTEMPTS = 3
    LEASE = timedelta(minutes=10)
    KEPT_FOR = timedelta(days=30)

    digest = models.CharField(max_length=64, unique=True, editable=False)
    files = models.ManyToManyField(ReleaseFile, related_name="bundles", verbose_name=_("files"))
    stored = models.OneToOneField(
        StoredFile, models.PROTECT, null=True, related_name="bundle", verbose_name=_("stored file")
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("next attempt"))
    used_at = models.DateTimeField(_("last taken"), db_index=True)

    objects = BundleQuerySet.as_manager()

    IMPERSONAL = {"digest"}

    class Meta:
        verbose_name = _("archive")
        verbose_name_plural = _("archives")
        indexes = [models.Index(fields=["due_at"], condition=Q(stored=None), name="archives_to_build")]

    def __str__(self) -> str:
        return self.digest[:12]

    def build(self, *, at: datetime) -> bool:
        """Write the archive; False when another worker was first or there was no room. A worker that dies leaves a
        temporary for the janitor, and its claim expires."""
        if not self._claim(at):
            return False
        files = list(self.files.in_cards())
        if any(file.stored.is_withheld for file in files):
            return False
        try:
            zipped = archive.zipped(files)
            upload = receiving.receive_chunks(zipped, archive.NAME, terms=terms_for(len(zipped)))
        except (receiving.Refused, OSError) as error:
            is_full = isinstance(error, receiving.Refused) or error.errno == errno.ENOSPC
            logger.error("Archive %s was not built: %s", self.pk, "no room" if is_full else error.strerror)
            return False
        self._keep(upload)
        return True

    def _claim(self, at: datetime) -> bool:
        mine = Bundle.objects.filter(pk=self.pk, stored=None, attempts=self.attempts)
        claimed = mine.update(attempts=F("attempts") + 1, due_at=at + self.LEASE)
        self.attempts += claimed
        return claimed == 1

    @transaction.atomic
    def _keep(self, upload: receiving.Upload) -> None:
        """What is in it was looked at file by file: the antivirus does not look again."""
        if Bundle.objects.select_for_update().filter(pk=self.pk, stored=None).exists():
            self.stored = StoredFile.objects.keep(upload, is_scanned=False)
            self.save(update_fields=["stored"])
        else:  # a slow worker, whose claim had expired
            receiving.discard(upload)

    @transaction.atomic
    def forget(self) -> None:
        stored = self.stored
        self.delete()
        if stored:
            stored.delete()


def terms_for(size: int) -> receiving.Terms:
    """Archives are as large as what is in them, and full of programs."""
    return receiving.Terms(size // 2**20 + 1, allow_executables=True, allow_bombs=True)
