"""Updates on the desk: components, the files of each release, what companies run, who took what."""

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, ProtectedError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from downloads.forms import ReleaseFileForm
from downloads.models import AlreadyOut, Component, Delivery, DownloadLog, Installation, ReleaseFile
from downloads.publishing import terms_of_updates
from files.uploading import straight_in
from releases.admin import DRAFTS_FIRST, ReleaseAdmin
from releases.models import Release
from tables.admin import ReadOnlyAdmin, UncountedPaginator


@admin.register(Component)
class ComponentAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "product", "position", "is_public", "is_active"]
    list_select_related = ["product"]
    prepopulated_fields = {"slug": ["name"]}
    show_full_result_count = False
    paginator = UncountedPaginator


@admin.register(Installation)
class InstallationAdmin(ReadOnlyAdmin):
    """What companies say they run."""

    list_display = ["company", "component", "release", "by", "at"]
    list_select_related = ["company", "component", "release", "by"]
    list_filter = ["component"]
    search_fields = ["company__code", "company__name", "release__version"]


@admin.register(DownloadLog)
class DownloadLogAdmin(ReadOnlyAdmin):
    """Who took which file, and when."""

    list_display = ["at", "company", "person", "file", "version"]
    list_select_related = ["company", "person", "file__release"]
    search_fields = ["company__code", "company__name", "file__name", "file__release__version"]

    @admin.display(description=_("version"))
    def version(self, line):
        return line.file.release.version


admin.site.unregister(Release)


@admin.register(Release)
class ReleaseWithFilesAdmin(ReleaseAdmin):
    """Releases as they are written, and deleted, while they are drafts, with the files that they have here."""

    def get_deleted_objects(self, objs, request):
        """Its files go with a draft: they stand among what goes, not in the way. What does, such as a ticket that waits
        for it, is named, and no permission is asked for."""
        gone, counts, lacking, protected = super().get_deleted_objects(objs, request)
        names = ReleaseFile.objects.filter(release__in=objs).in_cards()
        files = [f"{capfirst(ReleaseFile._meta.verbose_name)}: {file}" for file in names]
        counts |= {ReleaseFile._meta.verbose_name_plural: len(files)} if files else {}
        in_the_way = [line for line in protected if line not in files]
        return [*gone, *files], counts, set() if in_the_way else lacking, in_the_way

    def delete_view(self, request, object_id, extra_context=None):
        """Somebody may have published it, or tied a ticket to it, while this page was open."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except AlreadyOut as refusal:
            messages.error(request, " ".join(refusal.messages))
        except ProtectedError:
            messages.error(request, _("Something else needs this release: it stays."))
        return redirect("admin:releases_release_change", object_id)

    def delete_model(self, request, obj):
        Delivery.objects.get(pk=obj.pk).discard(at=timezone.now())


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Releases as files. One that is not out yet gets its files here, by the verbs alone."""

    list_display = ["version", "title", "state", "published_at", "files_in_it"]
    ordering = DRAFTS_FIRST
    search_fields = ["version", "title"]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(files_count=Count("files"))

    @admin.display(description=_("files"))
    def files_in_it(self, delivery):
        return delivery.files_count

    def get_urls(self):
        own = self.admin_site.admin_view
        may = "downloads.change_delivery"
        receiving = straight_in(own(self.file_view), permission=may, terms=terms_of_updates)
        return [
            path("<int:pk>/archivo/", receiving, name="downloads_delivery_archivo"),
            path("<int:pk>/quitar/", own(self.take_out_view), name="downloads_delivery_quitar"),
            path("<int:pk>/descartar/", own(self.discard_view), name="downloads_delivery_descartar"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The files of an update, each new or carried on, and the form to replace one."""
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return self.page(request, self.found(object_id))

    def file_view(self, request, pk):
        delivery = self.found(pk)
        self.require(request)
        form = ReleaseFileForm(request.POST, request.FILES, delivery=delivery, at=timezone.now())
        if form.is_valid() and (file := form.save()):
            self.note(request, delivery, f"{file.component}: {file.name} {file.stored.sha256}")
            messages.success(request, _("%(file)s is in the update.") % {"file": file.name})
            return redirect("admin:downloads_delivery_change", pk)
        return self.page(request, delivery, form)

    def take_out_view(self, request, pk):
        delivery = self.found(pk)
        self.require(request)
        file = delivery.files.filter(token=request.POST.get("file", "")[:32]).first()
        try:
            if file is not None:
                delivery.take_out(file, at=timezone.now())
                self.note(request, delivery, f"– {file.name}")
                messages.success(request, _("%(file)s is no longer in the update.") % {"file": file.name})
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect("admin:downloads_delivery_change", pk)

    def discard_view(self, request, pk):
        delivery = self.found(pk)
        self.require(request)
        try:
            delivery.discard(at=timezone.now())
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        except ProtectedError:
            messages.error(request, _("Something else needs this release: it stays."))
        else:
            self.note(request, delivery, f"– {delivery.version}")
            messages.success(request, _("The release %(version)s is no more.") % {"version": delivery.version})
            return redirect("admin:downloads_delivery_changelist")
        return redirect("admin:downloads_delivery_change", pk)

    def page(self, request, delivery, form=None):
        now = timezone.now()
        before = delivery.previous(at=now)
        may_change = request.user.has_perm("downloads.change_delivery") and not delivery.is_out(at=now)
        context = self.admin_site.each_context(request) | {
            "title": delivery,
            "opts": self.opts,
            "delivery": delivery,
            "before": before,
            "files": delivery.files.in_cards().compared(before=before),
            "may_change": may_change,
            "form": form or ReleaseFileForm(delivery=delivery, at=now),
        }
        return render(request, "admin/downloads/delivery/files.html", context)

    def found(self, pk) -> Delivery:
        if not str(pk).isascii() or not str(pk).isdigit():
            raise Http404
        return get_object_or_404(Delivery, pk=pk)

    def require(self, request) -> None:
        if request.method != "POST" or not request.user.has_perm("downloads.change_delivery"):
            raise PermissionDenied

    def note(self, request, delivery, words) -> None:
        LogEntry.objects.log_actions(request.user.pk, [delivery], CHANGE, change_message=words, single_object=True)
