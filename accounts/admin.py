from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from accounts.forms import CompanyForm, NewCompanyForm, StaffForm
from accounts.models import AuditEntry, Company, User
from accounts.models.user import PERMISSIONS
from tables.admin import UncountedPaginator


@admin.register(Company)
class CompanyAdmin(admin.ModelAdmin):
    """Companies. Adding one makes its first manager too, in one form (S0-7)."""

    list_display = ["name", "code", "email", "is_active", "is_demo", "last_ticket"]
    list_filter = ["is_active", "is_demo"]
    search_fields = ["name", "code", "tax_id"]
    show_full_result_count = False
    paginator = UncountedPaginator
    readonly_fields = ["created_at"]
    fieldsets = [
        (None, {"fields": ["name", "code", "tax_id", "is_active", "is_demo"]}),
        (_("Contact"), {"fields": ["email", "phone", "address", "email_domains"]}),
        (_("Place"), {"fields": ["time_zone", "region"]}),
    ]
    first_manager = (
        _("First manager"),
        {
            "fields": ["first_name", "last_name", "manager_email", "login"],
            "description": _(
                "Gets a link to choose a password and every area. From then on this person creates the others."
            ),
        },
    )

    @admin.display(description=_("last ticket"), ordering="ticket_counter")
    def last_ticket(self, company):
        return f"{company.code}-{company.ticket_counter}" if company.ticket_counter else "–"

    def get_fieldsets(self, request, obj=None):
        return self.fieldsets if obj else [*self.fieldsets, self.first_manager]

    def get_readonly_fields(self, request, obj=None):
        return [*self.readonly_fields, "code"] if obj else self.readonly_fields

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(request, obj, change, form=CompanyForm if obj else NewCompanyForm, **kwargs)

    def save_model(self, request, obj, form, change):
        form.save_by(request.user)

    def has_delete_permission(self, request, obj=None):
        return False


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
        (_("Account"), {"fields": ["must_change_password", "last_login", "created_at"]}),
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
        if obj is not None and not obj.is_staff:
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
        return request.user.is_superuser and (obj is None or obj.is_staff)

    def has_delete_permission(self, request, obj=None):
        return False

    # --- sending the link again ---

    def get_urls(self):
        invite = path("<int:pk>/invitar/", self.admin_site.admin_view(self.invite), name="accounts_user_invite")
        return [invite, *super().get_urls()]

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


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    """The logbook, read only."""

    list_display = ["at", "kind", "company", "actor_id", "target", "target_id", "address"]
    list_filter = ["kind"]
    list_select_related = ["company"]
    search_fields = ["company__code", "company__name"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
