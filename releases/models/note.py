from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.user import random_id
from contracts.models import Product
from releases.models.release import Release, reads_releases
from tables.prepared import Prepared, Several
from text import rendering
from text.hits import first_hits
from text.search import SearchColumn

if TYPE_CHECKING:
    from accounts.models import User

# In a note the headings of the page stand above those of the text.
TOP_HEADING = 4
# Those of one release in the order of their entry; `public_id` tells those of one position apart.
IN_ORDER = ("position", "public_id")
# What an import writes of a note that is there.
WRITTEN = ("release", "product", "kind", "text", "html", "html_version", "is_public", "position", "imported")
BATCH = 200
PUBLIC_ID = 16  # characters


class ReleaseNoteQuerySet(models.QuerySet["ReleaseNote"]):
    def visible_to(self, user: "User", *, at: datetime | None = None):
        """The public notes of the releases that `user` may know about."""
        return self.out(at=at or timezone.now()) if reads_releases(user) else self.none()

    def out(self, *, at: datetime):
        """The public ones of the releases that are out."""
        return self.public().filter(release__state=Release.State.PUBLISHED, release__published_at__lte=at)

    def public(self):
        return self.filter(is_public=True)

    def with_modules(self):
        """Adds `module`, its name: of many notes on a page that costs less than the row each."""
        return self.annotate(module=F("product__name"))

    def in_results(self):
        """With what a search shows, those of the newest release first."""
        columns = ("kind", "html", "public_id", "release__version", "release__published_at")
        newest = ("-release__published_at", "-release__version_key", "-release__version", *IN_ORDER)
        return self.with_modules().select_related("release").only(*columns).order_by(*newest)

    def found_by(self, user: "User", parts: Sequence[str], *, at: datetime) -> "list[ReleaseNote]":
        """The first of those visible to `user` that hold what `parts_of` gives, as a search shows them."""
        return FOUND.rows(at=at, parts=parts) if reads_releases(user) else []

    def in_the_making(self, *, at: datetime, also: int | None = None):
        """Those of drafts and of the releases of the last 90 days, newest first, and one more by its id."""
        young = Q(release__state=Release.State.DRAFT) | Q(release__published_at__gt=at - timedelta(days=90))
        notes = self.filter(young | Q(pk=also)).select_related("release", "product")
        newest_first = F("release__published_at").desc(nulls_first=True)
        return notes.order_by(newest_first, "-release__version_key", "position", "id")

    def from_page_of(self, public_id: str, *, size: int):
        """All of them where the note stands among the first `size`, or is none of them; else those from it on.

        Of one release.
        """
        note = self.filter(public_id=public_id[:PUBLIC_ID]).first() if public_id else None
        if note is None:
            return self
        before = self.filter(Q(position__lt=note.position) | Q(position=note.position, public_id__lt=note.public_id))
        if before.count() < size:
            return self
        return self.filter(Q(position__gt=note.position) | Q(position=note.position, public_id__gte=note.public_id))

    def write(self, release: Release, **data: Any) -> "ReleaseNote":
        """A note at the end of a release. `data`: product, kind, text, is_public."""
        note = self.model(release=release, **data)
        note.render()
        note.place()
        note.save(force_insert=True)
        return note

    def imported_as(self, external_ids: Sequence[str]) -> dict[str, "ReleaseNote"]:
        """Those that came with an import, by the id that they had."""
        return {note.external_id: note for note in self.filter(external_id__in=external_ids)}

    def import_notes(self, release: Release, notes: "Sequence[ReleaseNote]") -> None:
        """Notes of before, new ones and those that the file has changed, after the others of the release."""
        last = last_position(release)
        for position, note in enumerate(notes, start=last + 1):
            if note.release_id != release.pk:
                note.release, note.position = release, position
        new: list[Any] = [note for note in notes if note.pk is None]
        changed: list[Any] = [note for note in notes if note.pk is not None]
        self.bulk_create(new, batch_size=BATCH)
        self.bulk_update(changed, WRITTEN, batch_size=BATCH)


class ReleaseNote(models.Model):
    """One thing that a release brings to one module: an enhancement or a corrected error (S0-68, S0-71, S0-72)."""

    class Kind(models.TextChoices):
        ENHANCEMENT = "enhancement", _("Enhancement")
        FIX = "fix", _("Fix")

    release = models.ForeignKey(Release, models.CASCADE, verbose_name=_("release"), related_name="notes")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    product = models.ForeignKey(Product, models.PROTECT, verbose_name=_("module"), related_name="notes")
    text = models.TextField(_("text"), max_length=4_000, help_text=_("Markdown."))
    html = models.TextField(editable=False)
    html_version = models.PositiveSmallIntegerField(editable=False, default=0)
    is_public = models.BooleanField(
        _("public"), default=True, help_text=_("Customers see it; what is internal, only staff.")
    )
    position = models.PositiveIntegerField(_("position"), default=0, help_text=_("Empty: after the others."))
    public_id = models.CharField(max_length=PUBLIC_ID, unique=True, default=random_id, editable=False)
    external_id = models.CharField(_("imported as"), max_length=120, blank=True, editable=False)
    imported = models.CharField(
        max_length=64, blank=True, editable=False, help_text=_("The digest of the imported row.")
    )
    search = SearchColumn("text")

    objects = ReleaseNoteQuerySet.as_manager()

    module: str  # of `with_modules`
    own_tickets: list[Any]  # of the page that shows it

    IMPERSONAL = {"text", "html", "public_id", "external_id", "imported", "search"}

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("release note")
        verbose_name_plural = _("release notes")
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="a_note_is_imported_once"
            ),
        ]
        indexes = [models.Index(fields=["release", "position", "public_id"], name="notes_in_order")]

    def __str__(self) -> str:
        return self.text.partition("\n")[0][:80]

    def get_absolute_url(self) -> str:
        return f"{self.release.get_absolute_url()}?nota={self.public_id}#{self.anchor}"

    @property
    def anchor(self) -> str:
        """Where it stands on the page of its release."""
        return f"nota-{self.public_id}"

    def place(self) -> None:
        """After the other notes of the release, unless it has a position; before saving."""
        if not self.position:
            self.position = last_position(self.release) + 1

    def render(self) -> None:
        """The HTML of the text; whoever changes the text does it before saving."""
        self.html = rendering.article_html(self.text, top=TOP_HEADING)
        self.html_version = rendering.RENDERER_VERSION


FOUND = Prepared(
    lambda at, parts: first_hits(ReleaseNote.objects.out(at=at), parts),
    at=models.DateTimeField(),
    parts=Several(models.TextField()),
)


def last_position(release: Release) -> int:
    return ReleaseNote.objects.filter(release=release).aggregate(last=models.Max("position"))["last"] or 0
