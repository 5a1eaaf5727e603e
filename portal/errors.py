"""The error pages, in the portal's look and in the words of the person who meets them."""

import sys

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.areas import AreaClosed
from accounts.models import User
from accounts.viewing import ReadOnly
from tickets import unsent
from tickets.models.seal import Seal

# A lock or a connection that did not come in time, or was lost.
UNREACHED = (OperationalError, InterfaceError)


def page(request, status: int, *, title: str, text: str, **context) -> HttpResponse:
    return render(request, "portal/error.html", {"code": status, "title": title, "text": text} | context, status=status)


def bad_request(request, exception=None):
    if is_unreached(exception):  # Django takes a session that could not be saved for one that was deleted
        return unavailable(request)
    return page(
        request,
        400,
        title=_("We could not read that request"),
        text=_("Go back and try again. If you were sending many files, send fewer at a time."),
    )


def permission_denied(request, exception=None):
    """A missing flag: says who in the company can open the area (S0-9). Other refusals only say that they are."""
    if isinstance(exception, ReadOnly):
        return page(
            request,
            403,
            title=_("You are only looking"),
            text=_("While you see the portal as another person nothing can be done, and this page stays closed."),
        )
    if not isinstance(exception, AreaClosed) or request.user.company_id is None:
        return page(request, 403, title=_("You may not do this"), text=_("It is not among the things open to you."))
    return page(
        request,
        403,
        title=_("This area is not open to you"),
        text=_("The user managers of your company decide who uses each area of the portal."),
        managers=User.objects.visible_to(request.user).managers(),
    )


def only_a_deed(request, *, allowed: str):
    """Somebody came to the address of a button, by the address bar or a bookmark: nothing was done."""
    answer = page(
        request,
        405,
        title=_("Nothing was done"),
        text=_("This address belongs to a button. Go back to the page where it is and press it there."),
    )
    answer["Allow"] = allowed
    return answer


def not_found(request, exception=None):
    return page(
        request,
        404,
        title=_("There is nothing here"),
        text=_("The page does not exist, or it is not yours to see."),
    )


def csrf_failure(request, reason=""):
    """The form is not ours, or older than the last log-in of this browser: then its text is kept (decision 13)."""
    if seal := unsent.keep(request):
        return kept(request, seal)
    return page(
        request,
        403,
        title=_("The form was open for too long"),
        text=_("Go back, copy what you wrote, reload the page and send it again."),
    )


def too_many(request):
    """A limit is reached; allauth asks for this page too. What the address holds, such as a search, is there still."""
    reached = getattr(request, "limit_reached", None)
    return page(
        request,
        429,
        title=_("Too many times"),
        text=" ".join(reached.messages) if reached else _("Wait a few minutes and try again."),
    )


def kept(request, seal: Seal) -> HttpResponse:
    """The form could not be let in, and its text is in its writer's draft: on to the page where it waits."""
    if not request.user.is_authenticated:
        messages.info(
            request, _("What you had written is kept: log in to send it. If you had chosen files, choose them again.")
        )
        return redirect_to_login(seal.page)
    if request.user.pk == seal.person.pk:
        messages.info(request, _("You have logged in since you opened the form. Nothing was lost: send it again."))
        return redirect(seal.page)
    return page(
        request,
        403,
        title=_("The form was opened by another person"),
        text=_("What it holds is kept for them. Reload the page to write in your own name."),
    )


def unavailable(request):
    """The database does not answer in time: a page that needs nothing, as 503, which gives back what was written."""
    written = message_in(request)
    context = {
        "busy": True,
        "written": written,
        "path": request.get_full_path(),
        "has_files": written and request.FILES,
    }
    return HttpResponse(render_to_string("portal/500.html", context), status=503, headers={"Retry-After": "10"})


def is_unreached(error: BaseException | None) -> bool:
    """Whether the error, or one that it followed from, is that the database was not there."""
    while error is not None and not isinstance(error, UNREACHED):
        error = error.__cause__ or error.__context__
    return error is not None


def message_in(request) -> list[tuple[str, str]]:
    """The fields of a message that was posted; those of other forms, such as log-in, are not repeated."""
    try:
        posted = request.POST
    except (OSError, SuspiciousOperation):  # it broke off, or was never well
        return []
    if "body" not in posted:
        return []
    return [(name, value) for name, values in posted.lists() for value in values]


def server_error(request):
    """Without context processors: whatever broke must not break this page too."""
    if is_unreached(sys.exception()):
        return unavailable(request)
    return HttpResponse(render_to_string("portal/500.html"), status=500)
