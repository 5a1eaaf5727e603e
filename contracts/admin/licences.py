"""Licence files on the desk: dropped many at once, looked at, withdrawn; and the radar."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from contracts import radar
from contracts.forms.licences import DropForm, KeepForm
from contracts.models import LicenceFile, takings
from files import serving
from tables.admin import UncountedPaginator


class StandingFilter(admin.SimpleListFilter):
    """What the radar sees, by name."""

    title = _("state")
    parameter_name = "estado"
    parts = {
        "sin-aplicar": (_("Not applied"), lambda files, at: files.current().filter(applied_at=None)),
        "desatendidos": (_("Late: nobody has taken them"), lambda files, at: files.neglected(at=at)),
        "sin-siguiente": (_("Last file of a licence that ends"), lambda files, at: files.lacking_successor(at=at)),
        "cuarentena": (_("In quarantine"), lambda files, at: files.infected()),
        "retirados": (_("Withdrawn"), lambda files, at: files.exclude(withdrawn_at=None)),
    }

    def lookups(self, request, model_admin):
        return [(key, label) for key, (label, _which) in self.parts.items()]

    def queryset(self, request, queryset):
        part = self.parts.get(self.value())
        return (
            queryset.filter(pk__in=part[1](LicenceFile.objects.all(), timezone.now()).values("pk"))
            if part
            else queryset
        )


@admin.register(LicenceFile)
class LicenceFileAdmin(admin.ModelAdmin):
    """Licence files. Adding drops many at once; nothing of a file that is there is edited."""

    list_display = ["company", "valid_from", "valid_until", "scan", "mailed_at", "taken_at", "applied_at"]
    list_filter = [StandingFilter]
    list_select_related = ["company", "stored"]
    search_fields = ["company__code", "company__name"]
    ordering = ["-valid_until", "-id"]
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    actions = None
    view_on_site = False
    change_list_template = "admin/contracts/licencefile/change_list.html"
    change_form_template = "admin/contracts/licencefile/change_form.html"
    fieldsets = [
        (None, {"fields": ["company", "valid_from", "valid_until", "stored", "scan", "sha256", "note"]}),
        (
            _("What became of it"),
            {
                "fields": [
                    "uploaded_at", "uploaded_by", "mailed_at", "reminded_at", "warned_at", "applied_at",
                    "applied_by", "withdrawn_at", "withdrawn_by",
                ]
            },
        ),
    ]  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).with_taken()

    @admin.display(description=_("first downloaded"))
    def taken_at(self, file):
        return file.taken_at

    @admin.display(description=_("antivirus"))
    def scan(self, file):
        return file.stored.get_scan_state_display()

    @admin.display(description="SHA-256")
    def sha256(self, file):
        return file.stored.sha256

    def has_change_permission(self, request, obj=None):
        """No field is edited; the permission opens the button to withdraw a file."""
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def may_withdraw(self, request) -> bool:
        return request.user.has_perm("contracts.change_licencefile")

    def get_urls(self):
        own, name = self.admin_site.admin_view, "contracts_licencefile"
        return [
            path("radar/", own(self.radar_view), name=f"{name}_radar"),
            path("guardar/", own(self.keep_view), name=f"{name}_guardar"),
            path("<int:pk>/archivo/", own(self.file_view), name=f"{name}_archivo"),
            path("<int:pk>/retirar/", own(self.withdraw_view), name=f"{name}_retirar"),
            *super().get_urls(),
        ]

    # --- many at once ---

    def add_view(self, request, form_url="", extra_context=None):
        """First all files are sent and shown, each with its company and period; then all are kept or none."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = DropForm(request.POST, request.FILES) if request.method == "POST" else DropForm()
        context = {"form": form}
        if request.method == "POST" and form.is_valid():
            applied = form.cleaned_data["applied"]
            keep = KeepForm.showing(form.parcels, applied=applied, by=request.user)
            context |= {"keep": keep, "applied": applied}
        context["parcels"] = form.parcels
        return self.page(request, "drop", _("Upload licence files"), **context)

    def keep_view(self, request):
        if request.method != "POST" or not self.has_add_permission(request):
            raise PermissionDenied
        form = KeepForm(request.POST, by=request.user)
        try:
            if not form.is_valid():
                raise ValidationError(form.errors["seal"].as_data())
            count = len(form.save())
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            words = ngettext("%(count)d licence file was saved.", "%(count)d licence files were saved.", count)
            messages.success(request, words % {"count": count})
        return redirect("admin:contracts_licencefile_changelist")

    # --- one of them ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        file = self.get_object(request, unquote(object_id))
        context = {"may_withdraw": self.may_withdraw(request) and file is not None and file.withdrawn_at is None}
        if file is not None:
            context["lines"] = next(takings([file]))[1]
        return super().change_view(request, object_id, form_url, context)

    def file_view(self, request, pk):
        """The file for support; it stands in the company's logbook like any other download."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        file = get_object_or_404(LicenceFile.objects.select_related("stored", "company"), pk=pk)
        try:
            response = serving.respond(request, file.stored, name=file.stored.name)
        except serving.Withheld:
            messages.error(request, _("The antivirus has yet to look at this file, or found something in it."))
            return redirect("admin:contracts_licencefile_change", pk)
        if request.method == "GET" and serving.is_download(response):
            file.note_download(by=request.user, goes_on=serving.goes_on(request, response))
        return response

    def withdraw_view(self, request, pk):
        if request.method != "POST" or not self.may_withdraw(request):
            raise PermissionDenied
        file = get_object_or_404(LicenceFile.objects.select_related("company"), pk=pk)
        if file.withdraw(by=request.user):
            messages.success(request, _("The file is withdrawn: the company no longer sees it."))
        return redirect("admin:contracts_licencefile_change", pk)

    # --- the radar ---

    def radar_view(self, request):
        """Which companies need somebody: without another file, without anybody to receive it, or late."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.page(request, "radar", _("Licence radar"), seen=radar.look(at=timezone.now()))

    def page(self, request, template, title, **context):
        common = self.admin_site.each_context(request) | {"opts": self.opts, "title": title}
        return TemplateResponse(request, f"admin/contracts/licencefile/{template}.html", common | context)
