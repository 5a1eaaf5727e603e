"""Licences and modules: what the company has, until when, and the file that extends the licence."""

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from contracts.models import AppliedAlready, Licence, LicenceFile, offer_to, recipients_of, takings
from contracts.models.standing import by_kind
from files import serving

FILES_SHOWN = 12


@require_safe
def index(request):
    """Staff have no company: their door to all this is the desk."""
    user = request.user
    if user.company is None:
        return redirect("admin:contracts_licencefile_changelist")
    today = user.company.today(timezone.now())
    files = LicenceFile.objects.visible_to(user).select_related("stored", "applied_by")[:FILES_SHOWN]
    context = {
        "licence": Licence.of(user.company, on=today),
        "files": [(file, lines, file.actions_for(user)) for file, lines in takings(files)],
        "recipients": [] if user.receives_licence_files else list(recipients_of(user.company)),
        "kinds": by_kind(offer_to(user.company, on=today)),
    }
    return render(request, "contracts/licences.html", context)


@require_safe
def download(request, public_id):
    """The release file. Each download is one line of the logbook; what a browser asks for to go on is none."""
    file = found(request, public_id)
    if "download" not in file.actions_for(request.user):
        raise PermissionDenied
    if request.method == "GET":
        limits.spend("download", request)
    try:
        response = serving.respond(request, file.stored, name=file.stored.name)
    except serving.Withheld:
        return render(request, "contracts/licence_withheld.html", {"file": file}, status=HTTPStatus.FORBIDDEN)
    if request.method == "GET" and serving.is_download(response):
        file.note_download(by=request.user, goes_on=serving.goes_on(request, response))
    return response


@require_POST
def apply(request, public_id):
    """“I have applied it already.”"""
    file = found(request, public_id)
    try:
        file.apply(by=request.user)
    except AppliedAlready as refusal:
        messages.info(request, refusal.message)
    else:
        messages.success(request, _("Noted: the file is applied. Nobody will be reminded of it."))
    return redirect("licences:list")


def found(request, public_id) -> LicenceFile:
    files = LicenceFile.objects.visible_to(request.user).select_related("stored", "company")
    return get_object_or_404(files, public_id=public_id)
