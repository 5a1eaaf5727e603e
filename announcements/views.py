from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.areas import is_there
from announcements.board import board, is_open_to
from announcements.forms import AcceptForm
from announcements.models import Announcement, ContactEntry, Incident, InformationPage, RulesOfUse
from announcements.models.announcement import IN_ORDER, NEWEST_FIRST
from announcements.models.contact import mailto
from announcements.models.service import NEWEST_FIRST as NEWEST_INCIDENTS_FIRST
from tables import keyset

PER_PAGE = 20
INCIDENTS_PER_PAGE = 15

# --- announcements ---


@login_not_required
@require_safe
def announcements(request):
    """Those in force, pinned ones first; or with `ver=anteriores` those that have ended."""
    now, past = timezone.now(), request.GET.get("ver") == "anteriores"
    rows = Announcement.objects.visible_to(request.user, at=now)
    rows = rows.ended(at=now) if past else rows.in_force(at=now)
    found = paged(request, rows.in_lists().with_marks(request.user), NEWEST_FIRST if past else IN_ORDER, PER_PAGE)
    return page(request, "announcements/announcements.html", {"page": found, "past": past, "now": now})


@login_not_required
@require_safe
def announcement(request, slug):
    now = timezone.now()
    found = find(request, slug, at=now)
    actions = found.actions_for(request.user)
    context = {"announcement": found, "actions": actions, "is_over": found.is_over(at=now)}
    return page(request, "announcements/announcement.html", context)


@require_POST
def mark_read(request, slug):
    """It leaves this person's home page, and nobody else's."""
    now = timezone.now()
    found = find(request, slug, at=now)
    if "read" not in found.actions_for(request.user):
        raise PermissionDenied
    found.mark_read(by=request.user, at=now)
    return redirect(request.POST.get("next") if is_ours(request, request.POST.get("next")) else "announcements:list")


def find(request, slug, *, at) -> Announcement:
    return get_object_or_404(Announcement.objects.visible_to(request.user, at=at).with_marks(request.user), slug=slug)


# --- how the service is ---


def as_the_setting_says(view):
    """For visitors where the page of the service is public; else they log in first."""

    @login_not_required
    @require_safe
    def shown(request, *args, **kwargs):
        if not settings.STATUS_PUBLIC and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        return view(request, *args, **kwargs)

    return shown


@as_the_setting_says
def status(request):
    """The components as they are now, what fails, what is planned, and the last ninety days."""
    now = timezone.now()
    past = Incident.objects.visible_to(request.user).past(at=now).in_full()
    found = paged(request, past, NEWEST_INCIDENTS_FIRST, INCIDENTS_PER_PAGE)
    context = {"board": board(request.user, at=now), "page": found, "is_first": not found.previous}
    return page(request, "announcements/status.html", context)


@as_the_setting_says
def incident(request, public_id):
    found = get_object_or_404(Incident.objects.visible_to(request.user).in_full(), public_id=public_id)
    context = {"incident": found, "is_over": found.is_over(at=timezone.now())}
    return page(request, "announcements/incident.html", context)


# --- rules of use ---


@login_not_required
@require_safe
def rules(request):
    """The rules in force, to be read at any time."""
    found = RulesOfUse.objects.visible_to(request.user).current(at=timezone.now())
    return page(request, "announcements/rules.html", {"rules": found})


@require_http_methods(["GET", "HEAD", "POST"])
def accept_rules(request):
    """The rules that the person has yet to accept; afterwards the page that they wanted."""
    now, wanted = timezone.now(), request.POST.get("next") or request.GET.get("next")
    wanted = wanted if is_ours(request, wanted) else reverse("home")
    pending = RulesOfUse.objects.visible_to(request.user).to_accept(request.user, at=now)
    if pending is None:
        return redirect(wanted)
    form = AcceptForm(request.POST if request.method == "POST" else None, rules=pending)
    if request.method == "POST":
        if request.user.is_viewed:
            raise PermissionDenied
        if form.is_valid():
            form.save(by=request.user, at=now)
            messages.success(request, _("Thank you. You can read the rules again at any time."))
            return redirect(wanted)
    return render(request, "announcements/rules_accept.html", {"rules": pending, "form": form, "wanted": wanted})


# --- how the vendor is reached, and what the law wants to be said ---


@login_not_required
@require_safe
def contact(request):
    entries = list(ContactEntry.objects.visible_to(request.user).in_order())
    written = InformationPage.objects.visible_to(request.user).filter(key=InformationPage.Key.CONTACT).first()
    context = {
        "telephones": [entry for entry in entries if entry.phone],
        "addresses": [entry for entry in entries if entry.email],
        "written": written,
        "has_rules": RulesOfUse.objects.visible_to(request.user).begun(at=timezone.now()).exists(),
        "shows_status": is_open_to(request.user),
        "manual": settings.BRAND["manual"],
        "ask_for_manual": mailto(settings.BRAND["email"], _("Full manual of the portal")),
    }
    return page(request, "announcements/contact.html", context)


@login_not_required
@require_safe
def information(request, key):
    """A page that staff write; until then it says what is always true."""
    written = InformationPage.objects.visible_to(request.user).filter(key=key).first()
    title, for_guests = InformationPage.Key(key).label, settings.GUESTS and is_there("guests")
    context = {"key": key, "title": title, "written": written, "for_guests": for_guests}
    return page(request, "announcements/information.html", context)


# --- of all of them ---


def page(request, template: str, context: dict):
    """In the shell of the portal, or for visitors without it."""
    shell = "base.html" if request.user.is_authenticated else "visitors.html"
    return render(request, template, context | {"shell": shell})


def paged(request, rows, order, size) -> keyset.KeysetPage:
    try:
        return keyset.page(rows, order=order, cursor=request.GET.get("pagina"), size=size)
    except keyset.BadCursor:
        return keyset.page(rows, order=order, size=size)


def is_ours(request, address: str | None) -> bool:
    """Whether it leads to a page of the portal."""
    hosts, is_secure = {request.get_host()}, request.is_secure()
    return url_has_allowed_host_and_scheme(address, allowed_hosts=hosts, require_https=is_secure)
