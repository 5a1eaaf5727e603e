from django.contrib import admin, messages
from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from contracts.models import Product
from releases.forms import NoteForm, PublishForm, ReleaseForm
from releases.models import Release, ReleaseNote
from releases.models.release import NEWEST_FIRST
from tables.admin import NamedRows, UncountedPaginator
from text import when

# What is being written stands on top.
DRAFTS_FIRST = [F("published_at").desc(nulls_first=True), *NEWEST_FIRST[1:]]
# Beyond so many notes the page of a release would not be taken by its own form; they have a list of their own.
INLINE_NOTES = 100


class NoteFormSet(NamedRows):
    """The notes of a release, with the names of the modules read once for all of them."""

    def get_form_kwargs(self, index):
        if not hasattr(self, "modules"):
            self.modules = [("", "---------"), *Product.objects.modules().values_list("pk", "name")]
        return super().get_form_kwargs(index) | {"modules": self.modules}


class NoteInline(admin.TabularInline):
    model = ReleaseNote
    form = NoteForm
    formset = NoteFormSet
    fields = ["kind", "product", "text", "is_public", "position"]
    extra = 3
    view_on_site = False

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Modules are kept elsewhere, and a row of a note is narrow."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name != "product":
            return field
        for deed in ("add", "change", "delete", "view"):
            setattr(field.widget, f"can_{deed}_related", False)
        return field


@admin.register(Release)
class ReleaseAdmin(admin.ModelAdmin):
    """Releases: written as drafts with their notes, and published by a deed of its own."""

    form = ReleaseForm
    list_display = ["version", "title", "stage", "out"]
    list_filter = ["state"]
    search_fields = ["version", "title"]
    ordering = DRAFTS_FIRST
    show_full_result_count = False
    paginator = UncountedPaginator
    readonly_fields = ["stage", "out", "word", "all_notes"]
    fields = ["version", "title", "stage", "out", "word", "all_notes"]
    inlines = [NoteInline]
    view_on_site = False
    actions = None

    # --- what is said of a release ---

    @admin.display(description=_("state"))
    def stage(self, release):
        if release.state == Release.State.PUBLISHED and not release.is_out(at=timezone.now()):
            return _("will be published")
        return release.get_state_display()

    @admin.display(description=_("published"), ordering="published_at")
    def out(self, release):
        return when.absolute(release.published_at) if release.published_at else "–"

    @admin.display(description=_("word by e-mail"))
    def word(self, release):
        telling = getattr(release, "telling", None)
        if release.state == Release.State.DRAFT:
            return _("Chosen when it is published.")
        if telling is None:
            return _("Nobody is told.")
        words = (
            ngettext("%(count)s person was told.", "%(count)s people were told.", telling.told)
            if telling.finished_at
            else ngettext("%(count)s person told so far.", "%(count)s people told so far.", telling.told)
        )
        return words % {"count": telling.told}

    @admin.display(description=_("all its notes"))
    def all_notes(self, release):
        if release.pk is None:
            return "–"
        address = f"{reverse('admin:releases_releasenote_changelist')}?release__id__exact={release.pk}"
        return format_html('<a href="{}">{}</a>', address, _("See them in a list"))

    # --- what may be done ---

    def get_readonly_fields(self, request, obj=None):
        """The version of a release that is out stays: it is in mails and in what people have saved."""
        fixed = ["version"] if obj and obj.is_out(at=timezone.now()) else []
        return [*fixed, *self.readonly_fields]

    def get_inlines(self, request, obj) -> list[type[InlineModelAdmin]]:
        if obj and obj.notes.all()[INLINE_NOTES : INLINE_NOTES + 1].exists():
            return []
        return self.inlines

    def has_delete_permission(self, request, obj=None):
        """What customers have read is not taken away."""
        is_out = obj is not None and obj.is_out(at=timezone.now())
        return not is_out and super().has_delete_permission(request, obj)

    def render_change_form(self, request, context, *args, **kwargs):
        release = kwargs.get("obj")
        context["can_publish"] = release is not None and not release.is_out(at=timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    # --- publishing ---

    def get_urls(self):
        own, name = self.admin_site.admin_view, "releases_release"
        return [
            path("<int:pk>/publicar/", own(self.publish), name=f"{name}_publicar"),
            path("<int:pk>/retirar/", own(self.unpublish), name=f"{name}_retirar"),
            *super().get_urls(),
        ]

    def publish(self, request, pk):
        """Now or at a time, with or without word to everybody: how many they are stands beside the tick."""
        release = self.found(request, pk, methods=("GET", "HEAD", "POST"))
        people = User.objects.receiving_update_mail().count()
        form = PublishForm(request.POST if request.method == "POST" else None, release=release, people=people)
        if form.is_valid() and form.save():
            self.log_change(request, release, [{"changed": {"fields": ["published_at"]}}])
            said = _("Customers see version %(version)s from %(date)s on.")
            messages.success(request, said % {"version": release, "date": when.absolute(release.published_at)})
            return redirect("admin:releases_release_change", pk)
        return self.page(request, {"release": release, "form": form})

    def unpublish(self, request, pk):
        release = self.found(request, pk, methods=("POST",))
        try:
            release.unpublish()
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            self.log_change(request, release, [{"changed": {"fields": ["published_at"]}}])
            messages.success(request, _("Version %(version)s is a draft again.") % {"version": release})
        return redirect("admin:releases_release_change", pk)

    def found(self, request, pk, *, methods) -> Release:
        if request.method not in methods or not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(Release, pk=pk)

    def page(self, request, context) -> HttpResponse:
        common = self.admin_site.each_context(request) | {"opts": self.opts, "title": _("Publish a version")}
        return TemplateResponse(request, "admin/releases/release/publish.html", common | context)


@admin.register(ReleaseNote)
class ReleaseNoteAdmin(admin.ModelAdmin):
    """The notes of all the releases: for those with more of them than the page of a release shows."""

    form = NoteForm
    list_display = ["__str__", "release", "kind", "product", "is_public"]
    list_filter = ["kind", "is_public"]
    list_select_related = ["release", "product"]
    search_fields = ["text"]
    ordering = ["-release__published_at", "position"]
    show_full_result_count = False
    paginator = UncountedPaginator
    fields = ["release", "kind", "product", "text", "is_public", "position"]
    view_on_site = False

    def lookup_allowed(self, lookup, value, request):
        return lookup == "release__id__exact" or super().lookup_allowed(lookup, value, request)
