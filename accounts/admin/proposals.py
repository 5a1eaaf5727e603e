"""What companies ask to be changed about them."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext_lazy as _

from accounts.forms.desk import (
    AcceptForm,
    RejectForm,
)
from accounts.models import CompanyProposal
from accounts.models.proposal import NoLongerPending
from tables.admin import UncountedPaginator


@admin.register(CompanyProposal)
class CompanyProposalAdmin(admin.ModelAdmin):
    """What companies ask to be changed about them: read here, and decided by two buttons."""

    list_display = ["company", "state", "at", "by", "decided_by", "decided_at"]
    list_filter = ["state"]
    list_select_related = ["company", "by", "decided_by"]
    search_fields = ["company__name", "company__code"]
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    fields = ["company", "state", "by", "at", "decided_by", "decided_at", "answer"]
    deeds = {"aceptar": AcceptForm, "rechazar": RejectForm}

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        """No field is edited; the permission opens the two buttons (`may_decide`)."""
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def may_decide(self, request) -> bool:
        return request.user.has_perm("accounts.change_companyproposal")

    def get_urls(self):
        view, name = self.admin_site.admin_view(self.decide), "accounts_companyproposal_{}"
        deeds = [path(f"<int:pk>/{deed}/", view, {"deed": deed}, name.format(deed)) for deed in self.deeds]
        return [*deeds, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        proposal = self.get_object(request, unquote(object_id))
        return super().change_view(request, object_id, form_url, self.page_of(request, proposal))

    def page_of(self, request, proposal: CompanyProposal | None) -> dict:
        """What the page shows besides the columns: what is asked, and the two buttons while nobody has decided."""
        if proposal is None:
            return {}
        context = {"rows": proposal.rows()}
        if proposal.is_pending and self.may_decide(request):
            context["decisions"] = [(deed, Form(proposal=proposal, prefix=deed)) for deed, Form in self.deeds.items()]
        return context

    def decide(self, request, pk, deed):
        if request.method != "POST" or not self.may_decide(request):
            raise PermissionDenied
        proposal = get_object_or_404(CompanyProposal.objects.select_related("company", "by"), pk=pk)
        form = self.deeds[deed](request.POST, proposal=proposal, prefix=deed)
        try:
            if form.is_valid():
                form.save(by=request.user)
                messages.success(request, _("The proposal was decided; whoever asked is told by e-mail."))
            else:
                messages.error(request, _("Say why: whoever asked gets your words by e-mail."))
        except NoLongerPending as error:
            messages.error(request, error.message)
        return redirect("admin:accounts_companyproposal_change", pk)
