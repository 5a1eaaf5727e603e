"""Asking for access without having any. What these pages say never depends on who is known here."""

from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import limits
from accounts.forms.registration import AccessRequestForm
from accounts.models import AccessRequest
from accounts.models.registration import CLOSED, NoLongerOpen


def unless_closed(view):
    """Where only managers create users there is nothing to be asked for: 404, in words that say who does (S0-3)."""

    @wraps(view)
    def asked(request, *args, **kwargs):
        if settings.REGISTRATION == CLOSED:
            return render(request, "accounts/registration_closed.html", status=HTTPStatus.NOT_FOUND)
        return view(request, *args, **kwargs)

    return asked


@login_not_required
@never_cache
@unless_closed
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request):
    """Ask for access: whatever is known of the address or the company, the same page, work and time."""
    if request.user.is_authenticated:
        return redirect("home")
    form = AccessRequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and is_allowed(request, form):
        form.save()
        return redirect("account_register_sent")
    return render(request, "accounts/registration.html", {"form": form})


def is_allowed(request, form) -> bool:
    """Not more often than somebody asks who means it; what was typed stays in the form."""
    try:
        limits.spend("registration_network", request)
        limits.spend("registration", request, what=form.cleaned_data["email"])
    except limits.Reached as refusal:
        form.add_error(None, refusal)
        return False
    return True


@login_not_required
@unless_closed
@require_safe
def sent(request):
    return render(request, "accounts/registration_sent.html")


@login_not_required
@never_cache
@unless_closed
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request, token):
    """The link that shows whose the address is; GET shows what was asked, POST confirms it."""
    asked = AccessRequest.from_link(token)
    if asked is None:
        return over(request)
    if request.method == "POST":
        try:
            asked.verify()
        except NoLongerOpen:
            return over(request)
        return redirect("account_register_done")
    return render(request, "accounts/registration_verify.html", {"asked": asked})


def over(request):
    return render(request, "accounts/registration_over.html", status=HTTPStatus.GONE)


@login_not_required
@unless_closed
@require_safe
def done(request):
    return render(request, "accounts/registration_done.html")
