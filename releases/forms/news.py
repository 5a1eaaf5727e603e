"""What the page of the news may be asked for."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.cache import caches
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from contracts.models import Product, Subscription
from releases.models import Release, ReleaseNote
from text.search import matching

# The word in the address → kind.
KINDS = {"ampliaciones": ReleaseNote.Kind.ENHANCEMENT, "correcciones": ReleaseNote.Kind.FIX}
LONGEST_SEARCH = 200
# What there is to choose from changes with a release at most, and costs as much as the news themselves.
CHOICES, CHOICES_KEPT = "releases:choices", 60  # seconds


class NewsForm(forms.Form):
    """The filters of the news: what is not understood is left out, and that it was met is said (`misread`)."""

    modulo = forms.TypedChoiceField(label=_("Module"), required=False, coerce=int, empty_value=None)
    anio = forms.TypedChoiceField(label=_("Year"), required=False, coerce=int, empty_value=None)
    tipo = forms.TypedChoiceField(
        required=False, choices=[("", ""), *KINDS.items()], coerce=lambda word: KINDS[word], empty_value=None
    )
    mios = forms.TypedChoiceField(required=False, choices=[("", ""), ("1", "")], coerce=bool, empty_value=False)
    pedidas = forms.TypedChoiceField(required=False, choices=[("", ""), ("1", "")], coerce=bool, empty_value=False)
    q = forms.CharField(label=_("Search"), required=False)

    def __init__(self, query, *, person: User, at: datetime, asked_for: QuerySet) -> None:
        """`asked_for`: the ids of the notes that solve tickets of the company, as far as the person sees them."""
        super().__init__(query)
        self.person, self.at, self.asked_for = person, at, asked_for
        modules, years = caches["process"].get_or_set(CHOICES, lambda: choices(at), CHOICES_KEPT)
        self.fields["modulo"].choices = [("", _("All the modules")), *modules]
        self.fields["anio"].choices = [("", pgettext_lazy("year", "Any year")), *years]
        self.misread = not self.is_valid()
        self.words = query.get("q", "").replace("\0", "")[:LONGEST_SEARCH].strip()

    # --- what was asked for ---

    @property
    def kind(self) -> str:
        """The word of the kind that is shown, "" for both."""
        kind = self.cleaned_data.get("tipo")
        return next((word for word, value in KINDS.items() if value == kind), "")

    @property
    def module(self) -> int | None:
        return self.cleaned_data.get("modulo")

    @property
    def year(self) -> int | None:
        return self.cleaned_data.get("anio")

    @property
    def own(self) -> bool:
        return bool(self.cleaned_data.get("mios"))

    @property
    def requested(self) -> bool:
        """Whether only what one's company asked for is shown."""
        return bool(self.cleaned_data.get("pedidas"))

    @property
    def chosen(self) -> dict[str, str]:
        """What stands selected, as the address says it."""
        return {"modulo": str(self.module or ""), "anio": str(self.year or "")}

    @property
    def has_modules(self) -> bool:
        return self.subscriptions().exists()

    @property
    def is_narrowing(self) -> bool:
        return bool(self.kind or self.module or self.year or self.own or self.requested or self.words)

    def releases(self):
        """The releases in which there is something to be shown, in no order yet."""
        releases = Release.objects.visible_to(self.person, at=self.at)
        if self.year:
            zone = ZoneInfo(settings.TIME_ZONE)
            releases = releases.filter(
                published_at__gte=datetime(self.year, 1, 1, tzinfo=zone),
                published_at__lt=datetime(self.year + 1, 1, 1, tzinfo=zone),
            )
        return releases.filter(Exists(self.notes.filter(release=OuterRef("pk"))))

    @cached_property
    def notes(self):
        """The notes asked for, of whatever release: whoever shows them asks for those of `releases`."""
        notes = ReleaseNote.objects.public()
        if kind := self.cleaned_data.get("tipo"):
            notes = notes.filter(kind=kind)
        if self.module:
            notes = notes.filter(product=self.module)
        if self.own:
            notes = notes.filter(product__in=self.subscriptions().values("product"))
        if self.requested:
            notes = notes.filter(pk__in=self.asked_for)
        return matching(notes, self.words) if self.words else notes

    def subscriptions(self):
        """Those of the person's company that are in force on its day."""
        today = self.person.company.today(self.at)
        return Subscription.objects.visible_to(self.person).in_force(on=today)


def choices(at: datetime) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The modules of which something is told, and the years from the last release back to the first."""
    told = ReleaseNote.objects.public().filter(product=OuterRef("pk"))
    dates = Release.objects.published(at=at).values("published_at")
    ends = (Subquery(dates.order_by(order)[:1]) for order in ("published_at", "-published_at"))
    rows = list(Product.objects.filter(Exists(told)).values_list("pk", "name", *ends))
    modules = [(str(pk), name) for pk, name, _first, _last in rows]
    if not rows or rows[0][-1] is None:
        return modules, []
    zone = ZoneInfo(settings.TIME_ZONE)
    first, last = (moment.astimezone(zone).year for moment in rows[0][2:])
    return modules, [(str(year), str(year)) for year in range(last, first - 1, -1)]
