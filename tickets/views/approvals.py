"""Gestión: the managers of a company decide about what its people ask for."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tickets.forms import RefuseForm
from tickets.models import IllegalStep, Request
from tickets.views.requests import asked_page, content_of
from tickets.views.thread import step

DECIDED = "decididas"


@require_safe
def waiting_list(request):
    """Those that wait, or those that were decided."""
    part = request.GET.get("ver", "")
    asked = Request.objects.visible_to(request.user)
    page = asked_page(request, asked.decided() if part == DECIDED else asked.waiting())
    return render(request, "tickets/approval_list.html", {"page": page, "decided": part == DECIDED})


@require_safe
def detail(request, public_id):
    """What is asked for, by whom and at which price; no thread."""
    asked = found_request(request, public_id)
    context = {"asked": asked, "actions": asked.actions_for(request.user), **content_of(asked)}
    return render(request, "tickets/approval.html", context)


@require_POST
def approve(request, public_id):
    asked = found_request(request, public_id)
    done = _("Approved: support has it now, and %(name)s has been told.")
    step(request, asked.approve, done=done % {"name": asked.author.get_full_name()})
    return redirect("approvals:list")


@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request, public_id):
    """No, with a reason."""
    asked = found_request(request, public_id)
    form = RefuseForm(request.POST or None, asked=asked)
    if request.method == "POST" and form.is_valid():
        try:
            form.save(by=request.user)
            done = _("Refused, and %(name)s has been told why.") % {"name": asked.author.get_full_name()}
            messages.success(request, done)
        except IllegalStep as refusal:
            messages.error(request, refusal.message)
        return redirect("approvals:list")
    return render(request, "tickets/approval_refuse.html", {"asked": asked, "form": form})


def found_request(request, public_id) -> Request:
    shown = Request.objects.visible_to(request.user).in_rows().select_related("type__topic__department", "company")
    return get_object_or_404(shown, public_id=public_id)
