import zoneinfo
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Company
from contracts.models import Subscription
from downloads.models.component import Component
from files import receiving
from files.models import StoredFile
from files.receiving import Upload
from releases.models import Release
from releases.models.release import ReleaseQuerySet
from text.search import SearchColumn, ids_holding, parts_of
from text.tokens import random_token

if TYPE_CHECKING:
    from downloads.models.installation import Installation


# Of a component; where something is said, it is the id of an update, or None: the company does not use it.
NOTHING_SAID = 0


class AlreadyOut(ValidationError):
    """The files of an update that is out do not change: somebody has them."""

    def __init__(self) -> None:
        super().__init__(_("This update is out, and its files no longer change. Make a new one."), code="out")


class LastFile(ValidationError):
    """An update keeps at least one file."""

    def __init__(self) -> None:
        super().__init__(_("An update keeps at least one file: replace this one instead."), code="last")


class DeliveryQuerySet(ReleaseQuerySet):
    def visible_to(self, user, *, at: datetime | None = None):
        """The updates of which `user` may take at least one file."""
        return self.filter(Exists(ReleaseFile.objects.visible_to(user, at=at).filter(release=OuterRef("pk"))))

    def out(self, *, at: datetime):
        """Those that customers may have: published, and with files. Some releases are notes alone."""
        return self.published(at=at).filter(Exists(ReleaseFile.objects.filter(release=OuterRef("pk"))))

    def coming(self, *, at: datetime):
        """Those whose files may still change."""
        return self.exclude(state=Release.State.PUBLISHED, published_at__lte=at)

    def before(self, release: Release):
        """Those that stand before it in the order of releases; before one without a date all do."""
        return self if release.published_at is None else self.filter(beyond(place(release), "lt"))

    def after(self, release: Release):
        return self.filter(beyond(place(release), "gt"))

    def with_newer(self, others: "DeliveryQuerySet"):
        """Adds `has_newer`: whether one of the others stands after it."""
        here = [OuterRef(column) for column in ("published_at", "version_key", "version")]
        return self.annotate(has_newer=Exists(others.filter(beyond(here, "gt"))))


class Delivery(Release):
    """An update: a release as the files that one installs."""

    objects = DeliveryQuerySet.as_manager()  # type: ignore[misc]

    has_newer: bool  # of `with_newer`

    class Meta:
        proxy = True
        verbose_name = _("update")
        verbose_name_plural = _("updates")

    def get_absolute_url(self) -> str:
        return reverse("downloads:release", args=[self.version])

    def previous(self, *, at: datetime) -> "Delivery | None":
        """The update that was out before this one."""
        return Delivery.objects.out(at=at).exclude(pk=self.pk).before(self).newest_first().first()

    # --- verbs ---

    @transaction.atomic
    def put(self, *, component: Component, upload: Upload, at: datetime) -> "ReleaseFile":
        """Give a component its file; the others stay those of the update before. Raises AlreadyOut."""
        self._refuse_when_out(at)
        self._begin(at)
        return self._set(component, upload, at)

    @transaction.atomic
    def fill(self, uploads: Iterable[tuple[Component, Upload]], *, at: datetime) -> list["ReleaseFile"]:
        """Give many components their files at once: all of them or none. A release that is out without any file yet,
        such as an imported one, may be filled once. Raises AlreadyOut."""
        uploads = list(uploads)
        if self.files.exists():
            if not uploads:
                return []
            self._refuse_when_out(at)
        self._begin(at)
        return [self._set(component, upload, at) for component, upload in uploads]

    @transaction.atomic
    def take_out(self, file: "ReleaseFile", *, at: datetime) -> None:
        """Customers will not find this component in the update. Raises AlreadyOut, LastFile."""
        self._refuse_when_out(at)
        if not self.files.exclude(pk=file.pk).exists():
            raise LastFile
        file.delete()
        forget_unused([file.stored_id])

    @transaction.atomic
    def discard(self, *, at: datetime) -> None:
        """A release that shall not be goes, with its notes and files. Raises AlreadyOut, and ProtectedError when
        something else needs it."""
        self._refuse_when_out(at)
        stored = list(self.files.values_list("stored", flat=True))
        self.files.all().delete()
        forget_unused(stored)
        self.delete()

    @transaction.atomic
    def carry_over(self, *, at: datetime) -> None:
        """Start with the files of the update before, and follow it where nobody has replaced one. Safe to repeat."""
        Delivery.objects.select_for_update().get(pk=self.pk)
        if not self.is_out(at=at):
            self._begin(at)
            self._follow(at)

    def _begin(self, at: datetime) -> None:
        before = self.previous(at=at)
        if before is None or self.files.exists():
            return
        for file in before.files.filter(component__is_active=True):
            self.files.create(
                component_id=file.component_id,
                stored_id=file.stored_id,
                name=file.name,
                date=file.date,
                is_carried=True,
            )

    def _follow(self, at: datetime) -> None:
        """Another update may have come out since this one began: what is carried is carried from the last."""
        before = self.previous(at=at)
        of_before = {file.component_id: file for file in before.files.all()} if before else {}
        for file in self.files.filter(is_carried=True):
            newer = of_before.get(file.component_id)
            if newer and newer.stored_id != file.stored_id:
                file.stored_id, file.name, file.date = newer.stored_id, newer.name, newer.date
                file.save(update_fields=["stored", "name", "date"])

    def _set(self, component: Component, upload: Upload, at: datetime) -> "ReleaseFile":
        file = self.files.filter(component=component).select_related("stored").first()
        if file and file.stored.sha256 == upload.sha256:
            receiving.discard(upload)
            return file
        former = [file.stored_id] if file else []
        file = file or ReleaseFile(release=self, component=component)
        same = ReleaseFile.objects.filter(component=component, stored__sha256=upload.sha256).order_by("date").first()
        file.stored, file.name = stored_once(upload, same), upload.name
        file.date, file.is_carried = same.date if same else timezone.localdate(at), False
        file.save()
        forget_unused(former)
        return file

    def _refuse_when_out(self, at: datetime) -> None:
        if Delivery.objects.select_for_update().filter(pk=self.pk).coming(at=at).first() is None:
            raise AlreadyOut


