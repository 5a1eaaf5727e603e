"""The hour bags on the desk: what companies have left, purchases and corrections."""

from http import HTTPStatus

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contracts.forms.hours import CorrectionForm, FirstPurchaseForm, PurchaseForm
from contracts.models import HourBag
from tables.admin import UncountedPaginator

# Lines of the statement that the page shows.
LINES_SHOWN = 200


@admin.register(HourBag)
class HourBagAdmin(admin.ModelAdmin):
    """Hour bags. Nothing is edited: each change is a line of the statement."""

    list_display = ["company", "hours_left"]
    list_select_related = ["company"]
    search_fields = ["company__code", "company__name"]
    ordering = ["company__name"]
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    actions = None
    view_on_site = False

    deeds = {"comprar": PurchaseForm, "corregir": CorrectionForm}

    @admin.display(description=_("hours left"))
    def hours_left(self, bag):
        return bag.hours

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        own, name = self.admin_site.admin_view, "contracts_hourbag"
        deeds = [
            path(f"<int:pk>/{deed}/", own(self.deed_view), {"deed": deed}, f"{name}_{deed}") for deed in self.deeds
        ]
        return [*deeds, *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        """Hours for a company that may never have had any."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = FirstPurchaseForm(request.POST if request.method == "POST" else None)
        if form.is_valid() and (bag := self.done(request, form)):
            return redirect("admin:contracts_hourbag_change", bag.pk)
        return self.page(request, "buy", gettext("Hours for a company"), form=form)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The statement, and what may be added to it."""
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return self.statement(request, self.found(object_id))

    def deed_view(self, request, pk, deed):
        bag = self.found(pk)
        if request.method != "POST" or not request.user.has_perm("contracts.change_hourbag"):
            raise PermissionDenied
        form = self.deeds[deed](request.POST, company=bag.company)
        if form.is_valid() and self.done(request, form):
            return redirect("admin:contracts_hourbag_change", pk)
        return self.statement(request, bag, **{deed: form})

    def done(self, request, form) -> HourBag | None:
        """Do what a valid form says; a refusal stands in the form."""
        try:
            entry = form.save(by=request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return None
        messages.success(request, _("It stands in the statement."))
        return entry.bag

    def statement(self, request, bag, **forms):
        """`forms`: those that were sent and refused."""
        may = request.user.has_perm("contracts.change_hourbag")
        context = {
            "bag": bag,
            "lines": bag.entries.select_related("by").newest_first()[:LINES_SHOWN],
            "forms": {name: forms.get(name) or form(company=bag.company) for name, form in self.deeds.items() if may},
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if forms else HTTPStatus.OK
        return self.page(request, "statement", str(bag.company), status=status, **context)

    def found(self, pk) -> HourBag:
        if not str(pk).isascii() or not str(pk).isdigit():
            raise Http404
        return get_object_or_404(HourBag.objects.select_related("company"), pk=pk)

    def page(self, request, template, title, *, status=HTTPStatus.OK, **context):
        common = self.admin_site.each_context(request) | {"opts": self.opts, "title": title}
        return TemplateResponse(request, f"admin/contracts/hourbag/{template}.html", common | context, status=status)
