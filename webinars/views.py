from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from files import serving
from tables import keyset
from webinars import calendar
from webinars.forms import LibraryForm
from webinars.models import IllegalStep, Material, Webinar
from webinars.models.webinar import NEWEST_FIRST

PER_PAGE = 12
# Nobody plans more at once; whatever there is, the library follows below.
PLANNED_SHOWN = 20


@require_safe
def webinars(request):
    """What is planned, and the library of what was recorded."""
    now = timezone.now()
    if request.GET.get("q"):
        limits.spend("search", request)
    form = LibraryForm(request.GET, person=request.user)
    found = form.found().with_marks(request.user)
    planned = [] if form.only_unseen else list(found.on_the_board(at=now)[:PLANNED_SHOWN])
    try:
        page = page_of(request, form, cursor=request.GET.get("pagina"))
    except keyset.BadCursor:
        page = page_of(request, form, cursor=None)
    context = {"form": form, "planned": planned, "page": page, "now": now, "is_first": not page.previous}
    return render(request, "webinars/webinars.html", context)


def page_of(request, form, *, cursor):
    """A page of the library; raises BadCursor."""

    def shown(rows):
        return rows.with_marks(request.user).select_related("poster")

    return keyset.page(form.library().recorded(), order=NEWEST_FIRST, cursor=cursor, size=PER_PAGE, shown=shown)


@require_safe
def webinar(request, slug):
    """One webinar: what it is about, how to take part, its recording and what belongs to it."""
    now = timezone.now()
    rows = Webinar.objects.visible_to(request.user).with_marks(request.user)
    found = get_object_or_404(rows.select_related("poster", "video"), slug=slug)
    chapters = list(found.chapters.all()) if found.is_recorded else []
    asked = request.GET.get("desde")
    context = {
        "webinar": found,
        "actions": found.actions_for(request.user, at=now),
        "is_over": found.is_over(at=now),
        "chapters": chapters,
        "begins": next((chapter.seconds for chapter in chapters if str(chapter.seconds) == asked), 0),
        "materials": found.materials.select_related("stored"),
    }
    return render(request, "webinars/webinar.html", context)


@require_POST
def register(request, slug):
    found = allowed(request, slug, "register")
    try:
        found.register(by=request.user, at=timezone.now())
    except IllegalStep as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("You are registered. We will remind you by e-mail the day and the hour before."))
    return redirect(found)


@require_POST
def unregister(request, slug):
    found = allowed(request, slug, "unregister")
    found.unregister(by=request.user, at=timezone.now())
    messages.success(request, _("Your registration is cancelled. You may register again."))
    return redirect(found)


@require_safe
def calendar_entry(request, slug):
    found = allowed(request, slug, "calendar")
    response = HttpResponse(calendar.entry(found, at=timezone.now()), content_type=calendar.CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{found.slug}.ics"'
    return response


@require_POST
def mark_seen(request, slug):
    found = allowed(request, slug, "mark")
    found.mark_seen(by=request.user, at=timezone.now())
    return redirect(found)


@require_POST
def mark_unseen(request, slug):
    found = allowed(request, slug, "mark")
    found.mark_unseen(by=request.user)
    return redirect(found)


def allowed(request, slug, action) -> Webinar:
    found = get_object_or_404(Webinar.objects.visible_to(request.user), slug=slug)
    if action not in found.actions_for(request.user, at=timezone.now()):
        raise PermissionDenied
    return found


# --- files ---


@require_safe
def video(request, slug):
    """The recording, whole or the part that a browser asks for."""
    found = get_object_or_404(Webinar.objects.visible_to(request.user).recorded().select_related("video"), slug=slug)
    if found.video is None:
        raise Http404
    if request.method == "GET":
        limits.spend("watch", request)
    return sent(request, found, found.video, name=f"{found.slug}{extension(found.video)}", inline=True)


@require_safe
def poster(request, slug):
    found = get_object_or_404(Webinar.objects.visible_to(request.user).select_related("poster"), slug=slug)
    if found.poster is None:
        raise Http404
    return serving.respond(request, found.poster, name=found.slug, inline=True, display=True)


@require_safe
def material(request, slug, token):
    rows = Material.objects.visible_to(request.user).select_related("stored", "webinar")
    found = get_object_or_404(rows, webinar__slug=slug, token=token)
    if request.method == "GET":
        limits.spend("download", request)
    return sent(request, found.webinar, found.stored, name=found.name)


def sent(request, found, stored, **how):
    """The file, or in its place a page that says why nobody may open it now."""
    try:
        return serving.respond(request, stored, **how)
    except serving.Withheld:
        context = {"webinar": found, "stored": stored}
        return render(request, "webinars/withheld.html", context, status=HTTPStatus.FORBIDDEN)


def extension(stored) -> str:
    return stored.name[stored.name.rfind(".") :] if "." in stored.name else ""
