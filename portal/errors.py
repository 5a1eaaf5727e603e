"""The error pages, in the portal's look and in the words of the person who meets them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.areas import AreaClosed
from accounts.models import User


def page(request, status: int, *, title: str, text: str, **context) -> HttpResponse:
    return render(request, "portal/error.html", {"code": status, "title": title, "text": text} | context, status=status)


def bad_request(request, exception=None):
    return page(
        request,
        400,
        title=_("We could not read that request"),
        text=_("Go back and try again. If you were sending many files, send fewer at a time."),
    )


def permission_denied(request, exception=None):
    """A missing flag: says who in the company can open the area (S0-9). Other refusals only say that they are."""
    if not isinstance(exception, AreaClosed) or request.user.company_id is None:
        return page(request, 403, title=_("You may not do this"), text=_("It is not among the things open to you."))
    return page(
        request,
        403,
        title=_("This area is not open to you"),
        text=_("The user managers of your company decide who uses each area of the portal."),
        managers=User.objects.visible_to(request.user).managers(),
    )


def not_found(request, exception=None):
    return page(
        request,
        404,
        title=_("There is nothing here"),
        text=_("The page does not exist, or it is not yours to see."),
    )


def csrf_failure(request, reason=""):
    return page(
        request,
        403,
        title=_("The form was open for too long"),
        text=_("Go back, copy what you wrote, reload the page and send it again."),
    )


def unavailable(request):
    """The database does not answer in time: the same page that needs nothing, as 503."""
    return HttpResponse(render_to_string("portal/500.html", {"busy": True}), status=503, headers={"Retry-After": "10"})


def server_error(request):
    """Without context processors: whatever broke must not break this page too."""
    return HttpResponse(render_to_string("portal/500.html"), status=500)
