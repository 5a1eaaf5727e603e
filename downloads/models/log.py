from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, User
from accounts.tenancy import TenantQuerySet
from downloads.models.delivery import ReleaseFile

# A download that broke off may be taken up again for so long and still is the same one.
CONTINUED = timedelta(days=1)


class DownloadLogQuerySet(TenantQuerySet["DownloadLog"]):
    @transaction.atomic
    def note(self, files: Collection[ReleaseFile], *, by: User | None, at: datetime, is_part: bool = False) -> int:
        """Each file that a person takes, once; a part of one that was begun within a day is no second time. Returns
        how many lines were written. `by` is None for visitors, whose parts nobody can put together."""
        if by is None:
            return len(self.bulk_create([DownloadLog(file=file, at=at) for file in files]))
        begun: set[int] = set()
        if is_part:
            User.objects.select_for_update().get(pk=by.pk)
            begun = set(self.filter(person=by, file__in=files, at__gt=at - CONTINUED).values_list("file", flat=True))
        lines = [DownloadLog(person=by, company=by.company, file=file, at=at) for file in files if file.pk not in begun]
        return len(self.bulk_create(lines))


class DownloadLog(models.Model):
    """Who took which file, and when. Each download is there once, however many pieces it came in."""

    person = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, verbose_name=_("person"), related_name="+",
        help_text=_("Empty: a visitor."),
    )  # fmt: skip
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, verbose_name=_("company"), related_name="+"
    )
    file = models.ForeignKey(ReleaseFile, models.PROTECT, verbose_name=_("file"), related_name="downloads")
    at = models.DateTimeField(_("taken"), db_index=True)

    objects = DownloadLogQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        indexes = [models.Index(fields=["person", "file", "-at"], name="downloads_of_a_person")]
        constraints = [
            models.CheckConstraint(
                name="only_people_download_for_a_company",
                condition=models.Q(company=None) | models.Q(person__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company or _('visitor')} · {self.file}"
