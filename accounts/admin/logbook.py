"""The logbook on the desk."""

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import logbook
from accounts.models import AuditEntry, Company
from tables.admin import UncountedPaginator


class GroupFilter(admin.SimpleListFilter):
    """The groups in which a company's managers look."""

    title = _("group")
    parameter_name = "tipo"

    def lookups(self, request, model_admin):
        return list(logbook.GROUPS.items())

    def queryset(self, request, queryset):
        return queryset.filter(kind__in=logbook.kinds_in(self.value())) if self.value() else queryset


class KindFilter(admin.ChoicesFieldListFilter):
    """One kind alone."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = _("kind")


class LogbookList(ChangeList):
    """A page of the logbook, told with the names of its people, who are looked up in one query."""

    def get_results(self, request) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        for entry, line in zip(self.result_list, logbook.Reader().lines(self.result_list), strict=True):
            entry.sentence = line.sentence


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    """The logbook of all companies and of support itself, read only."""

    list_display = ["at", "sentence", "company", "address", "reason_told"]
    list_filter = [GroupFilter, ("kind", KindFilter)]
    list_select_related = ["company"]
    search_fields = ["company"]
    search_help_text = _("Code or name of a company.")
    sortable_by = ()
    ordering = ["-id"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    fields = [
        "at",
        "sentence",
        "company",
        "kind",
        "address",
        "reason_told",
        "actor_id",
        "target",
        "target_id",
        "changes",
    ]
    readonly_fields = ["at", "sentence", "reason_told"]

    @admin.display(description=_("reason"))
    def reason_told(self, entry):
        return entry.reason_told

    def get_changelist(self, request, **kwargs):
        return LogbookList

    def get_search_results(self, request, queryset, search_term):
        """By the companies that are called so, and never through the lines themselves."""
        if words := search_term.strip():
            named = Company.objects.filter(Q(code__iexact=words) | Q(name__icontains=words))
            queryset = queryset.filter(company__in=named)
        return queryset, False

    @admin.display(description=_("what happened"))
    def sentence(self, entry):
        return entry.sentence if hasattr(entry, "sentence") else logbook.Reader().lines([entry])[0].sentence

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
