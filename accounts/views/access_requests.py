"""Gestión: the managers of a company decide about those who ask for access to it."""

from functools import partial

from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import limits, stepup
from accounts.forms.registration import ApprovalForm, RejectionForm
from accounts.models import AccessRequest
from accounts.models.registration import CLOSED, NoLongerOpen
from tables import keyset
from text import when

NEWEST_FIRST = ("-verified_at", "-public_id")


@require_safe
def index(request):
    """Those that wait, or those that were answered."""
    requests = AccessRequest.objects.visible_to(request.user)
    answered = request.GET.get("ver") == "respondidas"
    rows = (requests.answered() if answered else requests.waiting()).select_related("company", "decided_by")
    try:
        page = keyset.page(rows, order=NEWEST_FIRST, cursor=request.GET.get("pagina"))
    except keyset.BadCursor:
        page = keyset.page(rows, order=NEWEST_FIRST)
    now = timezone.now()
    for asked in page.rows:
        asked.when = when.near(asked.verified_at, now=now)
    context = {"page": page, "answered": answered, "is_closed": settings.REGISTRATION == CLOSED}
    return render(request, "accounts/access_request_list.html", context)


@sensitive_post_parameters("own_password")
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request, public_id):
    """One request; while it waits, with what the person may use once it is approved."""
    requests = AccessRequest.objects.visible_to(request.user)
    asked = get_object_or_404(requests.select_related("company", "decided_by"), public_id=public_id)
    may_approve = "approve" in asked.actions_for(request.user)
    if request.method == "POST" and not may_approve:
        return decided_already(request, asked)
    if not may_approve:
        return render(request, "accounts/access_request.html", {"asked": asked})
    confirm = None if stepup.is_fresh(request) else partial(stepup.confirm, request)
    form = ApprovalForm(
        request.POST or None,
        asked=asked,
        confirm=confirm,
        asking=limits.refusals("taken", request),
    )
    if request.method == "POST" and form.is_valid():
        try:
            person = form.save(by=request.user)
        except NoLongerOpen:
            return decided_already(request, asked)
        if person is not None:
            tell_of_approval(request, person, form.cleared())
            return redirect("access_requests:list")
    return render(request, "accounts/access_request.html", {"asked": asked, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def reject(request, public_id):
    asked = get_object_or_404(AccessRequest.objects.visible_to(request.user), public_id=public_id)
    if "reject" not in asked.actions_for(request.user):
        return decided_already(request, asked)
    form = RejectionForm(request.POST if request.method == "POST" else None, asked=asked)  # all of it may be empty
    if request.method == "POST" and form.is_valid():
        try:
            form.save(by=request.user)
        except NoLongerOpen:
            return decided_already(request, asked)
        messages.success(request, _("The request was rejected. The person is told by e-mail."))
        return redirect("access_requests:list")
    return render(request, "accounts/access_request_reject.html", {"asked": asked, "form": form})


def decided_already(request, asked):
    """A colleague was faster, or the person asked anew: nothing is done twice."""
    messages.warning(request, _("This request no longer waits for an answer; nothing was changed."))
    return redirect("access_requests:list")


def tell_of_approval(request, person, cleared: list[str]) -> None:
    name = person.get_full_name()
    words = _("%(name)s now has access. A welcome with a link to choose the password is on its way by e-mail.")
    messages.success(request, words % {"name": name})
    if cleared:
        words = _("Left off, because what they depend on is off: %(permissions)s.")
        messages.info(request, words % {"permissions": ", ".join(cleared)})
