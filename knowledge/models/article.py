from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q, Window
from django.db.models.functions import Coalesce, Length, RowNumber
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Company
from contracts.models import ChosenFor, Product
from knowledge.models.category import Category
from tables.prepared import Prepared, Several
from text import rendering
from text.search import SearchColumn, ranked

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

SLUG_LIMIT = 100
# Within a category, and what tells those of one place apart.
IN_ORDER = ("position", "title", "slug")
# Parts of addresses below `/ayuda/` that are no article's.
TAKEN_SLUGS = frozenset({"temas", "imagenes"})
# Of the words of a question so many must be in an article: where one asks for it, and where it is only offered.
A_THIRD, HALF = 1 / 3, 1 / 2
# The contents stand beside the text from so many headings on, those of the two highest levels.
FEWEST_HEADINGS, LOWEST_LISTED = 2, 3


class ArticleQuerySet(models.QuerySet["Article"]):
    def visible_to(self, user: "User | AnonymousUser"):
        """The published articles that a person, or a visitor who is not logged in, may read. Support reads all."""
        if not user.is_authenticated:
            return self.published().filter(audience=Article.Audience.PUBLIC)
        return self.published() if user.company is None else self.readable_in(user.company)

    def readable_in(self, company: Company):
        """Those that the people of a company may read: for everybody, for it, or for whom has one of its modules."""
        chosen = Q(audience=Article.Audience.CHOSEN) & CHOSEN.holds(company.pk, on=company.today())
        open_to_all = Q(audience__in=[Article.Audience.PUBLIC, Article.Audience.REGISTERED])
        return self.published().filter(open_to_all | chosen)

    def published(self):
        return self.filter(state=Article.State.PUBLISHED)

    def below(self, category: Category):
        """Those of a category and of the ones inside it."""
        return self.filter(Q(category=category) | Q(category__parent=category))

    def first_of_each(self, number: int):
        """The first ones below each category that stands by itself, with `shelf`, the id of that category."""
        shelf = Coalesce("category__parent", "category")
        place = Window(RowNumber(), partition_by=shelf, order_by=IN_ORDER)
        return self.annotate(shelf=shelf, place=place).filter(place__lte=number).order_by("shelf", "place")

    def answering(self, words: str, *, most: int, least: float = A_THIRD) -> "list[Article]":
        """Those that answer a question best, or hold what is sought: with at least that part of its words. With what a
        search shows."""
        keys = ranked(self, words, most=most, then=[Length("title"), "slug"], least=least)
        rows = {article.pk: article for article in IN_RESULTS.rows(keys=keys)} if keys else {}
        return [rows[key] for key in keys if key in rows]

    def with_votes(self):
        """Adds how many said that it helped, `helped`, and that it did not, `failed`."""
        yes = models.Count("votes", filter=Q(votes__helps=True))
        return self.annotate(helped=yes, failed=models.Count("votes", filter=Q(votes__helps=False)))

    def in_lists(self):
        """With what a line of a list shows, and without the texts."""
        columns = ("slug", "title", "position", "category", "audience", "updated_at")
        names = ("category__name", "category__slug", "category__parent__name", "category__parent__slug")
        return self.select_related("category__parent").only(*columns, *names)

    def in_results(self):
        """With what a search shows: their words too, of which it takes a passage."""
        columns = ("slug", "title", "updated_at", "plain", "category__name", "category__parent__name")
        return self.select_related("category__parent").only(*columns)

    def write(
        self,
        *,
        category: Category,
        title: str,
        text: str,
        slug: str = "",
        at: datetime | None = None,
        companies: Iterable[Company] = (),
        modules: Iterable[Product] = (),
        **details: Any,
    ) -> "Article":
        """A new article, a draft unless its `state` is given."""
        article = self.model(category=category, title=title, text=text, updated_at=at or timezone.now(), **details)
        article.slug = free_slug(slug or title)
        article.render()
        article.save(force_insert=True)
        article.companies.set(companies)
        article.modules.set(modules)
        return article


