"""The staff's door: Django admin, entered by the portal's own log-in page."""

from functools import wraps

from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from accounts.areas import is_there

# Sections of the desk → the areas of which one must be there for them to be there too; by the name of the app, or of
# the model where an app holds several areas.
SECTIONS = {
    "tickets": ("tickets", "requests"),
    "tickets.requesttype": ("requests",),
    "training": ("training",),
    "contracts.hourbag": ("training",),
    "webinars": ("webinars",),
    "releases": ("releases", "downloads"),
    "downloads": ("downloads",),
    "knowledge": ("knowledge",),
    "announcements.announcement": ("announcements",),
    "announcements.servicecomponent": ("status",),
    "announcements.incident": ("status",),
}


class Desk(AdminSite):
    site_header = settings.BRAND["name"]
    site_title = settings.BRAND["name"]
    index_title = _("The desk")
    site_url = None
    enable_nav_sidebar = False

    def admin_view(self, view, cacheable=False):
        """What belongs to an absent area is not there, and no filter of a list can be asked for what no text holds."""
        inner, section = super().admin_view(view, cacheable), getattr(view, "__self__", None)

        @wraps(inner)
        def asked(request, *args, **kwargs):
            if isinstance(section, ModelAdmin) and not is_on_the_desk(section.model):
                raise Http404
            if "\0" in request.GET.urlencode(safe="\0"):
                raise BadRequest
            return inner(request, *args, **kwargs)

        return asked

    def get_app_list(self, request, app_label=None):
        """Without what belongs to areas that this installation does not have."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"] = [model for model in app["models"] if is_on_the_desk(model["model"])]
        return [app for app in apps if app["models"]]

    @method_decorator(login_not_required)
    def login(self, request, extra_context=None):
        """Staff log in by the same page as everybody; a customer who finds this address is refused."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next") or reverse("admin:index"), settings.LOGIN_URL)
        if not self.has_permission(request):
            raise PermissionDenied
        return redirect("admin:index")

    def logout(self, request, extra_context=None):
        return redirect("account_logout")

    def password_change(self, request, extra_context=None):
        return redirect("account:password")


def is_on_the_desk(model) -> bool:
    needed = SECTIONS.get(model._meta.label_lower) or SECTIONS.get(model._meta.app_label, ())
    return not needed or any(is_there(area) for area in needed)
