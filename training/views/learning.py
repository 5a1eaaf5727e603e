"""What there is to learn, how one prepares for it, and what was recorded of it."""

from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import limits
from files import serving
from tables import keyset
from training.models import PreparationGuide, Recording, TrainingModule
from training.models.slot import random_token

RECORDINGS_A_PAGE = 25
NEWEST_FIRST = ("-added_at", "-public_id")


@require_safe
def plan(request):
    """Each module with what an initial training takes, and what the company has already had of it."""
    modules = TrainingModule.objects.visible_to(request.user).in_order()
    with_had = modules.with_had(request.user.company, at=timezone.now())
    shown = with_had.select_related("product", "outline").prefetch_related("topics")
    return render(request, "training/plan.html", {"modules": shown})


@require_safe
def outline(request, public_id):
    """What is seen in the sessions of a module, to keep."""
    modules = TrainingModule.objects.visible_to(request.user).exclude(outline=None)
    found = get_object_or_404(modules.select_related("product", "outline"), public_id=public_id)
    if "download" not in found.actions_for(request.user):
        raise PermissionDenied
    return sent(request, found.outline, title=str(found))


@require_safe
def preparation(request):
    """How one prepares a session, and a room in which to try picture and sound."""
    room = f"{settings.VIDEO_SERVER}/prueba-{random_token()}"
    return render(request, "training/preparation.html", {"guide": PreparationGuide.current(), "room": room})


@require_safe
def recordings(request):
    rows = Recording.objects.visible_to(request.user)
    try:
        page = keyset.page(
            rows, order=NEWEST_FIRST, cursor=request.GET.get("pagina"), size=RECORDINGS_A_PAGE, shown=in_rows
        )
    except keyset.BadCursor:
        page = keyset.page(rows, order=NEWEST_FIRST, size=RECORDINGS_A_PAGE, shown=in_rows)
    return render(request, "training/recordings.html", {"page": page})


def in_rows(rows):
    return rows.in_rows()


@require_safe
def recording(request, public_id):
    found = get_object_or_404(Recording.objects.visible_to(request.user).in_rows(), public_id=public_id)
    context = {"recording": found, "booking": found.booking, "actions": found.actions_for(request.user)}
    return render(request, "training/recording.html", context)


@require_safe
def recording_file(request, public_id):
    """The video itself, whole or in parts; `?descargar=1` keeps it."""
    found = get_object_or_404(Recording.objects.visible_to(request.user).in_rows(), public_id=public_id)
    if "watch" not in found.actions_for(request.user):
        raise PermissionDenied
    if found.stored is None:
        raise Http404
    return sent(request, found.stored, title=found.title, inline="descargar" not in request.GET)


def sent(request, stored, *, title: str, inline: bool = False):
    """A file whose row the person sees, or why nobody may open it now."""
    if request.method == "GET" and not inline:
        limits.spend("download", request)
    try:
        return serving.respond(request, stored, name=stored.name, inline=inline)
    except serving.Withheld:
        context = {"stored": stored, "title": title}
        return render(request, "training/withheld.html", context, status=HTTPStatus.FORBIDDEN)
