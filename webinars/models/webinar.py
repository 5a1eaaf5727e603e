from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.user import random_id
from files import receiving
from files.models import StoredFile
from files.receiving import Upload
from files.types import Kind
from tables.prepared import Prepared, Several
from text import rendering, search
from text.hits import first_hits
from webinars.lengths import MOST, clock
from webinars.links import check_embed, check_https, is_allowed
from webinars.models.registration import Registration
from webinars.models.sighting import Sighting
from webinars.models.telling import Telling

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    from accounts.models import User

# Of one moment in the order of their addresses, so that each has its place.
NEWEST_FIRST = ("-starts_at", "-slug")
# So long before it begins the room may be entered, and so long after its end, for webinars run late.
JOIN_BEFORE, JOIN_AFTER = timedelta(minutes=15), timedelta(minutes=30)
# So long after its end a webinar without its recording is still shown among the planned ones.
AWAITED = timedelta(days=30)
LONGEST = 12 * 60  # minutes
# In a description the headings of the page stand above those of the text.
TOP_HEADING = 3


class IllegalStep(ValidationError):
    """The webinar is in a state in which this cannot happen to it."""


def watches_webinars(user: "User") -> bool:
    """Whether this is a person of a company who may use webinars."""
    return user.is_authenticated and user.company_id is not None and user.can_use_webinars


class WebinarQuerySet(models.QuerySet["Webinar"]):
    def visible_to(self, user: "User"):
        """All but drafts, for the people of companies who may use webinars."""
        return self.announced() if watches_webinars(user) else self.none()

    def announced(self):
        return self.exclude(state=Webinar.State.DRAFT)

    def planned(self):
        return self.filter(state=Webinar.State.PLANNED)

    def recorded(self):
        return self.filter(state=Webinar.State.RECORDED)

    def upcoming(self, *, at: datetime):
        """Those that will be held, or are being held, the next one first."""
        return self.planned().filter(ends_at__gt=at).order_by("starts_at", "slug")

    def on_the_board(self, *, at: datetime):
        """What people plan for: those that will be held, those that will not after all, and those whose recording is
        still to come."""
        planned = Q(state=Webinar.State.PLANNED, ends_at__gt=at - AWAITED)
        cancelled = Q(state=Webinar.State.CANCELLED, ends_at__gt=at)
        return self.filter(planned | cancelled).order_by("starts_at", "slug")

    def matching(self, words: str):
        """Those in whose title, speaker or description each word stands."""
        return search.matching(self, words)

    def found_by(self, user: "User", parts: Sequence[str]) -> "list[Webinar]":
        """The first of those visible to `user` that hold what `parts_of` gives, as a search shows them."""
        return FOUND.rows(parts=parts) if watches_webinars(user) else []

    def in_results(self):
        """With what a search shows, the newest first."""
        return self.only("title", "slug", "speaker", "html", "starts_at", "state").order_by(*NEWEST_FIRST)

    def unseen_by(self, user: "User"):
        return self.exclude(Exists(Sighting.objects.filter(webinar=OuterRef("pk"), person=user)))

    def with_marks(self, user: "User"):
        """Adds `is_registered` and `is_seen`, of this person."""
        return self.annotate(
            is_registered=Exists(Registration.objects.in_force().filter(webinar=OuterRef("pk"), person=user)),
            is_seen=Exists(Sighting.objects.filter(webinar=OuterRef("pk"), person=user)),
        )

    def draft(self, **data: Any) -> "Webinar":
        """A webinar that nobody but staff knows of. `data`: its columns."""
        webinar = self.model(**data)
        webinar.render()
        webinar.save(force_insert=True)
        return webinar


