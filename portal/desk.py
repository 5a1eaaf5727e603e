"""The staff's door: Django admin, entered by the portal's own log-in page."""

from functools import wraps

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _


class Desk(AdminSite):
    site_header = settings.BRAND["name"]
    site_title = settings.BRAND["name"]
    index_title = _("The desk")
    site_url = None
    enable_nav_sidebar = False

    def admin_view(self, view, cacheable=False):
        """No filter of a list can be asked for what no text holds."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def asked(request, *args, **kwargs):
            if "\0" in request.GET.urlencode(safe="\0"):
                raise BadRequest
            return inner(request, *args, **kwargs)

        return asked

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
