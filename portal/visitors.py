"""The home page of whoever has not logged in: what can be done here, the way in, and what is announced (S1-29…S1-32,
S3-5…S3-17)."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.areas import is_there
from accounts.forms.access import LoginForm
from accounts.models.registration import CLOSED, OPEN
from announcements.models import Announcement
from announcements.models.announcement import IN_ORDER
from downloads.models import ReleaseFile
from portal.search.kinds import open_kinds

ANNOUNCEMENTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Tile:
    """One thing that visitors can do."""

    url: str
    icon: str
    label: Any
    hint: Any


@login_not_required
@never_cache
@require_safe
def visitors_home(request):
    """The public home, where the installation has one; whoever is logged in has theirs."""
    if request.user.is_authenticated or not settings.VISITORS_HOME:
        return redirect("home")
    searches = bool(open_kinds(request.user))
    context = {"tiles": tiles(), "form": LoginForm(), "searches": searches, "announcements": latest()}
    return render(request, "portal/visitors_home.html", context)


def tiles() -> list[Tile]:
    """What the settings, and what there is, open to visitors (S3-6, S3-7)."""
    found = []
    if settings.REGISTRATION != CLOSED:
        hint = ALONE if settings.REGISTRATION == OPEN else WITH_A_YES
        found.append(Tile(reverse("account_register"), "user-plus", REGISTER, hint))
    if is_there("downloads") and ReleaseFile.objects.recommended(at=timezone.now()).exists():
        found.append(Tile(reverse("downloads:recommended"), "arrow-down-tray", *DOWNLOADS))
    if is_there("tickets"):
        found.append(Tile(for_guests("guests:new") or after_log_in("tickets:new"), "plus-circle", *NEW_TICKET))
    if is_there("announcements"):
        found.append(Tile(reverse("announcements:list"), "megaphone", *ANNOUNCEMENTS))
    if is_there("tickets"):
        found.append(Tile(for_guests("guests:lookup") or after_log_in("tickets:list"), "eye", *FOLLOW))
    if is_there("status") and settings.STATUS_PUBLIC:
        found.append(Tile(reverse("status:status"), "signal", *STATUS))
    return found


REGISTER = pgettext_lazy("tile", "Register")
ALONE = _("Quick: all it takes is an e-mail address that you can read")
WITH_A_YES = _("Ask for access with your e-mail address: the manager of your company says yes")
DOWNLOADS = (_("Recommended downloads"), _("Tools and documents for everybody"))
NEW_TICKET = (_("Open a ticket"), _("Tell us what you need, with files if they help"))
ANNOUNCEMENTS = (pgettext_lazy("menu", "Announcements"), _("Recommendations, notices and other things worth knowing"))
FOLLOW = (_("See the state of a ticket"), _("Whether there is an answer, and what was said"))
STATUS = (pgettext_lazy("menu", "State of the service"), _("What works, what fails and what is planned"))


def latest() -> list[Announcement]:
    """The public announcements in force, pinned ones first."""
    if not is_there("announcements"):
        return []
    now = timezone.now()
    rows = Announcement.objects.visible_to(AnonymousUser(), at=now).in_force(at=now).in_lists()
    return list(rows.order_by(*IN_ORDER)[:ANNOUNCEMENTS_SHOWN])


def after_log_in(name: str) -> str:
    return f"{reverse('account_login')}?{urlencode({'next': reverse(name)})}"


def for_guests(name: str) -> str:
    """A page for guests, where the installation attends to them."""
    return reverse(name) if settings.GUESTS else ""