class Article(models.Model):
    """An explanation for customers: how something is done, or what helps when it fails."""

    class Audience(models.TextChoices):
        PUBLIC = "public", _("Everybody, also without logging in")
        REGISTERED = "registered", _("Everybody who is logged in")
        CHOSEN = "chosen", _("Some companies, or those that have some modules")
        STAFF = "staff", _("Support only")

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("article", "draft")
        PUBLISHED = "published", pgettext_lazy("article", "published")

    category = models.ForeignKey(Category, models.PROTECT, verbose_name=_("category"), related_name="articles")
    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(
        _("address"),
        max_length=SLUG_LIMIT,
        unique=True,
        help_text=_("Its last part. Empty: made from the title. Links from elsewhere break when it changes."),
        error_messages={"unique": _("There is an article with this address already.")},
    )
    text = models.TextField(
        _("text"),
        max_length=rendering.MESSAGE_LIMIT,
        help_text=_(
            "Markdown. Another article: [words](/ayuda/address/). A picture of this one: ![words](imagen:name)."
        ),
    )
    html = models.TextField(editable=False)
    html_version = models.PositiveSmallIntegerField(editable=False, default=0)
    plain = models.TextField(editable=False)
    audience = models.CharField(_("who reads it"), max_length=10, choices=Audience.choices, default=Audience.REGISTERED)
    companies = models.ManyToManyField(Company, blank=True, verbose_name=_("companies"), related_name="+")
    modules = models.ManyToManyField(
        Product,
        blank=True,
        verbose_name=_("modules"),
        related_name="+",
        help_text=_("Companies that have one of them now."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    position = models.PositiveIntegerField(_("position"), default=0)
    updated_at = models.DateTimeField(_("updated"), default=timezone.now, editable=False)
    related = models.ManyToManyField("self", symmetrical=False, blank=True, verbose_name=_("related articles"))
    external_id = models.CharField(_("imported as"), max_length=250, blank=True, editable=False)
    imported = models.CharField(
        max_length=64, blank=True, editable=False, help_text=_("The digest of what was imported.")
    )
    search = SearchColumn("plain", title="title")

    objects = ArticleQuerySet.as_manager()

    helped: int  # of `with_votes`
    failed: int

    IMPERSONAL = {"title", "slug", "text", "html", "plain", "external_id", "imported", "search"}

    class Meta:
        ordering = IN_ORDER
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="an_article_is_imported_once"
            ),
        ]
        indexes = [
            models.Index(fields=["category", *IN_ORDER], name="published_articles", condition=Q(state="published")),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("knowledge:article", args=[self.slug])

    # --- questions ---

    @property
    def is_published(self) -> bool:
        return self.state == self.State.PUBLISHED

    @property
    def day(self) -> date:
        """When what it says was last changed."""
        return timezone.localdate(self.updated_at)

    @cached_property
    def contents(self) -> list[rendering.Heading]:
        """Its headings, where they are enough to choose from."""
        listed = [heading for heading in rendering.headings(self.html) if heading.level <= LOWEST_LISTED]
        return listed if len(listed) >= FEWEST_HEADINGS else []

    @property
    def answer(self) -> str:
        """Its HTML below a question, where several stand on one page: without addresses at its headings."""
        return rendering.without_anchors(self.html)

    def actions_for(self, user: "User") -> set[str]:
        """Whoever is logged in may say whether it helped; support writes articles and is not asked."""
        return {"vote"} if user.is_authenticated and not user.is_staff and not user.is_viewed else set()

    def links(self) -> set[str]:
        """The addresses within the portal to which its text leads."""
        return rendering.links_within(self.html)

    # --- verbs ---

    def render(self, pictures: Mapping[str, str] | None = None) -> None:
        """The HTML of the text and its words; whoever changes the text does it before saving.

        `pictures`: name → URL, where they are not those that are stored.
        """
        if pictures is None:
            pictures = self.picture_urls() if self.pk else {}
        self.html = rendering.help_html(self.text, pictures)
        self.html_version = rendering.RENDERER_VERSION
        self.plain = rendering.words_of(self.html)

    def render_again(self) -> None:
        """After its pictures have changed."""
        self.render()
        self.save(update_fields=["html", "html_version", "plain"])

    def picture_urls(self) -> dict[str, str]:
        return {picture.name: picture.get_absolute_url() for picture in self.pictures.all()}


CHOSEN = ChosenFor(Article, "article")
IN_RESULTS = Prepared(
    lambda keys: Article.objects.filter(pk__in=keys).in_results(), keys=Several(models.BigAutoField())
)


def free_slug(words: str) -> str:
    """An address that no article has, made from these words."""
    stem = slugify(words)[: SLUG_LIMIT - 5].strip("-_") or "articulo"
    slug, number = stem, 1
    while slug in TAKEN_SLUGS or Article.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{stem}-{number}"
    return slug
