from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Company, User
from accounts.models.company import zones_by_day
from announcements.models.reading import Reading
from announcements.models.telling import Telling
from contracts.models import ChosenFor, Product, Subscription
from tables.prepared import Prepared, Several
from text import rendering
from text.hits import first_hits
from text.search import SearchColumn

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.utils.functional import _StrPromise

# Pinned ones first, then by their day; of one moment in the order of their addresses, so that each has its place.
IN_ORDER = ("-is_pinned", "-published_at", "-slug")
NEWEST_FIRST = ("-published_at", "-slug")
# A clock that is a little behind, or a form that was long open.
A_MOMENT = timedelta(minutes=5)
# Below the title of its page.
TOP_HEADING = 2
# Parts of addresses below `/avisos/` that are no announcement's.
TAKEN_SLUGS = ("atom",)


class IllegalStep(ValidationError):
    """The announcement is in a state in which this cannot happen to it."""


class AnnouncementQuerySet(models.QuerySet["Announcement"]):
    def visible_to(self, user: "User | AnonymousUser", *, at: datetime | None = None):
        """Those that are out, in force or ended, and for this person, or for a visitor. Support reads all of them."""
        out = self.out(at=at or timezone.now())
        if not user.is_authenticated:
            return out.public()
        if user.company is None:
            return out
        return out.for_people_of(user.company.pk, on=user.company.today(at))

    def for_people_of(self, company: int, *, on: date):
        """Those for everybody who is logged in and, on that day, those for the company of this id: for it by name, or
        for whoever has one of its modules."""
        chosen = Q(audience=Announcement.Audience.CHOSEN) & CHOSEN.holds(company, on=on)
        return self.filter(Q(audience__in=[Announcement.Audience.PUBLIC, Announcement.Audience.REGISTERED]) | chosen)

    def public(self):
        return self.filter(audience=Announcement.Audience.PUBLIC)

    def out(self, *, at: datetime):
        """Those that were published; one may be published for a time that has yet to come."""
        return self.filter(published_at__lte=at)

    def waiting(self, *, at: datetime):
        """Drafts, and those whose time has yet to come."""
        return self.filter(Q(published_at=None) | Q(published_at__gt=at))

    def in_force(self, *, at: datetime):
        return self.filter(Q(until=None) | Q(until__gt=at))

    def ended(self, *, at: datetime):
        return self.filter(until__lte=at)

    def unread_by(self, user: "User"):
        return self.exclude(Exists(Reading.objects.filter(announcement=OuterRef("pk"), person=user)))

    def with_marks(self, user: "User"):
        """Adds `is_read`, of this person."""
        if not user.is_authenticated:
            return self
        return self.annotate(is_read=Exists(Reading.objects.filter(announcement=OuterRef("pk"), person=user)))

    def in_lists(self):
        """Without the texts as they were written."""
        return self.defer("text")

    def found_by(self, user: "User | AnonymousUser", parts: Sequence[str], *, at: datetime) -> "Iterable[Announcement]":
        """The first of those visible to `user` that hold what `parts_of` gives, as a search shows them. People of
        companies ask most."""
        if user.is_authenticated and user.company is not None:
            return FOUND.rows(at=at, company=user.company.pk, on=user.company.today(at), parts=parts)
        return first_hits(self.visible_to(user, at=at), parts)

    def in_results(self):
        """With what a search shows, the newest first."""
        return self.only("title", "slug", "level", "html", "published_at", "until").order_by(*NEWEST_FIRST)

    @transaction.atomic
    def draft(
        self, *, companies: Iterable[Company] = (), modules: Iterable[Product] = (), **data: Any
    ) -> "Announcement":
        """An announcement that nobody but staff knows of. `data`: its columns."""
        row = self.model(**data)
        row.render()
        row.save(force_insert=True)
        row.companies.set(companies)
        row.modules.set(modules)
        return row


