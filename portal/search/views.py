"""Buscar: everything that a person, or a visitor, may see and that holds some words."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import limits
from accounts.gates import also_for_visitors
from portal.search import kinds
from portal.search.forms import SearchForm


@also_for_visitors
@require_safe
def results(request):
    form, person = SearchForm(request.GET), request.user
    asked = kinds.open_kinds(person)
    found = groups(request, form, asked) if form.is_valid() and form.words else []
    shell = "base.html" if person.is_authenticated else "visitors.html"
    context = {"form": form, "groups": found, "kinds": asked, "shell": shell}
    return render(request, "portal/search.html", context)


def groups(request, form, asked):
    """What is found; nothing where it was asked too often, which the form then says."""
    try:
        limits.spend("search" if request.user.is_authenticated else "search_visitor", request)
    except limits.Reached as refusal:
        form.add_error("q", refusal)
        return []
    worth, is_lit = kinds.worth_asking(form.words, asked, request.user)
    if is_lit is not None:
        request.alarm = is_lit
    return list(kinds.found(form.words, kinds=worth, person=request.user, at=timezone.now()))
