"""What the companies have contracted, on the desk."""

from collections import Counter

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from contracts import importing
from contracts.forms.importing import ConfirmForm, TableForm
from contracts.forms.subscriptions import SubscriptionForm
from contracts.models import Subscription
from files import serving
from tables.admin import UncountedPaginator


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin):
    """Subscriptions. Each renewal is a row; company and product of a row never change."""

    form = SubscriptionForm
    list_display = ["company", "product", "starts", "expires", "contract"]
    list_filter = ["product"]
    list_select_related = ["company", "product", "contract"]
    search_fields = ["company__code", "company__name"]
    raw_id_fields = ["company"]
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    actions = None
    change_list_template = "admin/contracts/subscription/change_list.html"
    change_form_template = "admin/contracts/subscription/change_form.html"

    def get_fields(self, request, obj=None):
        fields = ["company", "product", "starts", "expires"]
        may_write = self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj)
        return [*fields, "contract_file"] if may_write else [*fields, "contract"]

    def get_readonly_fields(self, request, obj=None):
        return ["company", "product"] if obj else []

    def save_model(self, request, obj, form, change):
        obj.pk = form.save_by(request.user).pk

    def delete_model(self, request, obj):
        obj.remove(by=request.user)

    def get_urls(self):
        own, name = self.admin_site.admin_view, "contracts_subscription"
        return [
            path("importar/", own(self.import_view), name=f"{name}_importar"),
            path("importar/aplicar/", own(self.apply_view), name=f"{name}_aplicar"),
            path("<int:pk>/contrato/", own(self.contract_view), name=f"{name}_contrato"),
            *super().get_urls(),
        ]

    # --- a table of them ---

    def import_view(self, request):
        """The file, and what it would do: nothing is done yet."""
        self.allow_import(request)
        form = TableForm(request.POST, request.FILES) if request.method == "POST" else TableForm()
        context = {"form": form}
        if request.method == "POST" and form.is_valid():
            table = form.cleaned_data["file"]
            steps = importing.plan(table.lines)
            context |= {"steps": steps, "unknown": table.unknown}
            context["counts"] = Counter(step.deed.value for step in steps)
            if any(step.does_something for step in steps):
                context["confirm"] = ConfirmForm.showing(steps, by=request.user)
        common = self.admin_site.each_context(request) | {"opts": self.opts, "title": _("Import subscriptions")}
        return TemplateResponse(request, "admin/contracts/subscription/import.html", common | context)

    def apply_view(self, request):
        """What was confirmed, all of it or nothing."""
        self.allow_import(request, methods=("POST",))
        form = ConfirmForm(request.POST, by=request.user)
        try:
            if not form.is_valid():
                raise ValidationError(form.errors["seal"].as_data())
            count = form.save()
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect("admin:contracts_subscription_importar")
        words = ngettext("%(count)d row was imported.", "%(count)d rows were imported.", count)
        messages.success(request, words % {"count": count})
        return redirect("admin:contracts_subscription_changelist")

    def allow_import(self, request, *, methods=("GET", "HEAD", "POST")) -> None:
        may = self.has_add_permission(request) and request.user.has_perm("contracts.change_subscription")
        if request.method not in methods or not may:
            raise PermissionDenied

    # --- one of them ---

    def contract_view(self, request, pk):
        """The contract, for support."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        subscription = get_object_or_404(Subscription.objects.select_related("contract"), pk=pk)
        if subscription.contract is None:
            raise Http404("no contract")
        try:
            return serving.respond(request, subscription.contract, name=subscription.contract.name)
        except serving.Withheld:
            messages.error(request, _("The antivirus has yet to look at this file, or found something in it."))
            return redirect("admin:contracts_subscription_change", pk)