class Webinar(models.Model):
    """A talk that people watch together, and its recording that stays (S0-65, S0-66)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PLANNED = "planned", _("planned")
        CANCELLED = "cancelled", _("cancelled")
        RECORDED = "recorded", _("recorded")

    title = models.CharField(_("title"), max_length=150)
    slug = models.SlugField(
        _("short name"), max_length=80, unique=True, help_text=_("It stands in the address, which mails repeat.")
    )
    speaker = models.CharField(_("speaker"), max_length=150, blank=True)
    text = models.TextField(_("description"), max_length=20_000, blank=True, help_text=_("Markdown."))
    html = models.TextField(editable=False, blank=True)
    html_version = models.PositiveSmallIntegerField(editable=False, default=0)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT, editable=False)
    announced_at = models.DateTimeField(_("announced"), null=True, blank=True, editable=False)
    sequence = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text=_("How often what was announced has changed.")
    )
    join_url = models.URLField(
        _("link to join"),
        max_length=500,
        blank=True,
        validators=[check_https],
        help_text=_("Only those registered see it."),
    )
    poster = models.ForeignKey(
        StoredFile,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("poster"),
        related_name="posters_of_webinars",
        editable=False,
    )
    video = models.ForeignKey(
        StoredFile,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("video"),
        related_name="videos_of_webinars",
        editable=False,
    )
    embed_url = models.URLField(
        _("video on another host"),
        max_length=500,
        blank=True,
        validators=[check_embed],
        help_text=_("The address for embedding. It takes the place of the file."),
    )
    length = models.PositiveIntegerField(_("length of the video"), null=True, blank=True, help_text=_("In seconds."))
    uid = models.CharField(max_length=16, unique=True, default=random_id, editable=False)
    words = models.TextField(editable=False, blank=True, help_text=_("What is searched."))
    search = search.SearchColumn("words")

    objects = WebinarQuerySet.as_manager()

    is_registered: bool  # both of `with_marks`
    is_seen: bool

    KEPT = {"speaker", "words"}
    IMPERSONAL = {"title", "slug", "text", "html", "join_url", "embed_url", "uid", "search"}

    class Meta:
        ordering = NEWEST_FIRST
        verbose_name = _("webinar")
        verbose_name_plural = _("webinars")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a_webinar_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(video=None) | Q(embed_url=""), name="a_webinar_has_one_video"),
            models.CheckConstraint(
                condition=~Q(state="recorded") | Q(video__isnull=False) | ~Q(embed_url=""),
                name="a_recorded_webinar_can_be_watched",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["planned", "cancelled"]) | Q(announced_at__isnull=False),
                name="a_planned_webinar_was_announced",
            ),
            models.CheckConstraint(
                condition=Q(join_url="") | Q(join_url__startswith="https://"), name="a_join_link_is_https"
            ),
            models.CheckConstraint(
                condition=Q(embed_url="") | Q(embed_url__startswith="https://"), name="an_embedded_video_is_https"
            ),
            models.CheckConstraint(
                condition=Q(length=None) | Q(length__gt=0, length__lt=MOST), name="a_video_lasts_less_than_a_day"
            ),
        ]
        indexes = [
            models.Index(fields=NEWEST_FIRST, name="recorded_webinars", condition=Q(state="recorded")),
            models.Index(
                fields=["ends_at"], name="webinars_on_the_board", condition=Q(state__in=["planned", "cancelled"])
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("webinars:webinar", args=[self.slug])

    # --- questions ---

    def actions_for(self, user: "User", *, at: datetime | None = None) -> set[str]:
        """What `user` may do here: the view enforces it, the page shows it. Asks for `is_registered` where it is
        missing."""
        at = at or timezone.now()
        if user.is_viewed:
            return set()
        if self.state == self.State.RECORDED:
            return {"watch", "mark"}
        if self.state != self.State.PLANNED or self.ends_at <= at:
            return {"join"} if self.is_open(at=at) and self.has(user) else set()
        actions = {"register", "unregister", "calendar"}
        return actions | {"join"} if self.is_open(at=at) and self.has(user) else actions

    def has(self, user: "User") -> bool:
        """Whether the person is registered."""
        if not hasattr(self, "is_registered"):
            self.is_registered = self.registrations.in_force().filter(person=user).exists()
        return self.is_registered

    def is_over(self, *, at: datetime) -> bool:
        return self.ends_at <= at

    def is_open(self, *, at: datetime) -> bool:
        """Whether its room may be entered."""
        is_held = self.state == self.State.PLANNED and bool(self.join_url)
        return is_held and self.starts_at - JOIN_BEFORE <= at < self.ends_at + JOIN_AFTER

    @property
    def minutes(self) -> int | None:
        """How long it is held."""
        if self.starts_at is None or self.ends_at is None:
            return None
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_planned(self) -> bool:
        return self.state == self.State.PLANNED

    @property
    def is_cancelled(self) -> bool:
        return self.state == self.State.CANCELLED

    @property
    def is_recorded(self) -> bool:
        return self.state == self.State.RECORDED

    @property
    def has_video(self) -> bool:
        return bool(self.video_id or self.embed_url)

    @property
    def is_embeddable(self) -> bool:
        """Whether its video lies on a host that this installation still allows."""
        return is_allowed(self.embed_url)

    @property
    def has_poster(self) -> bool:
        return self.poster_id is not None and self.poster.has_preview and not self.poster.is_withheld

    @property
    def clock(self) -> str:
        """How long the video lasts; "" where nobody has said."""
        return clock(self.length) if self.length else ""

    # --- what people do ---

    @transaction.atomic
    def register(self, *, by: "User", at: datetime) -> None:
        """A person takes part; once more changes nothing. Raises IllegalStep.

        What changes meanwhile is told to whoever has come in with the time of before.
        """
        if not self.is_planned or self.is_over(at=at):
            raise IllegalStep(_("It will not be held any more."))
        known = {"at": at, "told_sequence": self.sequence}
        row, _is_new = self.registrations.get_or_create(person=by, defaults=known)
        self.registrations.filter(pk=row.pk).exclude(cancelled_at=None).update(cancelled_at=None, **known)

    def unregister(self, *, by: "User", at: datetime) -> None:
        """The person does not take part after all, and may come back."""
        self.registrations.in_force().filter(person=by).update(cancelled_at=at)

    def mark_seen(self, *, by: "User", at: datetime) -> None:
        """A person has seen the recording; once more changes nothing. Raises IllegalStep."""
        if not self.is_recorded:
            raise IllegalStep(_("There is no recording of it yet."))
        Sighting.objects.bulk_create([Sighting(webinar=self, person=by, at=at)], ignore_conflicts=True)

    def mark_unseen(self, *, by: "User") -> None:
        self.sightings.filter(person=by).delete()

    # --- verbs of support ---

    def render(self) -> None:
        """The HTML of the description, and the words that are searched; whoever changes them does it before saving."""
        self.html = rendering.article_html(self.text, top=TOP_HEADING)
        self.html_version = rendering.RENDERER_VERSION
        self.words = "\n".join([self.title, self.speaker, self.text])

    @transaction.atomic
    def announce(self, *, tell: bool, at: datetime) -> None:
        """Customers see it from now on; with `tell`, those who get general mail hear of it, each once. Raises
        IllegalStep."""
        if self.starts_at <= at:
            raise IllegalStep(_("Its time has passed. Give it another one."))
        self._move({self.State.DRAFT}, self.State.PLANNED, announced_at=at)
        if tell:
            Telling.objects.create(webinar=self)

    @transaction.atomic
    def reschedule(self, *, starts_at: datetime, ends_at: datetime, at: datetime) -> None:
        """Another time for what was announced. A sweep tells those registered, and the reminders go by the new time.
        Raises IllegalStep."""
        if starts_at <= at:
            raise IllegalStep(_("That moment has passed."))
        if self.ends_at <= at:
            raise IllegalStep(_("It has been held already."))
        times = {"starts_at": starts_at, "ends_at": ends_at}
        self._move({self.State.PLANNED}, self.State.PLANNED, sequence=F("sequence") + 1, **times)
        self.registrations.remind_anew(starts_at=starts_at, at=at)

    @transaction.atomic
    def cancel(self, *, at: datetime) -> None:
        """It will not be held. A sweep tells those registered; who has yet to hear of it never does. Raises
        IllegalStep."""
        if self.ends_at <= at:
            raise IllegalStep(_("It has been held already."))
        self._move({self.State.PLANNED}, self.State.CANCELLED, sequence=F("sequence") + 1)
        Telling.objects.filter(webinar=self, finished_at=None).update(finished_at=at)

    @transaction.atomic
    def publish_recording(self, *, at: datetime) -> None:
        """Its video stands in the library. What was never announced, such as one of before, may be too. Raises
        IllegalStep."""
        if not self.has_video:
            raise IllegalStep(_("It has no video yet."))
        if self.starts_at > at:
            raise IllegalStep(_("It has yet to be held."))
        self._move({self.State.DRAFT, self.State.PLANNED}, self.State.RECORDED)

    def _move(self, before: Iterable[State], after: State, **changes: Any) -> None:
        """The one writer of the state."""
        moved = Webinar.objects.filter(pk=self.pk, state__in=before)
        if not moved.update(state=after, **changes):
            raise IllegalStep(_("Somebody else has changed it meanwhile. Look at it again."))
        self.refresh_from_db(fields=["state", *changes])

    # --- its files ---

    @transaction.atomic
    def put_video(self, upload: Upload) -> None:
        """The recording as a file; it takes the place of another one. Raises ValidationError."""
        require(upload, Kind.VIDEO, _("Videos must be MP4 or WebM: browsers show no others."))
        self._put("video", upload, embed_url="")

    @transaction.atomic
    def put_poster(self, upload: Upload) -> StoredFile:
        """What stands for it in the library. Raises ValidationError."""
        require(upload, Kind.PICTURE, _("The poster must be a picture: PNG, JPEG, GIF or WebP."))
        return self._put("poster", upload)

    @transaction.atomic
    def add_material(self, upload: Upload, *, name: str = "") -> None:
        """Something to take along: slides, a template."""
        self.materials.create(stored=StoredFile.objects.keep(upload), name=name or upload.name)

    @transaction.atomic
    def set_chapters(self, chapters: Iterable[tuple[int, str]]) -> None:
        """Those of the video from now on: (second, title)."""
        self.chapters.all().delete()
        for seconds, title in chapters:
            self.chapters.create(seconds=seconds, title=title)

    @transaction.atomic
    def discard(self) -> None:
        """A draft that shall not be goes with its files. Raises IllegalStep."""
        if not Webinar.objects.select_for_update(of=("self",)).filter(pk=self.pk, state=self.State.DRAFT).exists():
            raise IllegalStep(_("Customers know of it: it can be cancelled, not deleted."))
        stored = [self.video_id, self.poster_id, *self.materials.values_list("stored", flat=True)]
        self.delete()
        StoredFile.objects.filter(pk__in=[pk for pk in stored if pk]).delete()

    def _put(self, column: str, upload: Upload, **changes: Any) -> StoredFile:
        former = Webinar.objects.select_for_update(of=("self",)).values_list(column, flat=True).get(pk=self.pk)
        stored = StoredFile.objects.keep(upload)
        for name, value in (changes | {column: stored}).items():
            setattr(self, name, value)
        self.save(update_fields=[column, *changes])
        StoredFile.objects.filter(pk=former).delete()
        return stored


FOUND = Prepared(lambda parts: first_hits(Webinar.objects.announced(), parts), parts=Several(models.TextField()))


def require(upload: Upload, kind: Kind, words: "str | _StrPromise") -> None:
    """Raises ValidationError for another kind of file, which then stays nowhere."""
    if upload.kind != kind:
        receiving.discard(upload)
        raise ValidationError(words, code="kind")
