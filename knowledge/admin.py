from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Company
from knowledge.forms import ArticleForm, CategoryForm, LinksForm, PictureForm, PreviewForm
from knowledge.models import Article, ArticlePicture, ArticleVote, Category
from tables.admin import NamedRows, SeveralByName, UncountedPaginator
from text.search import matching

# In `empresa`, for whoever has no account.
GUEST = "invitado"


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    form = CategoryForm
    list_display = ["__str__", "position", "is_faq"]
    list_select_related = ["parent"]
    ordering = ["parent__position", "parent__name", "position", "name"]
    prepopulated_fields = {"slug": ["name"]}
    show_full_result_count = False
    paginator = UncountedPaginator
    view_on_site = False
    actions = None


class PictureInline(admin.TabularInline):
    """The pictures of an article, each with the words that show it; to be taken out."""

    model = ArticlePicture
    form = PictureForm
    formset = NamedRows
    fields = readonly_fields = ["picture", "words"]
    extra = max_num = 0
    view_on_site = False

    def has_change_permission(self, request, obj=None):
        return False

    @admin.display(description=_("picture"))
    def picture(self, picture):
        return format_html('<a href="{}">{}</a>', picture.get_absolute_url(), picture.name)

    @admin.display(description=_("in the text"))
    def words(self, picture):
        return format_html("<code>![{}](imagen:{})</code>", _("what it shows"), picture.name)


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    """Articles of the help, with how many they helped and how many not."""

    form = ArticleForm
    list_display = ["title", "category", "audience", "state", "updated_at", "yes", "no"]
    list_filter = ["state", "audience", "category"]
    list_select_related = ["category__parent"]
    search_fields = ["title"]
    ordering = ["-updated_at"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    autocomplete_fields = ["companies", "related"]
    readonly_fields = ["updated_at", "said"]
    fieldsets = [
        (None, {"fields": ["title", "category", "text", "new_pictures"]}),
        (_("Who reads it"), {"fields": ["state", "audience", "companies", "modules"]}),
        (_("Its place"), {"fields": ["slug", "position", "related", "updated_at", "said"]}),
    ]
    inlines = [PictureInline]
    view_on_site = False
    actions = None

    def get_queryset(self, request) -> QuerySet[Article]:
        return super().get_queryset(request).defer("text", "html", "plain").with_votes()

    def get_search_results(self, request, queryset, search_term):
        return (matching(queryset, search_term) if search_term.strip() else queryset), False

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = SeveralByName(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    # --- what may be done ---

    def has_change_permission(self, request, obj=None):
        """Whoever may add articles goes on writing drafts; they are published by those who may change every article."""
        is_draft = obj is not None and obj.state == Article.State.DRAFT
        return super().has_change_permission(request, obj) or (is_draft and self.has_add_permission(request))

    def get_readonly_fields(self, request, obj=None):
        fixed = [] if super().has_change_permission(request) else ["state"]
        return [*fixed, *self.readonly_fields]

    # --- what readers said ---

    @admin.display(description=pgettext_lazy("votes", "helped"), ordering="helped")
    def yes(self, article):
        return article.helped or "–"

    @admin.display(description=pgettext_lazy("votes", "did not help"), ordering="failed")
    def no(self, article):
        return article.failed or "–"

    @admin.display(description=_("what readers said"))
    def said(self, article):
        if article.pk is None:
            return "–"
        words = _("It helped %(helped)s, and did not help %(failed)s.")
        address = f"{reverse('admin:knowledge_articlevote_changelist')}?article__id__exact={article.pk}"
        counts = words % {"helped": article.helped, "failed": article.failed}
        return format_html('{} <a href="{}">{}</a>', counts, address, _("See their reasons"))

    # --- what is kept ---

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        form.save_pictures()
        if dead := form.dead_links():
            words = _("It leads to articles that are not there: %(links)s.")
            messages.warning(request, words % {"links": ", ".join(dead)})

    def render_change_form(self, request, context, *args, **kwargs):
        article = kwargs.get("obj")
        context["preview_url"] = reverse("admin:knowledge_article_vista_previa", args=[article.pk if article else 0])
        return super().render_change_form(request, context, *args, **kwargs)

    # --- pages beside the form ---

    def get_urls(self):
        own, name = self.admin_site.admin_view, "knowledge_article"
        return [
            path("<int:pk>/vista-previa/", own(self.preview_view), name=f"{name}_vista_previa"),
            path("enlaces/", own(self.links_view), name=f"{name}_enlaces"),
            *super().get_urls(),
        ]

    def preview_view(self, request, pk):
        """What is being written, as readers would see it; nothing is kept. `pk` is 0 for one that is none yet."""
        article = get_object_or_404(Article, pk=pk) if pk else None
        allowed = self.has_change_permission(request, article) if article else self.has_add_permission(request)
        if request.method != "POST" or not allowed:
            raise PermissionDenied
        shown = PreviewForm(request.POST).article(article)
        return TemplateResponse(request, "admin/knowledge/article/preview.html", {"article": shown})

    def links_view(self, request) -> HttpResponse:
        """Articles to which an answer may lead; with `empresa`, those that the people of this company may read,
        of a guest those that everybody may."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        company = request.GET.get("empresa", "")
        is_public = company == GUEST
        company = get_object_or_404(Company, pk=company) if company.isascii() and company.isdigit() else None
        context = {"form": LinksForm(request.GET, company=company, is_public=is_public), "company": company}
        if "HX-Request" in request.headers:
            return TemplateResponse(request, "admin/knowledge/article/found.html", context)
        common = self.admin_site.each_context(request) | {"opts": self.opts, "title": _("Articles for an answer")}
        return TemplateResponse(request, "admin/knowledge/article/links.html", common | context)


@admin.register(ArticleVote)
class ArticleVoteAdmin(admin.ModelAdmin):
    """What readers said, newest first: the reasons of those whom an article did not help."""

    list_display = ["article", "helps", "reason", "person", "at"]
    list_filter = ["helps"]
    list_select_related = ["article", "person"]
    list_display_links = None
    search_fields = ["article__title"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    actions = None

    def get_queryset(self, request):
        return super().get_queryset(request).defer("article__text", "article__html", "article__plain")

    def lookup_allowed(self, lookup, value, request):
        return lookup == "article__id__exact" or super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
