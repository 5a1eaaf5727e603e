from django.contrib import admin, messages
from django.utils import timezone
from django.utils.translation import ngettext

from tables.admin import NamedRows, UncountedPaginator
from training.forms.desk import AbsenceForm, AvailabilityForm, TrainerForm
from training.models import Absence, Availability, Trainer


class AvailabilityInline(admin.TabularInline):
    model = Availability
    form = AvailabilityForm
    formset = NamedRows
    extra = 1


class AbsenceInline(admin.TabularInline):
    model = Absence
    form = AbsenceForm
    formset = NamedRows
    extra = 1


@admin.register(Trainer)
class TrainerAdmin(admin.ModelAdmin):
    """Trainers with their weekly slots and their absences; what is offered ahead follows at once."""

    form = TrainerForm
    list_display = ["__str__", "time_zone", "region", "is_active"]
    list_select_related = ["user"]
    inlines = [AvailabilityInline, AbsenceInline]
    show_full_result_count = False
    paginator = UncountedPaginator
    sortable_by = ()
    actions = None

    def has_delete_permission(self, request, obj=None):
        """Sessions tell of them: whoever no longer gives trainings is marked so."""
        return False

    def save_model(self, request, obj, form, change):
        obj.keep(at=timezone.now())

    def save_formset(self, request, form, formset, change):
        """Each row by its verb, so that slots follow."""
        at, rows = timezone.now(), formset.save(commit=False)
        for row in formset.deleted_objects:
            row.end(at=at)
        for row in rows:
            booked = row.keep(at=at)
            if booked:
                words = ngettext(
                    "%(count)s session is booked in %(days)s: move it or call it off.",
                    "%(count)s sessions are booked in %(days)s: move them or call them off.",
                    booked,
                )
                messages.warning(request, words % {"count": booked, "days": row})
