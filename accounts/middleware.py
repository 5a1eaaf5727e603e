import zoneinfo

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts import areas, sessions
from accounts.models.logbook import origin

LANGUAGES = dict(settings.LANGUAGES)
# What a person who must change the password may still reach.
BEFORE_THE_NEW_PASSWORD = frozenset({"account:password", "account_logout", "language"})


def client_address(request) -> str | None:
    """The address that the trusted proxies vouch for; None behind a socket or with a broken header."""
    try:
        return get_client_ip(request)
    except ImproperlyConfigured:
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
    """Ends staff sessions at their absolute limit and notes activity."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            now = timezone.now().timestamp()
            if sessions.is_over(request.session, at=now):
                logout(request)
                messages.info(request, _("Your session ended. Log in again to go on."))
                return redirect_to_login(request.get_full_path())
            sessions.note_activity(request.session, at=now)
        return self.get_response(request)


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
        if not getattr(view_func, "login_required", True):
            return None
        if user.must_change_password and match.view_name not in BEFORE_THE_NEW_PASSWORD:
            return redirect("account:password")
        if not areas.opens(user, match):
            raise areas.AreaClosed
        return None
