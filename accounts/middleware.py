import zoneinfo

import structlog
from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import areas, second_factor, sessions, viewing
from accounts.gates import is_public
from accounts.models.logbook import origin

LANGUAGES = dict(settings.LANGUAGES)
# What a person who must change the password may still reach.
BEFORE_THE_NEW_PASSWORD = frozenset({"account:password", "account_logout", "language"})

# What a person of support who must have a second factor may reach without one.
BEFORE_THE_SECOND_FACTOR = BEFORE_THE_NEW_PASSWORD | {
    "account:second_factor",
    "account:app_add",
    "account:passkey_add",
    "account_reauthenticate",
}


def client_address(request) -> str | None:
    """The address that the trusted proxies vouch for; None behind a socket or with a broken header."""
    try:
        return get_client_ip(request)
    except ImproperlyConfigured:
        return None


class AbsentAreaMiddleware:
    """What belongs to an area that this installation does not have is not there, for anybody."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        namespaces = request.resolver_match.namespaces
        if namespaces and not areas.is_there(namespaces[0]):
            raise Http404


class ViewedPersonMiddleware:
    """While staff see the portal as a person, that person is `request.user`, `request.viewer` is who looks, and
    nothing can be changed. `request.look` says why and until when."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.viewer, request.look = None, viewing.look_of(request)
        if request.look is None:
            return self.get_response(request)
        if not request.look.holds(request.session, at=timezone.now()):
            request.look.end(request.session)
            return self.get_response(request)
        request.viewer, request.user = request.look.viewer, request.look.person
        structlog.contextvars.bind_contextvars(viewer_id=request.viewer.pk)
        with connection.execute_wrapper(viewing.reading_only):
            return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.viewer is not None:
            viewing.check(request, request.resolver_match.view_name)
        elif request.look is not None and request.user.is_authenticated:
            name = request.look.person.get_full_name()
            messages.info(request, _("You no longer see the portal as %(name)s.") % {"name": name})
            return redirect("admin:index")
        return None


class PreferencesMiddleware:
    """The language and the time zone of the person; before log-in the visitor's choice. The browser is not asked."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        user = request.user
        language = user.language if user.is_authenticated else request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        language = language if language in LANGUAGES else settings.LANGUAGE_CODE
        request.LANGUAGE_CODE = language
        zone = user.company.time_zone if user.is_authenticated and user.company_id else settings.TIME_ZONE
        token = origin.set(client_address(request))
        try:
            with translation.override(language), timezone.override(zoneinfo.ZoneInfo(zone)):
                response = self.get_response(request)
        finally:
            origin.reset(token)
        response.headers.setdefault("Content-Language", language)
        return response


class SessionLimitsMiddleware:
    """Ends staff sessions at their absolute limit, after which the request is a visitor's, and notes activity."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            now = timezone.now().timestamp()
            if sessions.is_over(request.session, at=now):
                logout(request)
                messages.info(request, _("Your session ended. Log in again to go on."))
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.user.is_authenticated and not getattr(view_func, "is_in_background", False):
            sessions.note_activity(request.session, at=timezone.now().timestamp())


class AreaGateMiddleware:
    """After log-in: a password that must be changed comes first, then the flag of the area. Public views pass."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        user, match = request.user, request.resolver_match
        if not user.is_authenticated:
            return None
        if is_public(view_func):
            return None
        if user.must_change_password and not user.is_viewed and match.view_name not in BEFORE_THE_NEW_PASSWORD:
            return redirect("account:password")
        if not areas.opens(user, match):
            raise areas.AreaClosed
        return None


class StaffSecondFactorMiddleware:
    """Support staff who must have a second factor add one before anything else. Public views pass."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        user = request.user
        if not user.is_authenticated or not second_factor.must_have_one(user):
            return None
        if is_public(view_func):
            return None
        if request.resolver_match.view_name in BEFORE_THE_SECOND_FACTOR or second_factor.is_on(user):
            return None
        return redirect("account:second_factor")
