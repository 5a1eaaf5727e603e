"""Ayuda: articles that explain, for whoever may read them, also without logging in (S4-21, S2-25)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from files import serving
from knowledge.forms import SearchForm, VoteForm
from knowledge.models import Article, ArticlePicture, ArticleVote, Category
from knowledge.models.article import IN_ORDER
from knowledge.shelves import QUESTIONS, questions_of, shelves
from tables import keyset
from text import when

ARTICLES_PER_PAGE = 40
RELATED = 6


@login_not_required
@require_safe
def index(request):
    """Every category with its first articles, or what a search finds."""
    form = SearchForm(request.GET)
    if form.words:
        limits.spend("search" if request.user.is_authenticated else "search_visitor", request)
        results = form.results(Article.objects.visible_to(request.user))
        return page(request, "knowledge/results.html", {"form": form, "results": results})
    return page(request, "knowledge/index.html", {"form": form, "shelves": shelves(request.user)})


@login_not_required
@require_safe
def category(request, slug):
    """All the articles of a category and of those inside it; frequent questions with their answers."""
    found = get_object_or_404(Category.objects.visible_to(request.user).select_related("parent"), slug=slug)
    articles = Article.objects.visible_to(request.user).below(found)
    size = QUESTIONS if found.is_faq else ARTICLES_PER_PAGE
    articles = questions_of(articles) if found.is_faq else articles.in_lists()
    try:
        rows = keyset.page(articles, order=IN_ORDER, cursor=request.GET.get("pagina"), size=size)
    except keyset.BadCursor:
        rows = keyset.page(articles, order=IN_ORDER, size=size)
    inside = Category.objects.visible_to(request.user).filter(parent=found).in_order()
    context = {"form": SearchForm(), "category": found, "page": rows, "inside": inside}
    return page(request, "knowledge/category.html", context)


@login_not_required
@require_safe
def article(request, slug):
    found = find(request, slug)
    related = Article.objects.visible_to(request.user).filter(pk__in=found.related.all()).in_lists()[:RELATED]
    context = {"article": found, "related": related, "actions": found.actions_for(request.user)}
    if "vote" in context["actions"]:
        said = ArticleVote.objects.visible_to(request.user).filter(article=found).first()
        context |= {"said": said, "vote_form": VoteForm(article=found)}
    return page(request, "knowledge/article.html", context)


@login_not_required
@require_safe
def article_on_paper(request, slug):
    found = find(request, slug)
    printed = _("Printed on %(date)s") % {"date": when.absolute(timezone.now())}
    return render(request, "knowledge/article_print.html", {"article": found, "printed": printed})


@require_POST
def vote(request, slug):
    """Whether it helped, once for each person; saying it again changes it."""
    found = find(request, slug)
    if "vote" not in found.actions_for(request.user):
        raise PermissionDenied
    limits.spend("vote", request)
    form = VoteForm(request.POST, article=found)
    if form.is_valid():
        form.save(by=request.user)
        messages.success(request, _("Thank you: it helps us to improve."))
        return redirect(found)
    messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect(found)


@login_not_required
@require_safe
def picture(request, token):
    """A picture of an article that the person may read, as the copy that pages show."""
    found = get_object_or_404(ArticlePicture.objects.visible_to(request.user).select_related("stored"), token=token)
    return serving.respond(request, found.stored, name=found.name, inline=True, display=True)


def find(request, slug) -> Article:
    return get_object_or_404(Article.objects.visible_to(request.user).select_related("category__parent"), slug=slug)


def page(request, template: str, context: dict):
    """In the shell of the portal, or for visitors without it."""
    shell = "base.html" if request.user.is_authenticated else "visitors.html"
    return render(request, template, context | {"shell": shell})
