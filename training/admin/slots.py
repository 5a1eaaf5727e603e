from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from tables.admin import UncountedPaginator
from training.forms.desk import SlotForm
from training.models import Slot, TakenQuarter


class StandingFilter(admin.SimpleListFilter):
    """The slots to come first: of past ones there are many."""

    title = _("state")
    parameter_name = "estado"
    parts = {
        None: (_("To come"), lambda slots, at: slots.filter(starts__gt=at, withdrawn_at=None).order_by("starts", "pk")),
        "libres": (_("Free"), lambda slots, at: slots.free(at=at).order_by("starts", "pk")),
        "retirados": (_("Withdrawn"), lambda slots, at: slots.exclude(withdrawn_at=None)),
        "pasados": (_("Past"), lambda slots, at: slots.filter(starts__lte=at)),
    }

    def lookups(self, request, model_admin):
        return [(key, label) for key, (label, _which) in self.parts.items() if key]

    def choices(self, changelist):
        for key, (label, _which) in self.parts.items():
            query = changelist.get_query_string({self.parameter_name: key} if key else {}, [self.parameter_name])
            yield {"selected": self.value() == key, "query_string": query, "display": label}

    def queryset(self, request, queryset):
        return self.parts.get(self.value(), self.parts[None])[1](queryset, timezone.now())


@admin.register(Slot)
class SlotAdmin(admin.ModelAdmin):
    """What trainers offer: made ahead from their weekly slots or by hand. Moved while it is free, and withdrawn."""

    form = SlotForm
    list_display = ["begins", "trainer", "minutes", "standing"]
    list_filter = [StandingFilter, "trainer"]
    list_select_related = ["trainer__user"]
    ordering = ["-starts", "-id"]
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    actions = None
    view_on_site = False
    change_form_template = "admin/training/slot/change_form.html"

    def get_queryset(self, request):
        booked = TakenQuarter.objects.filter(slot=OuterRef("pk"))
        return super().get_queryset(request).annotate(is_booked=Exists(booked))

    def get_fields(self, request, obj=None):
        if obj is not None and not self.has_change_permission(request, obj):
            return ["trainer", "begins", "minutes", "standing"]
        return ["trainer", "date", "hour", "minutes", "which"]

    def get_readonly_fields(self, request, obj=None):
        return [] if obj is None or self.has_change_permission(request, obj) else ["begins", "minutes", "standing"]

    @admin.display(description=_("from"))
    def begins(self, slot):
        return f"{slot.starts.astimezone(slot.trainer.zone):%d/%m/%Y %H:%M}"

    @admin.display(description=_("minutes"))
    def minutes(self, slot):
        return slot.minutes

    @admin.display(description=_("state"))
    def standing(self, slot):
        if slot.is_booked:
            return pgettext("a slot", "Booked")
        return pgettext("a slot", "Withdrawn") if slot.withdrawn_at else pgettext("a slot", "Offered")

    # --- what may be done ---

    def has_change_permission(self, request, obj=None):
        """What is booked moves with its session; what has begun stays."""
        may = super().has_change_permission(request, obj)
        if obj is None or not may:
            return may
        return not obj.is_booked and obj.withdrawn_at is None and obj.starts > timezone.now()

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        obj.pk = form.save_at(timezone.now()).pk
        obj.is_booked = False  # else it would have been refused
        obj.refresh_from_db()

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """A verb that refuses undoes what was done, and says why."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return redirect(request.path)

    def render_change_form(self, request, context, *args, **kwargs):
        slot = kwargs.get("obj")
        is_mine = slot is not None and self.may_withdraw(request) and not slot.is_booked
        context["may_withdraw"] = is_mine and slot.withdrawn_at is None
        context["may_restore"] = is_mine and slot.withdrawn_at is not None
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self):
        own, name = self.admin_site.admin_view, "training_slot"
        return [
            path("<int:pk>/retirar/", own(self.withdraw_view), name=f"{name}_retirar"),
            path("<int:pk>/reponer/", own(self.restore_view), name=f"{name}_reponer"),
            *super().get_urls(),
        ]

    def may_withdraw(self, request) -> bool:
        return request.user.has_perm("training.change_slot")

    def withdraw_view(self, request, pk):
        return self.deed(request, pk, lambda slot: slot.withdraw(at=timezone.now()), _("Nobody can book it any more."))

    def restore_view(self, request, pk):
        return self.deed(request, pk, lambda slot: slot.restore(), _("It is offered again."))

    def deed(self, request, pk, verb, done):
        if request.method != "POST" or not self.may_withdraw(request):
            raise PermissionDenied
        slot = get_object_or_404(Slot, pk=pk)
        try:
            verb(slot)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, done)
        return redirect("admin:training_slot_change", pk)
