import logging

from django.db import OperationalError

from portal.errors import unavailable

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
        return response

    def process_exception(self, request, exception):
        """A lock or a connection that did not come in time is no fault of the page: try again in a moment."""
        if isinstance(exception, OperationalError):
            logger.error("Database unavailable: %s", type(exception.__cause__ or exception).__name__)
            return unavailable(request)
        return None


class WholeCookiesMiddleware:
    """A cookie with a character that no database takes is not one of ours."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if "\0" not in value}
        return self.get_response(request)
