"""Admin lists of tables that are too long to count."""

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.paginator import EmptyPage, Page, Paginator
from django.forms import BaseInlineFormSet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

# Deeper pages nobody reads; filters and search lead there.
MOST_PAGES = 10_000


class Uncounted(int):
    """The number of rows that nobody counted: compares as very many, reads as what was seen, "150+"."""

    paginator: "UncountedPaginator"

    def __str__(self) -> str:
        return self.paginator.seen


class UncountedPaginator(Paginator):
    """Pages of a table that is never counted: each looks one row further and so knows whether another page follows.

    For a `ModelAdmin`: `paginator = UncountedPaginator` with `show_full_result_count = False`. Page links lead to the
    pages before this one and to the next.
    """

    pages_known = MOST_PAGES
    seen = ""

    @cached_property
    def count(self) -> int:
        many = Uncounted(MOST_PAGES * self.per_page)
        many.paginator = self
        return many

    @property
    def num_pages(self) -> int:
        return self.pages_known

    def page(self, number) -> Page:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        rows = list(self.object_list[start : start + self.per_page + 1])
        if not rows and number > 1:
            raise EmptyPage(self.error_messages["no_results"])
        more = len(rows) > self.per_page
        rows = rows[: self.per_page]
        self.pages_known = number + more
        self.seen = f"{start + len(rows)}{'+' if more else ''}"
        return Page(rows, number, self)


class ReadOnlyAdmin(admin.ModelAdmin):
    """A table that is looked at here and written elsewhere."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    sortable_by = ()
    actions = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class NamedRows(BaseInlineFormSet):
    """The rows of an inline table, each with a box to delete it that says which one it is."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            row = form.instance if form.instance.pk else self.model._meta.verbose_name
            form.fields["DELETE"].widget.attrs["aria-label"] = _("Delete: %(row)s") % {"row": row}


class SeveralByName(AutocompleteSelectMultiple):
    """Rows of a long table, chosen by typing their names. What is sent in place of a number chooses nothing."""

    def value_from_datadict(self, data, files, name):
        values = super().value_from_datadict(data, files, name)
        return [value if value.isascii() and value.isdigit() and len(value) < 19 else "-1" for value in values]
