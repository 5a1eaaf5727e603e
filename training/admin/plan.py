from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from files import serving
from tables.admin import NamedRows, UncountedPaginator
from training.forms.desk import GuideForm, ModuleForm, TopicForm
from training.models import PreparationGuide, Topic, TrainingModule


class TopicInline(admin.TabularInline):
    model = Topic
    form = TopicForm
    formset = NamedRows
    extra = 3


@admin.register(TrainingModule)
class TrainingModuleAdmin(admin.ModelAdmin):
    """The plan of trainings: what each module takes, and its outline."""

    form = ModuleForm
    list_display = ["product", "sessions", "minutes", "is_active"]
    list_select_related = ["product"]
    inlines = [TopicInline]
    show_full_result_count = False
    paginator = UncountedPaginator
    sortable_by = ()
    actions = None
    view_on_site = False
    readonly_fields = ["present_outline"]

    def get_fields(self, request, obj=None):
        fields = ["product", "sessions", "minutes", "remark", "is_active"]
        may_write = self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj)
        return [*fields, *(["present_outline"] if obj else []), *(["outline_file"] if may_write else [])]

    @admin.display(description=_("present outline"))
    def present_outline(self, module):
        if module.outline is None:
            return "–"
        return format_html('<a href="../guion/">{}</a>', module.outline.name)

    def save_model(self, request, obj, form, change):
        obj.keep(outline=form.cleaned_data.get("outline_file"))

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        own = self.admin_site.admin_view
        return [
            path("<int:pk>/guion/", own(self.outline_view), name="training_trainingmodule_guion"),
            *super().get_urls(),
        ]

    def outline_view(self, request, pk):
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        module = get_object_or_404(TrainingModule.objects.select_related("outline"), pk=pk)
        if module.outline is None:
            raise Http404("no outline")
        try:
            return serving.respond(request, module.outline, name=module.outline.name)
        except serving.Withheld:
            raise Http404("withheld") from None


@admin.register(PreparationGuide)
class GuideAdmin(admin.ModelAdmin):
    """The one guide: its list leads to it."""

    form = GuideForm
    fields = ["text", "shown"]
    readonly_fields = ["shown"]
    view_on_site = False
    actions = None

    @admin.display(description=_("as customers read it"))
    def shown(self, guide):
        return mark_safe(guide.html) if guide.html else "–"  # noqa: S308 - made safe when it was written

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return redirect("admin:training_preparationguide_change", 1)

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        obj.write(form.cleaned_data["text"], by=request.user, at=timezone.now())
