from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from releases.models.telling import Telling
from releases.versions import check_version, sort_key

if TYPE_CHECKING:
    from accounts.models import User

# Newest first: by the day, and of one day by the number.
NEWEST_FIRST = ("-published_at", "-version_key", "-version")
# A clock that is a little behind, or a form that was long open.
A_MOMENT = timedelta(minutes=5)


class AlreadyOut(ValidationError):
    """The release is out: people have read it, so it can neither be published once more nor be taken back."""

    def __init__(self) -> None:
        super().__init__(_("This release is already out."))


def reads_releases(user: "User") -> bool:
    """Whether this is a person of a company who may know what releases bring."""
    return user.is_authenticated and user.company_id is not None and user.can_use_releases


class ReleaseQuerySet(models.QuerySet["Release"]):
    def visible_to(self, user: "User", *, at: datetime | None = None):
        """The releases that a person of a company may know about; drafts and those to come are nobody's."""
        return self.published(at=at or timezone.now()) if reads_releases(user) else self.none()

    def published(self, *, at: datetime):
        """Those that are out; one may be published at a time that has yet to come."""
        return self.filter(state=Release.State.PUBLISHED, published_at__lte=at)

    def unpublished(self, *, at: datetime):
        """Drafts, and those whose time has yet to come."""
        return self.exclude(state=Release.State.PUBLISHED, published_at__lte=at)

    def newest_first(self):
        return self.order_by(*NEWEST_FIRST)

    def draft(self, *, version: str, title: str = "") -> "Release":
        """A release that nobody but staff knows of. The version must be one, see `check_version`."""
        return self.create(version=version, version_key=sort_key(version), title=title)

    def import_release(self, *, version: str, title: str, at: datetime | None, external_id: str) -> "Release":
        """A release of before, out since `at` and told to nobody; without `at` a draft."""
        state = Release.State.PUBLISHED if at else Release.State.DRAFT
        key = sort_key(version)
        return self.create(
            version=version, version_key=key, title=title, state=state, published_at=at, external_id=external_id
        )


class Release(models.Model):
    """A version of the product: what it brings, and the files to install it."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")

    version = models.CharField(
        _("version"),
        max_length=40,
        unique=True,
        validators=[check_version],
        error_messages={"unique": _("There is a release with this version already.")},
    )
    version_key = models.CharField(max_length=300, editable=False)
    title = models.CharField(_("title"), max_length=150, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)
    external_id = models.CharField(
        _("imported as"), max_length=80, blank=True, editable=False, help_text=_("Version and day in the file.")
    )

    objects = ReleaseQuerySet.as_manager()

    IMPERSONAL = {"version", "version_key", "title", "external_id"}

    class Meta:
        ordering = NEWEST_FIRST
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False), name="a_published_release_says_when"
            ),
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="a_release_is_imported_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=NEWEST_FIRST,
                name="published_releases",
                condition=Q(state="published"),
            )
        ]

    def __str__(self) -> str:
        return self.version

    def get_absolute_url(self) -> str:
        return reverse("releases:release", args=[self.version])

    # --- questions ---

    def is_out(self, *, at: datetime) -> bool:
        """Whether customers see it."""
        return self.state == self.State.PUBLISHED and self.published_at is not None and self.published_at <= at

    @property
    def day(self) -> datetime | None:
        """When it was published, where the vendor is: a release belongs to the same month for everybody."""
        return self.published_at and timezone.localtime(self.published_at, ZoneInfo(settings.TIME_ZONE))

    # --- verbs ---

    @transaction.atomic
    def publish(self, *, at: datetime, tell: bool, now: datetime | None = None) -> None:
        """Customers see it from `at` on; with `tell`, those who get update mails hear of it then, each once.

        One that waits for its time may be published anew, at another time. Raises AlreadyOut, and ValidationError for
        a time that is past.
        """
        now = now or timezone.now()
        if at < now - A_MOMENT:
            raise ValidationError(_("That moment has passed. Leave it empty to publish now."))
        self._move(self.State.PUBLISHED, at, now=now)
        if tell:
            Telling.objects.get_or_create(release=self)

    @transaction.atomic
    def unpublish(self, *, now: datetime | None = None) -> None:
        """A draft again, while nobody can have read it. Raises AlreadyOut."""
        self._move(self.State.DRAFT, None, now=now or timezone.now())

    def _move(self, state: State, published_at: datetime | None, *, now: datetime) -> None:
        """The one writer of the state, of a release that is not out."""
        moved = Release.objects.unpublished(at=now).filter(pk=self.pk)
        if not moved.update(state=state, published_at=published_at):
            raise AlreadyOut
        self.state, self.published_at = state, published_at
        Telling.objects.filter(release=self).delete()
