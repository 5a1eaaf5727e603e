"""Companies on the desk, and a manager in place of a lost one."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from accounts import stepup
from accounts.forms.desk import (
    CompanyForm,
    NewCompanyForm,
    ReplacementForm,
)
from accounts.models import Company, ManagerReplacement
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
        if obj is None:
            return [*self.fieldsets, self.first_manager]
        if not self.has_change_permission(request, obj):
            return self.fieldsets
        return [*self.fieldsets, (_("Why"), {"fields": ["reason"]})]

    def get_readonly_fields(self, request, obj=None):
        return [*self.readonly_fields, "code"] if obj else self.readonly_fields

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(request, obj, change, form=CompanyForm if obj else NewCompanyForm, **kwargs)

    def save_model(self, request, obj, form, change):
        form.save_by(request.user)

    def has_delete_permission(self, request, obj=None):
        return False

    # --- break-glass: a manager in place of a lost one ---

    def get_urls(self):
        own, name = self.admin_site.admin_view, "accounts_company_replacement"
        return [
            path("<int:pk>/gestor/", own(self.replacement), name=name),
            path("<int:pk>/gestor/confirmar/", own(self.confirm_replacement), name=f"{name}_confirm"),
            path("<int:pk>/gestor/anular/", own(self.cancel_replacement), name=f"{name}_cancel"),
            *super().get_urls(),
        ]

    def replacement(self, request, pk):
        """The replacement that is under way, or the form to ask for one."""
        self.allow_replacement(request)
        return stepup.required(self.ask_for_replacement)(request, pk)

    def ask_for_replacement(self, request, pk):
        company = get_object_or_404(Company, pk=pk)
        under_way = open_replacement(company)
        if under_way is not None:
            may_confirm = under_way.may_be_confirmed_by(request.user)
            context = {"company": company, "replacement": under_way, "may_confirm": may_confirm}
            return self.page(request, "admin/accounts/company/replacement.html", context)
        form = ReplacementForm(request.POST or None, company=company)
        if request.method == "POST" and form.is_valid() and (asked := form.save_by(request.user)):
            done = (
                _("Another person of support must confirm it now.")
                if asked.awaits_confirmation
                else _("The contacts of the company are being told.")
            )
            messages.success(request, done)
            return redirect("admin:accounts_company_replacement", pk)
        return self.page(request, "admin/accounts/company/ask_replacement.html", {"company": company, "form": form})

    def confirm_replacement(self, request, pk):
        """The second pair of eyes."""
        self.allow_replacement(request, methods=("POST",))
        done = _("Confirmed. The contacts of the company are being told.")
        return stepup.required(self.decide_replacement)(request, pk, ManagerReplacement.confirm, done)

    def cancel_replacement(self, request, pk):
        self.allow_replacement(request, methods=("POST",))
        return self.decide_replacement(request, pk, ManagerReplacement.cancel, _("The replacement is cancelled."))

    def decide_replacement(self, request, pk, verb, done):
        under_way = open_replacement(get_object_or_404(Company, pk=pk))
        if under_way is None:
            messages.warning(request, _("There is no replacement under way."))
        else:
            try:
                verb(under_way, by=request.user)
            except ValidationError as refusal:
                messages.error(request, " ".join(refusal.messages))
            else:
                messages.success(request, done)
        return redirect("admin:accounts_company_replacement", pk)

    def allow_replacement(self, request, *, methods=("GET", "HEAD", "POST")) -> None:
        if request.method not in methods or not request.user.has_perm("accounts.replace_manager"):
            raise PermissionDenied

    def page(self, request, template, context) -> HttpResponse:
        common = self.admin_site.each_context(request) | {"opts": self.opts, "title": _("A manager for a lost one")}
        return TemplateResponse(request, template, common | context)


def open_replacement(company: Company) -> ManagerReplacement | None:
    rows = company.replacements.open().select_related("company", "person", "asked_by", "confirmed_by")
    return rows.first()
