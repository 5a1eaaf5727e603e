"""What the desk shows that composes apps, and what other packages bring to it and nobody there needs."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.forms.privacy import DeskErasureForm
from accounts.models import ErasureRequest
from portal.privacy.deciding import DecisionForm
from tables.admin import UncountedPaginator

admin.site.unregister(Group)  # accounts/roles.py keeps the groups
admin.site.unregister(EmailAddress)
admin.site.unregister(Authenticator)  # written by accounts/second_factor.py alone
admin.site.unregister(UserSession)  # and these by accounts/sessions.py


@admin.register(ErasureRequest)
class ErasureRequestAdmin(admin.ModelAdmin):
    """Requests of erasure: support enters those that came by letter, and decides on all."""

    list_display = ["person", "company", "asked_at", "state", "settled_at"]
    list_filter = ["state"]
    list_select_related = ["person", "company"]
    search_fields = ["company__code", "company__name"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    raw_id_fields = ["person"]
    asked = ["person", "company", "asked_at", "state"]
    settled = ["settled_at", "reason"]

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["person"]
        return [*self.asked, "decision", "reason"] if obj.is_waiting else [*self.asked, *self.settled]

    def get_readonly_fields(self, request, obj=None):
        return [] if obj is None else self.asked

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            kwargs["form"] = DeskErasureForm
        elif self.has_change_permission(request, obj):
            kwargs["form"] = type("DecisionForm", (DecisionForm,), {"by": request.user})
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.pk = form.save_by(request.user).pk
            obj.refresh_from_db()
        elif not form.decide():
            messages.warning(request, _("Somebody was quicker: nothing was done twice."))

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.is_waiting)

    def has_delete_permission(self, request, obj=None):
        return False
