"""Webinars on the desk: prepared as drafts, announced, moved, cancelled and kept by deeds of their own."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from files.uploading import straight_in
from tables.admin import ReadOnlyAdmin, UncountedPaginator
from text import when
from webinars.forms import AnnounceForm, FileForm, RescheduleForm, WebinarForm
from webinars.forms.desk import terms_of_videos
from webinars.models import IllegalStep, Registration, Webinar

READING, BOTH = ("GET", "HEAD"), ("GET", "HEAD", "POST")


@admin.register(Webinar)
class WebinarAdmin(admin.ModelAdmin):
    form = WebinarForm
    list_display = ["title", "state", "starts_at", "speaker", "those_registered"]
    list_filter = ["state"]
    search_fields = ["title", "speaker"]
    show_full_result_count = False
    paginator = UncountedPaginator
    readonly_fields = ["state", "those_registered", "word"]
    fields = [
        "title", "slug", "speaker", "state", "starts_at", "minutes", "text", "join_url", "those_registered", "word",
        "embed_url", "clock", "places",
    ]  # fmt: skip
    view_on_site = False
    actions = None

    def get_queryset(self, request):
        in_force = Q(registrations__cancelled_at=None)
        rows = super().get_queryset(request).select_related("telling")
        return rows.annotate(registered=Count("registrations", filter=in_force))

    # --- what is said of a webinar ---

    @admin.display(description=_("registered"))
    def those_registered(self, webinar):
        if webinar.pk is None:
            return "–"
        address = f"{reverse('admin:webinars_registration_changelist')}?webinar__id__exact={webinar.pk}"
        return format_html('<a href="{}">{}</a>', address, webinar.registered)

    @admin.display(description=_("word by e-mail"))
    def word(self, webinar):
        telling = getattr(webinar, "telling", None)
        if webinar.is_draft or webinar.pk is None:
            return _("Chosen when it is announced.")
        if telling is None:
            return _("Nobody is told.")
        words = (
            ngettext("%(count)s person was told.", "%(count)s people were told.", telling.told)
            if telling.finished_at
            else ngettext("%(count)s person told so far.", "%(count)s people told so far.", telling.told)
        )
        return words % {"count": telling.told}

    @admin.display(description=_("Minutes"))
    def minutes(self, webinar):
        return webinar.minutes

    @admin.display(description=_("Length of the video"))
    def clock(self, webinar):
        return webinar.clock or "–"

    @admin.display(description=_("Chapters"))
    def places(self, webinar):
        return "\n".join(map(str, webinar.chapters.all())) or "–"

    # --- what may be done ---

    def get_readonly_fields(self, request, obj=None):
        """Once people count on it, another time is a deed, and its address is in mails."""
        if obj is None or obj.is_draft:
            return self.readonly_fields
        fixed = ["slug"] if obj.is_recorded else ["slug", "starts_at", "minutes"]
        return [*self.readonly_fields, *fixed]

    def get_prepopulated_fields(self, request, obj=None):
        return {"slug": ["title"]} if obj is None else {}

    def has_delete_permission(self, request, obj=None):
        """What customers know of is not taken away."""
        return (obj is None or obj.is_draft) and super().has_delete_permission(request, obj)

    def delete_model(self, request, obj):
        obj.discard()

    def save_related(self, request, form, formsets, change):
        form.keep_parts()

    def render_change_form(self, request, context, *args, **kwargs):
        webinar = kwargs.get("obj")
        if webinar is not None and self.has_change_permission(request):
            is_over = webinar.is_over(at=timezone.now())
            context["may_announce"] = webinar.is_draft
            context["may_reschedule"] = webinar.is_planned and not is_over
            context["may_record"] = webinar.has_video and webinar.state in ("draft", "planned")
        return super().render_change_form(request, context, *args, **kwargs)

    # --- the deeds ---

    def get_urls(self):
        own, name, may = self.admin_site.admin_view, "webinars_webinar", "webinars.change_webinar"
        receiving = straight_in(own(self.file_view), permission=may, terms=terms_of_videos)
        return [
            path("<int:pk>/anunciar/", own(self.announce), name=f"{name}_anunciar"),
            path("<int:pk>/fecha/", own(self.reschedule), name=f"{name}_fecha"),
            path("<int:pk>/cancelar/", own(self.cancel), name=f"{name}_cancelar"),
            path("<int:pk>/grabacion/", own(self.publish_recording), name=f"{name}_grabacion"),
            path("<int:pk>/archivos/", own(self.files), name=f"{name}_archivos"),
            path("<int:pk>/archivo/", receiving, name=f"{name}_archivo"),
            path("<int:pk>/quitar/", own(self.take_out), name=f"{name}_quitar"),
            *super().get_urls(),
        ]

    def announce(self, request, pk):
        """With or without word to everybody: how many they are stands beside the tick."""
        webinar = self.found(request, pk, methods=BOTH)
        people = User.objects.receiving_general_mail().count()
        form = AnnounceForm(request.POST if request.method == "POST" else None, webinar=webinar, people=people)
        if form.is_valid() and self.done(form, form.save):
            self.log_change(request, webinar, [{"changed": {"fields": ["announced_at"]}}])
            messages.success(request, _("Customers see “%(title)s” and may register.") % {"title": webinar})
            return redirect("admin:webinars_webinar_change", pk)
        return self.page(request, "announce", {"webinar": webinar, "form": form, "title": _("Announce the webinar")})

    def reschedule(self, request, pk):
        webinar = self.found(request, pk, methods=BOTH)
        form = RescheduleForm(request.POST if request.method == "POST" else None, webinar=webinar)
        if form.is_valid() and self.done(form, form.save):
            self.log_change(request, webinar, [{"changed": {"fields": ["starts_at"]}}])
            said = _("It is on %(date)s now. Those registered are told by e-mail.")
            messages.success(request, said % {"date": when.absolute(webinar.starts_at)})
            return redirect("admin:webinars_webinar_change", pk)
        registered = webinar.registrations.reachable().count()
        context = {"webinar": webinar, "form": form, "registered": registered, "title": _("Change or cancel")}
        return self.page(request, "reschedule", context)

    def cancel(self, request, pk):
        webinar = self.found(request, pk, methods=("POST",))
        if self.told(request, webinar.cancel):
            self.log_change(request, webinar, [{"changed": {"fields": ["state"]}}])
            messages.success(request, _("It will not be held. Those registered are told by e-mail."))
        return redirect("admin:webinars_webinar_change", pk)

    def publish_recording(self, request, pk):
        webinar = self.found(request, pk, methods=("POST",))
        if self.told(request, webinar.publish_recording):
            self.log_change(request, webinar, [{"changed": {"fields": ["state"]}}])
            messages.success(request, _("Its recording is in the library."))
        return redirect("admin:webinars_webinar_change", pk)

    def files(self, request, pk):
        """The video, the poster and what people may take along, and the form to add or replace one."""
        if not self.has_view_permission(request) or request.method not in READING:
            raise PermissionDenied
        return self.files_page(request, get_object_or_404(Webinar, pk=pk))

    def file_view(self, request, pk):
        webinar = self.found(request, pk, methods=("POST",))
        form = FileForm(request.POST, request.FILES, webinar=webinar)
        if form.is_valid() and form.save():
            self.log_change(request, webinar, f"{form.cleaned_data['what']}: {form.upload.name} {form.upload.sha256}")
            messages.success(request, _("%(file)s is kept.") % {"file": form.upload.name})
            return redirect("admin:webinars_webinar_archivos", pk)
        return self.files_page(request, webinar, form)

    def take_out(self, request, pk):
        webinar = self.found(request, pk, methods=("POST",))
        material = webinar.materials.filter(token=request.POST.get("file", "")[:32]).first()
        if material is not None:
            material.take_out()
            self.log_change(request, webinar, f"– {material.name}")
            messages.success(request, _("%(file)s is no longer there.") % {"file": material.name})
        return redirect("admin:webinars_webinar_archivos", pk)

    # --- of all of them ---

    def found(self, request, pk, *, methods) -> Webinar:
        if request.method not in methods or not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(Webinar, pk=pk)

    def done(self, form, deed) -> bool:
        try:
            deed(at=timezone.now())
        except IllegalStep as refusal:
            form.add_error(None, refusal)
            return False
        return True

    def told(self, request, deed) -> bool:
        try:
            deed(at=timezone.now())
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            return False
        return True

    def files_page(self, request, webinar, form=None) -> HttpResponse:
        context = {
            "webinar": webinar,
            "materials": webinar.materials.select_related("stored"),
            "may_change": self.has_change_permission(request),
            "form": form or FileForm(webinar=webinar),
            "title": _("Files"),
        }
        return self.page(request, "files", context)

    def page(self, request, template, context) -> HttpResponse:
        common = self.admin_site.each_context(request) | {"opts": self.opts}
        return TemplateResponse(request, f"admin/webinars/webinar/{template}.html", common | context)


@admin.register(Registration)
class RegistrationAdmin(ReadOnlyAdmin):
    """Who takes part in which webinar."""

    list_display = ["person", "company", "webinar", "at", "cancelled_at"]
    list_select_related = ["person__company", "webinar"]
    search_fields = ["webinar__title", "person__company__code", "person__company__name"]

    def lookup_allowed(self, lookup, value, request):
        return lookup == "webinar__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("company"))
    def company(self, registration):
        return registration.person.company
