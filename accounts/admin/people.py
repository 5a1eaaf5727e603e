"""People on the desk: customers' are read, the vendor's own are kept."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from accounts import stepup, viewing
from accounts.forms.desk import (
    StaffForm,
    ViewAsForm,
)
from accounts.models import User
from accounts.permissions import PERMISSIONS
from tables.admin import UncountedPaginator


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """Customers' people are read here, never set (S0-10); the vendor's own staff are kept here."""

    list_display = ["get_full_name", "email", "company", "login", "has_portal_access", "is_staff", "is_active"]
    list_filter = ["is_staff", "is_active", "has_portal_access", "is_company_manager"]
    list_select_related = ["company"]
    search_fields = ["first_name", "last_name", "email", "login", "company__name", "company__code"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    form = StaffForm
    contact_fieldsets = [
        (None, {"fields": ["company", "first_name", "last_name", "email", "phone", "login", "language", "is_active"]}),
        (_("Permissions, set by the managers of the company"), {"fields": PERMISSIONS}),
        (_("Account"), {"fields": ["access_until", "must_change_password", "last_login", "created_at"]}),
    ]
    staff_fieldsets = [
        (None, {"fields": ["first_name", "last_name", "email", "login", "phone", "language", "is_active"]}),
        (_("Role"), {"fields": ["groups"]}),
    ]

    @admin.display(description=_("name"), ordering="first_name")
    def get_full_name(self, user):
        return user.get_full_name()

    def get_fieldsets(self, request, obj=None):
        return self.staff_fieldsets if obj is None or obj.is_staff else self.contact_fieldsets

    def get_readonly_fields(self, request, obj=None):
        if obj is None or obj.is_staff:
            return []
        return [name for _title, options in self.contact_fieldsets for name in options["fields"]]

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is not None and not self.has_change_permission(request, obj):
            kwargs["form"] = admin.ModelAdmin.form
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request, obj, form, change):
        if change and not obj.is_staff:
            raise PermissionDenied
        form.save_by(request.user)

    def lookup_allowed(self, lookup, value, request=None):
        """The address of the list asks nothing about password hashes."""
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request):
        return request.user.is_superuser

    def has_change_permission(self, request, obj=None):
        """Only staff are changed here, and only by administrators; contacts are shown."""
        return request.user.is_superuser and (obj is None or (obj.is_staff and obj.erased_at is None))

    def has_delete_permission(self, request, obj=None):
        return False

    # --- sending the link again ---

    def get_urls(self):
        own = self.admin_site.admin_view
        return [
            path("<int:pk>/invitar/", own(self.invite), name="accounts_user_invite"),
            path("<int:pk>/ver-como/", own(self.view_as), name="accounts_user_view_as"),
            *super().get_urls(),
        ]

    def invite(self, request, pk):
        """Mail a contact with access, or a person of staff, a new link to choose a password."""
        if request.method != "POST" or not request.user.has_perm("accounts.change_company"):
            raise PermissionDenied
        user = get_object_or_404(User, pk=pk)
        if not user.may_log_in():
            messages.error(request, _("This person may not log in, so there is nothing to choose a password for."))
        else:
            user.invite(by=request.user)
            messages.success(
                request, _("A link to choose a password is on its way to %(email)s.") % {"email": user.email}
            )
        return redirect(reverse("admin:accounts_user_change", args=[pk]))

    # --- seeing the portal as a contact ---

    def view_as(self, request, pk):
        """Ask why, then open the portal as this contact (decision 25)."""
        if not request.user.has_perm(viewing.PERMISSION):
            raise PermissionDenied
        return stepup.required(self.begin_view)(request, pk)

    def begin_view(self, request, pk):
        person = get_object_or_404(User.objects.select_related("company"), pk=pk, is_staff=False)
        if not person.may_log_in():
            messages.error(request, _("This contact does not enter the portal: there is nothing to see."))
            return redirect("admin:accounts_user_change", pk)
        form = ViewAsForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            form.save(request.session, by=request.user, person=person)
            return redirect("home")
        context = {"opts": self.opts, "title": _("See the portal as this person"), "form": form, "person": person}
        common = self.admin_site.each_context(request)
        return TemplateResponse(request, "admin/accounts/user/view_as.html", common | context)
