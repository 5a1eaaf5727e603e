from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import sessions


@require_safe
def index(request):
    """Where the person is logged in."""
    here, *others = sessions.open_ones(request)
    return render(request, "accounts/sessions.html", {"here": here, "others": others})


@require_POST
def close(request, name):
    if not sessions.close(request, name):
        raise Http404
    messages.success(request, _("The session was closed."))
    return redirect("account:sessions")


@require_POST
def close_others(request):
    sessions.close_others(request)
    messages.success(request, _("Your other sessions were closed."))
    return redirect("account:sessions")
