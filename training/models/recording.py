from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from files.models import StoredFile
from files.receiving import Upload
from training import emails
from training.models.booking import LONGEST_LINK, Booking, checked_link
from training.models.slot import random_token


class RecordingQuerySet(models.QuerySet["Recording"]):
    def visible_to(self, user: User):
        """Those of the sessions that one may see."""
        return self.filter(booking__in=Booking.objects.visible_to(user))

    def newest_first(self):
        return self.order_by("-booking__slot__starts", "-pk")

    def in_rows(self):
        """With what a row says: of which session, and the file."""
        return self.select_related("stored", "booking__slot__trainer__user", "booking__module__product")

    @transaction.atomic
    def add(
        self, *, booking: Booking, by: User, title: str, upload: Upload | None = None, link: str = "",
        at: datetime | None = None,
    ) -> "Recording":  # fmt: skip
        """Support adds what was recorded of a session: a file, or a link. Its people are told."""
        at, link = at or timezone.now(), checked_link(link)
        if (upload is None) == (not link):
            raise ValidationError(_("Give either a file or a link."), code="recording")
        if not booking.may_record:
            raise ValidationError(_("The company did not agree to this session being recorded."), code="consent")
        stored = StoredFile.objects.keep(upload) if upload else None
        row = self.create(booking=booking, title=title, stored=stored, link=link, added_by=by, added_at=at)
        emails.recording_added(row)
        return row


class Recording(models.Model):
    """What was recorded of a session, to be consulted afterwards by its company (S0-62, S0-63)."""

    public_id = models.CharField(max_length=32, unique=True, default=random_token, editable=False)
    booking = models.ForeignKey(Booking, models.PROTECT, verbose_name=_("session"), related_name="recordings")
    title = models.CharField(_("title"), max_length=160)
    stored = models.OneToOneField(
        StoredFile, models.PROTECT, null=True, verbose_name=_("file"), related_name="recording"
    )
    link = models.CharField(_("link"), max_length=LONGEST_LINK, blank=True)
    added_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("added by"), related_name="+")
    added_at = models.DateTimeField(_("added"))

    objects = RecordingQuerySet.as_manager()

    KEPT = {"title", "link"}
    IMPERSONAL = {"public_id"}

    class Meta:
        ordering = ["-id"]
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        constraints = [
            models.CheckConstraint(
                condition=Q(stored=None) & ~Q(link="") | Q(stored__isnull=False, link=""),
                name="a_recording_is_a_file_or_a_link",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("training:recording", args=[self.public_id])

    def actions_for(self, user: User) -> set[str]:
        """What somebody who sees it may do: `watch`."""
        return set() if user.is_viewed else {"watch"}
