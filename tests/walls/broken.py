"""The portal's own addresses and one whose view breaks; a middleware that breaks every page."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from portal import urls
from portal.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]

SECRET = "postgres://portal:clave-de-la-base@127.0.0.1/portal"


@login_not_required
def broken(request):
    raise RuntimeError(SECRET)


class BrokenMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        raise RuntimeError(SECRET)


urlpatterns = [path("rota/", broken), *urls.urlpatterns]