class ReleaseFileQuerySet(models.QuerySet["ReleaseFile"]):
    def visible_to(self, user, *, at: datetime | None = None):
        """The files that are out for the company of a person who may update."""
        if not user.is_authenticated or user.company_id is None or not user.can_use_downloads:
            return self.none()
        return self.open_to(user.company, at=at or timezone.now())

    def open_to(self, company: Company, *, at: datetime):
        """Those of no module, and those of a module that the company had on the day of the release or later."""
        day = TruncDate("release__published_at", tzinfo=zoneinfo.ZoneInfo(company.time_zone))
        theirs = Subscription.objects.filter(
            Q(expires=None) | Q(expires__gte=OuterRef("published_on")),
            company=company,
            product=OuterRef("component__product"),
            starts__lte=company.today(at),
        )
        out = self.filter(release__state=Release.State.PUBLISHED, release__published_at__lte=at)
        return out.alias(published_on=day).filter(Q(component__product=None) | Exists(theirs))

    def recommended(self, *, at: datetime):
        """What everybody may take, also without logging in: of each component that staff recommend, the file of the
        last update that is out."""
        last = Delivery.objects.out(at=at).newest_first().values("pk")[:1]
        return self.filter(component__is_public=True, component__is_active=True, release=Subquery(last))

    def of(self, release: Release):
        return self.filter(release=release.pk)

    def compared(self, *, before: Release | None, installed: "Iterable[Installation]" = ()) -> "list[ReleaseFile]":
        """The files, each with `is_new`: the update before has no file of that content for the same component (S0-76);
        and `is_needed`: what is installed of the component has another content, or nothing is said of it. In two
        queries, whatever there is to compare with."""
        files: list[ReleaseFile] = list(self.select_related("stored"))
        said = {row.component_id: row.release_id for row in installed}
        others = {release for release in [before and before.pk, *said.values()] if release}
        contents = set(
            ReleaseFile.objects.filter(release__in=others)
            .order_by()
            .values_list("release", "component", "stored__sha256")
        )
        for file in files:
            content = file.component_id, file.stored.sha256
            file.is_new = before is None or (before.pk, *content) not in contents
            has = said.get(file.component_id, NOTHING_SAID)
            file.is_needed = has is not None and (has, *content) not in contents
        return files

    def named(self, words: str):
        """Those in whose name, or in that of their component, each word stands."""
        parts = parts_of(words)
        if not parts:
            return self.none()
        by_name = Q(pk__in=ids_holding(ReleaseFile, parts))
        return self.filter(by_name | Q(component__in=ids_holding(Component, parts)))

    def in_results(self):
        """With what a search shows, those of the newest update first."""
        columns = ("name", "stored", "component__name", "release__version", "release__published_at")
        newest = ("-release__published_at", "-release__version_key", "-release__version", "component__position", "pk")
        return self.select_related("component", "release").only(*columns).order_by(*newest)

    def in_cards(self):
        """With what a card shows."""
        return self.select_related("component", "stored").order_by("component__position", "component__name")


class ReleaseFile(models.Model):
    """The file of a component in an update. One that did not change is carried on: the same stored file and date."""

    release = models.ForeignKey(Delivery, models.PROTECT, verbose_name=_("update"), related_name="files")
    component = models.ForeignKey(Component, models.PROTECT, verbose_name=_("component"), related_name="files")
    stored = models.ForeignKey(StoredFile, models.PROTECT, verbose_name=_("stored file"), related_name="release_files")
    token = models.CharField(max_length=32, unique=True, default=random_token, editable=False)
    name = models.CharField(_("name"), max_length=120)
    date = models.DateField(_("date"))
    is_carried = models.BooleanField(
        _("carried on"), default=False, help_text=_("It is the file of the update before.")
    )
    search = SearchColumn("name")

    objects = ReleaseFileQuerySet.as_manager()

    is_new: bool  # both of `compared`
    is_needed: bool

    IMPERSONAL = {"token", "name", "search"}

    class Meta:
        ordering = ["component__position", "component__name"]
        verbose_name = _("file of an update")
        verbose_name_plural = _("files of updates")
        constraints = [
            models.UniqueConstraint(fields=["release", "component"], name="one_file_per_component_and_release"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("downloads:file", args=[self.token])


def place(release: Release) -> tuple:
    """Where it stands in the order of releases."""
    return release.published_at, release.version_key, release.version


def beyond(here: Sequence, comparison: str) -> Q:
    """The releases before ("lt") or after ("gt") a place in the order of releases."""
    at, key, version = here
    same_day = Q(published_at=at)
    return (
        Q(**{f"published_at__{comparison}": at})
        | same_day & Q(**{f"version_key__{comparison}": key})
        | same_day & Q(version_key=key, **{f"version__{comparison}": version})
    )


def stored_once(upload: Upload, same: ReleaseFile | None) -> StoredFile:
    """Where these bytes lie: where an earlier update has them, or in a new stored file."""
    if same is None or not same.stored.is_there:
        return StoredFile.objects.keep(upload)
    receiving.discard(upload)
    return same.stored


def forget_unused(stored: Iterable[int]) -> None:
    """Stored files in no update any more go; the janitor removes their bytes."""
    StoredFile.objects.filter(pk__in=stored, release_files=None).delete()
