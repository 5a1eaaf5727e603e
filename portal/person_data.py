"""“My data”: what the portal holds of oneself, to take along, and the request to be erased."""

from django.contrib import messages
from django.http import StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits, stepup
from accounts.forms.privacy import ErasureRequestForm
from accounts.models import AuditEntry, ErasureRequest
from portal.privacy import export


@require_safe
@stepup.required
def index(request):
    """Both, behind the password: whoever found a browser open takes nothing along."""
    waiting = ErasureRequest.objects.visible_to(request.user).waiting().first()
    return render(request, "portal/my_data.html", {"waiting": waiting})


@require_POST
@stepup.required
@limits.limited("export")
def download(request):
    """A ZIP, made while it is sent."""
    person = request.user
    AuditEntry.write(AuditEntry.Kind.DATA_EXPORTED, by=person, on=person, company=person.company)
    name = _("my-data-%(date)s.zip") % {"date": timezone.localdate().isoformat()}
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(export.archive(person), content_type="application/zip", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@stepup.required
def erasure(request):
    """Ask to be erased. GET says what that means, POST asks."""
    form = ErasureRequestForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your request is with support and the managers of your company."))
        return redirect("my_data:index")
    return render(request, "portal/erasure.html", {"form": form})


@require_POST
@stepup.required
def withdraw(request):
    """The person would rather stay."""
    waiting = ErasureRequest.objects.visible_to(request.user).waiting().first()
    if waiting and waiting.withdraw(by=request.user):
        messages.success(request, _("Your request is withdrawn: nothing is erased."))
    return redirect("my_data:index")
