from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import limits
from downloads import archive
from downloads.forms import InstalledForm
from downloads.models import Bundle, Delivery, DownloadLog, ReleaseFile
from downloads.shelf import NAMES, NOTES_SHOWN, SELECTIONS, Shelf
from files import serving
from releases.models.release import NEWEST_FIRST
from tables import keyset

RELEASES_PER_PAGE = 25


@require_safe
def last(request):
    """The files of the last update."""
    shelf = Shelf.last(request.user, at=timezone.now())
    if shelf is None:
        return render(request, "downloads/none.html")
    return render(request, "downloads/release.html", {"shelf": shelf, "is_last": True})


@require_safe
def release(request, version):
    """The files of another update."""
    now = timezone.now()
    theirs = Delivery.objects.visible_to(request.user, at=now)
    delivery = get_object_or_404(theirs.with_newer(theirs), version=version)
    context = {"shelf": Shelf.of(delivery, request.user, at=now), "is_last": not delivery.has_newer}
    return render(request, "downloads/release.html", context)


@require_safe
def previous(request):
    """All the updates that the person may take, newest first."""
    rows = Delivery.objects.visible_to(request.user)
    try:
        page = keyset.page(rows, order=NEWEST_FIRST, cursor=request.GET.get("pagina"), size=RELEASES_PER_PAGE)
    except keyset.BadCursor:
        page = keyset.page(rows, order=NEWEST_FIRST, size=RELEASES_PER_PAGE)
    return render(request, "downloads/previous.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
def installed(request):
    """The company says what it runs."""
    form = InstalledForm(request.POST if request.method == "POST" else None, person=request.user, at=timezone.now())
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Kept. Downloads now shows the files that you need."))
        return redirect("downloads:list")
    return render(request, "downloads/installed.html", {"form": form})


@require_safe
def changes(request):
    """What changes for the company from the version that it says it has to the last update."""
    shelf = Shelf.last(request.user, at=timezone.now())
    if shelf is None:
        return render(request, "downloads/none.html")
    return render(request, "downloads/changes.html", {"shelf": shelf, "is_cut": len(shelf.notes) == NOTES_SHOWN})


@require_safe
def file(request, token):
    """One file, whole or in parts."""
    found = get_object_or_404(ReleaseFile.objects.visible_to(request.user).in_cards(), token=token)
    return taken(request, found, limit="download")


@login_not_required
@require_safe
def recommended(request):
    """What staff recommend to everybody, also to visitors (S3-6)."""
    files = list(ReleaseFile.objects.recommended(at=timezone.now()).in_cards())
    return render(request, "downloads/recommended.html", {"files": files, "shell": shell_of(request)})


@login_not_required
@require_safe
def recommended_file(request, token):
    """One of those files, for whoever has the address of the page."""
    found = get_object_or_404(ReleaseFile.objects.recommended(at=timezone.now()).in_cards(), token=token)
    return taken(request, found, limit="download" if request.user.is_authenticated else "download_visitor")


def taken(request, found: ReleaseFile, *, limit: str):
    if request.method == "GET":
        limits.spend(limit, request)
    try:
        response = serving.respond(request, found.stored, name=found.name)
    except serving.Withheld:
        return withheld(request, [found])
    note(request, response, [found])
    return response


def shell_of(request) -> str:
    """The page around a public one: the portal, or for visitors that without it."""
    return "base.html" if request.user.is_authenticated else "visitors.html"


@require_safe
def bundle(request, version, selection):
    """Several files of an update as one ZIP: the one that was built, or streamed until it is."""
    now = timezone.now()
    delivery = get_object_or_404(Delivery.objects.visible_to(request.user, at=now), version=version)
    chosen = SELECTIONS.get(selection)
    files = Shelf.of(delivery, request.user, at=now).choose(chosen).files if chosen else []
    if not files:
        raise Http404
    if any(one.stored.is_withheld for one in files):
        return withheld(request, files)
    if request.method == "GET":
        limits.spend("download", request)
    response = zipped(request, files, name=NAMES[selection] % {"version": version}, at=now)
    note(request, response, files)
    return response


def zipped(request, files, *, name, at):
    built = Bundle.objects.built(files)
    if request.method == "GET":
        Bundle.objects.ask_for(files, at=at)
    if built is not None:
        return serving.respond(request, built, name=name)
    try:
        chunks = archive.zipped(files)
    except FileNotFoundError as error:
        raise Http404("not on the disk") from error
    return serving.stream(request, chunks, size=len(chunks), name=name, content_type="application/zip")


def note(request, response, files) -> None:
    """Who takes what is written down before the first byte leaves."""
    if request.method == "GET" and serving.is_download(response):
        is_part = "Range" in request.headers
        if request.user.is_authenticated:
            DownloadLog.objects.note(files, by=request.user, at=timezone.now(), is_part=is_part)
        elif not is_part or request.headers["Range"].startswith("bytes=0-"):
            DownloadLog.objects.note(files, by=None, at=timezone.now())


def withheld(request, files):
    """Instead of files that nobody may open: which, and why."""
    context = {"files": [one for one in files if one.stored.is_withheld], "shell": shell_of(request)}
    return render(request, "downloads/withheld.html", context, status=HTTPStatus.FORBIDDEN)
