import logging
from http import HTTPStatus

from django.contrib.auth.middleware import LoginRequiredMiddleware

from accounts.limits import Reached
from portal.errors import UNREACHED, bad_request, kept, only_a_deed, too_many, unavailable
from tickets import unsent

logger = logging.getLogger(__name__)


class AnswerHeadersMiddleware:
    """The headers of every answer, whatever wrote it. Pages of people are never kept by a cache or by Back."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        headers.setdefault("Cache-Control", "no-store")
        if reached := getattr(request, "limit_reached", None):
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            headers["Retry-After"] = str(reached.wait)
        return response

    def process_exception(self, request, exception):
        """A lock or a connection that did not come in time is no fault of the page: try again in a moment. Nor is a
        limit that was reached (accounts/limits.py): where no form has shown it, it is a page. Nor a number, in place of
        that of a row, which is larger than any: SQLite refuses to be asked for it."""
        if isinstance(exception, UNREACHED):
            logger.error("Database unavailable: %s", type(exception.__cause__ or exception).__name__)
            return unavailable(request)
        if isinstance(exception, OverflowError):
            return bad_request(request)
        return too_many(request) if isinstance(exception, Reached) else None


class ButtonAddressMiddleware:
    """Who comes by the address bar to what only a button does gets a page that says so."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET":
            return only_a_deed(request, allowed=response["Allow"])
        return response


class WholeCookiesMiddleware:
    """A cookie with a character that no database takes is not one of ours."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if "\0" not in value}
        return self.get_response(request)


class LogInFirstMiddleware(LoginRequiredMiddleware):
    """Leads visitors to the log-in. What a form holds whose session ended meanwhile is kept (decision 13)."""

    def handle_no_permission(self, request, view_func):
        seal = unsent.keep(request)
        return kept(request, seal) if seal else super().handle_no_permission(request, view_func)