class Announcement(models.Model):
    """Something that customers should know: a recommendation, a notice, a failure (S3-34)."""

    class Level(models.TextChoices):
        INFORMATION = "information", pgettext_lazy("announcement", "Information")
        NEWS = "news", pgettext_lazy("announcement", "News")
        WARNING = "warning", pgettext_lazy("announcement", "Warning")
        MAINTENANCE = "maintenance", pgettext_lazy("announcement", "Maintenance")
        OUTAGE = "outage", pgettext_lazy("announcement", "Outage")

    class Audience(models.TextChoices):
        PUBLIC = "public", _("Everybody, also without logging in")
        REGISTERED = "registered", _("Everybody who is logged in")
        CHOSEN = "chosen", _("Some companies, or those that have some modules")

    title = models.CharField(_("title"), max_length=150)
    slug = models.SlugField(
        _("short name"),
        max_length=80,
        unique=True,
        validators=[RegexValidator(rf"^(?:{'|'.join(TAKEN_SLUGS)})$", _("This name is taken."), inverse_match=True)],
        help_text=_("It stands in the address, which mails repeat."),
        error_messages={"unique": _("There is an announcement with this address already.")},
    )
    level = models.CharField(_("kind"), max_length=12, choices=Level.choices, default=Level.INFORMATION)
    text = models.TextField(_("text"), max_length=20_000, help_text=_("Markdown."))
    html = models.TextField(editable=False, blank=True)
    html_version = models.PositiveSmallIntegerField(editable=False, default=0)
    audience = models.CharField(_("who reads it"), max_length=10, choices=Audience.choices, default=Audience.REGISTERED)
    companies = models.ManyToManyField(Company, blank=True, verbose_name=_("companies"), related_name="+")
    modules = models.ManyToManyField(
        Product,
        blank=True,
        verbose_name=_("modules"),
        related_name="+",
        help_text=_("Companies that have one of them now."),
    )
    is_pinned = models.BooleanField(_("stays on top"), default=False)
    published_at = models.DateTimeField(_("shown from"), null=True, blank=True, editable=False)
    until = models.DateTimeField(_("shown until"), null=True, blank=True, help_text=_("Empty: until you withdraw it."))
    search = SearchColumn("text", title="title")

    objects = AnnouncementQuerySet.as_manager()

    is_read: bool  # of `with_marks`

    IMPERSONAL = {"title", "slug", "text", "html", "search"}

    class Meta:
        ordering = NEWEST_FIRST
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(published_at=None) | Q(until__gte=F("published_at")),
                name="an_announcement_ends_after_it_begins",
                violation_error_message=_("It would end before it begins."),
            )
        ]
        indexes = [
            models.Index(fields=IN_ORDER, name="published_announcements", condition=Q(published_at__isnull=False))
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("announcements:announcement", args=[self.slug])

    # --- questions ---

    @property
    def is_public(self) -> bool:
        return self.audience == self.Audience.PUBLIC

    @property
    def look(self) -> "Look":
        return LOOKS[self.Level(self.level)]

    def is_out(self, *, at: datetime) -> bool:
        """Whether customers see it, or saw it."""
        return self.published_at is not None and self.published_at <= at

    def is_over(self, *, at: datetime) -> bool:
        return self.until is not None and self.until <= at

    def actions_for(self, user: "User") -> set[str]:
        """What `user` may do here: people of companies say that they have read it, which counts once."""
        return {"read"} if user.is_authenticated and user.company_id is not None and not user.is_viewed else set()

    def audience_by_mail(self, *, at: datetime):
        """Those who get general mail and whom it is for."""
        people = User.objects.receiving_general_mail()
        if self.audience != self.Audience.CHOSEN:
            return people
        return people.filter(Q(company__in=self.companies.all()) | Q(company__in=self.companies_with_modules(at=at)))

    def companies_with_modules(self, *, at: datetime):
        """The numbers of the companies that have one of its modules on their own day."""
        rows = Subscription.objects.filter(product__in=self.modules.all())
        today = Subscription.objects.none()
        for day, zones in zones_by_day(at).items():
            today = today | rows.in_force(on=day).filter(company__time_zone__in=zones)
        return today.order_by().values("company")

    # --- what people do ---

    def mark_read(self, *, by: "User", at: datetime) -> None:
        """It leaves the home page of this person; once more changes nothing."""
        Reading.objects.bulk_create([Reading(announcement=self, person=by, at=at)], ignore_conflicts=True)

    # --- verbs of support ---

    def render(self) -> None:
        """The HTML of the text; whoever changes the text does it before saving."""
        self.html = rendering.article_html(self.text, top=TOP_HEADING)
        self.html_version = rendering.RENDERER_VERSION

    @transaction.atomic
    def publish(self, *, at: datetime, tell: bool, now: datetime | None = None) -> None:
        """Those whom it is for see it from `at` on; with `tell`, those of them who get general mail hear of it then,
        each once.

        One that waits for its time may be published anew, at another time. Raises IllegalStep.
        """
        now = now or timezone.now()
        if at < now - A_MOMENT:
            raise IllegalStep(_("That moment has passed. Leave it empty to publish now."))
        if self.until is not None and self.until <= at:
            raise IllegalStep(_("It would end before it begins."))
        waiting = Announcement.objects.waiting(at=now).filter(pk=self.pk)
        if not waiting.update(published_at=at):
            raise IllegalStep(_("It is out already."))
        self.published_at = at
        Telling.objects.filter(notice=self).delete()
        if tell:
            Telling.objects.create(notice=self)

    @transaction.atomic
    def withdraw(self, *, at: datetime) -> None:
        """It counts no more from now on, or is a draft again where nobody can have read it; who has yet to hear of it
        never does. Raises IllegalStep."""
        known = Announcement.objects.filter(pk=self.pk).exclude(published_at=None)
        unseen = known.filter(published_at__gt=at)
        shown = known.out(at=at).in_force(at=at)
        if not unseen.update(published_at=None) and not shown.update(until=at):
            raise IllegalStep(_("It is no longer shown."))
        self.refresh_from_db(fields=["published_at", "until"])
        Telling.objects.filter(notice=self, finished_at=None).update(finished_at=at)


@dataclass(frozen=True, slots=True)
class Look:
    """How a kind of announcement is told from the others: a colour, an icon, and always its word."""

    state: str
    icon: str
    word: "str | Promise | _StrPromise"


Level = Announcement.Level
LOOKS = {
    Level.INFORMATION: Look("open", "information-circle", Level.INFORMATION.label),
    Level.NEWS: Look("closed", "megaphone", Level.NEWS.label),
    Level.WARNING: Look("waiting", "exclamation-triangle", Level.WARNING.label),
    Level.MAINTENANCE: Look("scheduled", "wrench-screwdriver", Level.MAINTENANCE.label),
    Level.OUTAGE: Look("alert", "x-circle", Level.OUTAGE.label),
}


CHOSEN = ChosenFor(Announcement, "announcement")
FOUND = Prepared(
    lambda at, company, on, parts: first_hits(Announcement.objects.out(at=at).for_people_of(company, on=on), parts),
    at=models.DateTimeField(),
    company=models.BigAutoField(),
    on=models.DateField(),
    parts=Several(models.TextField()),
)
