"""Requests for access whose company nobody knows yet."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext_lazy as _

from accounts.forms.registration import CompanyFromRequestForm, CompanyOfRequestForm, RejectionForm
from accounts.models import AccessRequest
from accounts.models.registration import NoLongerOpen
from tables.admin import UncountedPaginator


class WhoseTurnFilter(admin.SimpleListFilter):
    """What waits for support comes first and is shown by default."""

    title = _("state")
    parameter_name = "estado"
    parts = {
        None: (_("Waiting for support: company unknown"), {"state": AccessRequest.State.VERIFIED, "company": None}),
        "gestor": (_("Waiting for a manager"), {"state": AccessRequest.State.VERIFIED, "company__isnull": False}),
        "sin-verificar": (_("Address not verified"), {"state": AccessRequest.State.UNVERIFIED}),
        "todas": (_("All"), {}),
    }

    def lookups(self, request, model_admin):
        return [(key, label) for key, (label, _condition) in self.parts.items() if key]

    def choices(self, changelist):
        for key, (label, _condition) in self.parts.items():
            query = changelist.get_query_string({self.parameter_name: key} if key else {}, [self.parameter_name])
            yield {"selected": self.value() == key, "query_string": query, "display": label}

    def queryset(self, request, queryset):
        _label, condition = self.parts.get(self.value(), self.parts[None])
        return queryset.filter(**condition)


@admin.register(AccessRequest)
class AccessRequestAdmin(admin.ModelAdmin):
    """Requests for access. Support says which company it is, makes a new one or says no; never who may do what."""

    list_display = ["get_full_name", "email", "company_typed", "company", "state", "asked_at"]
    list_filter = [WhoseTurnFilter]
    list_select_related = ["company"]
    search_fields = ["first_name", "last_name", "email", "company_typed"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    actions = None
    view_on_site = False
    form = CompanyOfRequestForm
    raw_id_fields = ["company"]
    fieldsets = [
        (_("Which company it is"), {"fields": ["company_typed", "company"]}),
        (None, {"fields": ["first_name", "last_name", "email", "phone", "language", "message"]}),
        (_("State"), {"fields": ["state", "asked_at", "verified_at", "decided_at", "decided_by"]}),
    ]

    @admin.display(description=_("name"))
    def get_full_name(self, asked):
        return asked.get_full_name()

    def get_readonly_fields(self, request, obj=None):
        names = [name for _title, options in self.fieldsets for name in options["fields"]]
        return [name for name in names if name != "company" or not self.has_change_permission(request, obj)]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        """Only while nobody knows which company it is."""
        may_say = super().has_change_permission(request, obj)
        return may_say and (obj is None or "assign" in obj.actions_for(request.user))

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        try:
            form.save_by(request.user)
        except NoLongerOpen:
            messages.error(request, _("This request no longer waits for an answer; nothing was changed."))

    # --- a company that is not here yet ---

    def get_urls(self):
        here = self.admin_site.admin_view
        return [
            path("<int:pk>/empresa/", here(self.found), name="accounts_accessrequest_found"),
            path("<int:pk>/rechazar/", here(self.reject), name="accounts_accessrequest_reject"),
            *super().get_urls(),
        ]

    def found(self, request, pk):
        """Make a new company; whoever asked becomes its first manager."""
        if not request.user.has_perm("accounts.add_company"):
            raise PermissionDenied
        words = _("The company was created. Its first manager gets a link to choose a password.")
        return self.decide(request, pk, "found", CompanyFromRequestForm, title=_("New company"), said=words)

    # --- of no company ---

    def reject(self, request, pk):
        """Nobody knows the company, and it shall not be a new one."""
        words = _("The request was rejected. The person is told by e-mail.")
        return self.decide(request, pk, "reject", RejectionForm, title=_("Reject the request"), said=words)

    def decide(self, request, pk, action, form_class, *, title, said):
        """The page of one answer to a request: its form, and the deed that the form ends in."""
        if not request.user.has_perm("accounts.change_accessrequest"):
            raise PermissionDenied
        asked = get_object_or_404(AccessRequest, pk=pk)
        page = redirect("admin:accounts_accessrequest_change", pk)
        form = form_class(request.POST if request.method == "POST" else None, asked=asked)
        try:
            if action not in asked.actions_for(request.user):
                raise NoLongerOpen
            if request.method == "POST" and form.is_valid():
                form.save(by=request.user)
                messages.success(request, said)
                return page
        except NoLongerOpen:
            messages.error(request, _("This request no longer waits for an answer; nothing was changed."))
            return page
        context = {**self.admin_site.each_context(request), "opts": self.opts, "original": asked, "form": form}
        template = f"admin/accounts/accessrequest/{action}.html"
        return render(request, template, context | {"title": title})
