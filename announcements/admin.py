"""Announcements, rules, contact and the state of the service on the desk: written as rows, come out by deeds."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from announcements.forms import (
    AnnouncementForm,
    ContactEntryForm,
    DetailsForm,
    IncidentForm,
    InformationPageForm,
    MaintenanceForm,
    PublishForm,
    RulesForm,
    RulesInForceForm,
    UpdateForm,
)
from announcements.models import (
    Acceptance,
    Announcement,
    ContactEntry,
    Incident,
    InformationPage,
    RulesOfUse,
    ServiceComponent,
)
from tables.admin import ReadOnlyAdmin, SeveralByName, UncountedPaginator
from text import when

BOTH = ("GET", "HEAD", "POST")


class Desk(admin.ModelAdmin):
    """What these pages have in common: lists that nobody counts, and deeds beside the form."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    view_on_site = False
    actions = None

    def found(self, request, pk, *, methods):
        if request.method not in methods or not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.model, pk=pk)

    def change_page(self, row):
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", row.pk)

    def page(self, request, context) -> HttpResponse:
        """A small form on a page of its own. `context`: row, form, title, words, label."""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[context["row"].pk])
        common = self.admin_site.each_context(request) | {"opts": self.opts, "row_url": address}
        return TemplateResponse(request, "admin/announcements/deed.html", common | context)

    def sent(self, request):
        return request.POST if request.method == "POST" else None


@admin.register(Announcement)
class AnnouncementAdmin(Desk):
    """Announcements: written as drafts, and published by a deed of their own."""

    form = AnnouncementForm
    list_display = ["title", "level", "stage", "shown_from", "until", "audience", "is_pinned"]
    list_filter = ["level", "audience"]
    search_fields = ["title"]
    readonly_fields = ["stage", "shown_from", "word"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "level", "text", "is_pinned", "until"]}),
        (_("Who reads it"), {"fields": ["audience", "companies", "modules"]}),
        (_("Published"), {"fields": ["stage", "shown_from", "word"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("telling").defer("html")

    # --- what is said of it ---

    @admin.display(description=_("state"))
    def stage(self, announcement):
        now = timezone.now()
        if announcement.published_at is None:
            return _("draft")
        if announcement.is_over(at=now):
            return _("ended")
        return _("shown") if announcement.is_out(at=now) else _("will be published")

    @admin.display(description=_("shown from"), ordering="published_at")
    def shown_from(self, announcement):
        return when.absolute(announcement.published_at) if announcement.published_at else "–"

    @admin.display(description=_("word by e-mail"))
    def word(self, announcement):
        telling = getattr(announcement, "telling", None)
        if announcement.published_at is None:
            return _("Chosen when it is published.")
        if telling is None:
            return _("Nobody is told.")
        words = (
            ngettext("%(count)s person was told.", "%(count)s people were told.", telling.told)
            if telling.finished_at
            else ngettext("%(count)s person told so far.", "%(count)s people told so far.", telling.told)
        )
        return words % {"count": telling.told}

    # --- what may be done ---

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "companies":
            kwargs["widget"] = SeveralByName(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_readonly_fields(self, request, obj=None):
        """The address of one that is out is in mails."""
        is_out = obj is not None and obj.is_out(at=timezone.now())
        return [*self.readonly_fields, "slug"] if is_out else self.readonly_fields

    def get_prepopulated_fields(self, request, obj=None):
        return {"slug": ["title"]} if obj is None else {}

    def has_delete_permission(self, request, obj=None):
        """What customers have read is not taken away: it ends."""
        is_out = obj is not None and obj.is_out(at=timezone.now())
        return not is_out and super().has_delete_permission(request, obj)

    def render_change_form(self, request, context, *args, **kwargs):
        row, now = kwargs.get("obj"), timezone.now()
        if row is not None and self.has_change_permission(request):
            context["may_publish"] = not row.is_out(at=now)
            context["may_withdraw"] = row.published_at is not None and not row.is_over(at=now)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- the deeds ---

    def get_urls(self):
        own, name = self.admin_site.admin_view, "announcements_announcement"
        return [
            path("<int:pk>/publicar/", own(self.publish), name=f"{name}_publicar"),
            path("<int:pk>/retirar/", own(self.withdraw), name=f"{name}_retirar"),
            *super().get_urls(),
        ]

    def publish(self, request, pk):
        """Now or at a time, with or without word to those whom it is for: how many they are stands beside the tick."""
        row = self.found(request, pk, methods=BOTH)
        people = row.audience_by_mail(at=timezone.now()).count()
        form = PublishForm(self.sent(request), announcement=row, people=people)
        if form.is_valid() and form.save():
            self.log_change(request, row, [{"changed": {"fields": ["published_at"]}}])
            said = _("It is shown from %(date)s on.")
            messages.success(request, said % {"date": when.absolute(row.published_at)})
            return self.change_page(row)
        words = _("“%(title)s” is for: %(audience)s. Once it is out it can be changed and ended, not deleted.")
        words %= {"title": row, "audience": row.get_audience_display()}
        return self.page(
            request, {"row": row, "form": form, "title": _("Publish"), "words": words, "label": _("Publish")}
        )

    def withdraw(self, request, pk):
        row = self.found(request, pk, methods=("POST",))
        try:
            row.withdraw(at=timezone.now())
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            self.log_change(request, row, [{"changed": {"fields": ["until"]}}])
            messages.success(request, _("It is no longer shown."))
        return self.change_page(row)


@admin.register(RulesOfUse)
class RulesOfUseAdmin(Desk):
    """Versions of the rules of use; the words of one that has been in force stay."""

    form = RulesForm
    list_display = ["__str__", "in_force_since"]
    readonly_fields = ["version", "in_force_since", "accepted_by"]
    fields = ["version", "in_force_since", "accepted_by", "text"]

    @admin.display(description=_("accepted by"))
    def accepted_by(self, rules):
        if rules.pk is None:
            return "–"
        count = rules.acceptances.count()
        return ngettext("%(count)s person", "%(count)s people", count) % {"count": count}

    def get_readonly_fields(self, request, obj=None):
        has_begun = obj is not None and obj.has_begun(at=timezone.now())
        return [*self.readonly_fields, "text"] if has_begun else self.readonly_fields

    def has_delete_permission(self, request, obj=None):
        has_begun = obj is not None and obj.has_begun(at=timezone.now())
        return not has_begun and super().has_delete_permission(request, obj)

    def save_model(self, request, obj, form, change):
        if not change:
            obj.version = RulesOfUse.objects.next_version()
        super().save_model(request, obj, form, change)

    def render_change_form(self, request, context, *args, **kwargs):
        row = kwargs.get("obj")
        may = row is not None and self.has_change_permission(request)
        context["may_put_in_force"] = may and not row.has_begun(at=timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self):
        own, name = self.admin_site.admin_view, "announcements_rulesofuse"
        return [path("<int:pk>/vigencia/", own(self.put_in_force), name=f"{name}_vigencia"), *super().get_urls()]

    def put_in_force(self, request, pk):
        row = self.found(request, pk, methods=BOTH)
        form = RulesInForceForm(self.sent(request), rules=row)
        if form.is_valid() and form.save():
            self.log_change(request, row, [{"changed": {"fields": ["in_force_since"]}}])
            said = _("In force since %(date)s: everybody accepts it before going on.")
            messages.success(request, said % {"date": when.absolute(row.in_force_since)})
            return self.change_page(row)
        title = _("Put in force")
        words = _("Every person of every company has to accept this version before using the portal again.")
        return self.page(request, {"row": row, "form": form, "title": title, "words": words, "label": title})


@admin.register(Acceptance)
class AcceptanceAdmin(ReadOnlyAdmin):
    """Who has accepted which version."""

    list_display = ["person", "rules", "at"]
    list_select_related = ["person", "rules"]
    list_display_links = None
    search_fields = ["person__company__code", "person__company__name"]


@admin.register(ContactEntry)
class ContactEntryAdmin(Desk):
    form = ContactEntryForm
    list_display = ["name", "phone", "email", "position"]


@admin.register(InformationPage)
class InformationPageAdmin(Desk):
    form = InformationPageForm
    list_display = ["__str__"]

    def get_readonly_fields(self, request, obj=None):
        return ["key"] if obj is not None else []


@admin.register(ServiceComponent)
class ServiceComponentAdmin(Desk):
    """The parts of the service, and how each is now."""

    list_display = ["name", "state", "position"]
    fields = ["name", "text", "state", "position"]


@admin.register(Incident)
class IncidentAdmin(Desk):
    """Incidents and maintenance: opened by one form, told on by a short one."""

    form = DetailsForm
    list_display = ["title", "kind", "stage", "starts_at", "ended_at"]
    list_filter = ["kind", "stage"]
    search_fields = ["title"]
    readonly_fields = ["kind", "stage", "ended_at", "timeline"]
    fields = ["title", "kind", "stage", "components", "starts_at", "planned_until", "ended_at", "timeline"]

    @admin.display(description=_("updates"))
    def timeline(self, incident):
        lines = ((when.absolute(one.at), one.get_stage_display(), one.text) for one in incident.updates.all())
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · {}: {}</li>", lines))

    def get_readonly_fields(self, request, obj=None):
        """What people were told stays as it was told; the planned time of maintenance may still move."""
        fixed = [] if obj is not None and obj.is_maintenance else ["starts_at", "planned_until"]
        return [*self.readonly_fields, *fixed]

    def add_view(self, request, form_url="", extra_context=None):
        """Incident or, with `que=mantenimiento`, maintenance: with its first words."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        is_planned = request.GET.get("que") == "mantenimiento"
        form = (MaintenanceForm if is_planned else IncidentForm)(self.sent(request))
        if form.is_valid():
            row = form.save(by=request.user, at=timezone.now())
            self.log_addition(request, row, [{"added": {}}])
            messages.success(request, _("People read it on the page of the service."))
            return self.change_page(row)
        title = _("Plan maintenance") if is_planned else _("Tell of an incident")
        common = self.admin_site.each_context(request) | {"opts": self.opts}
        context = {"form": form, "title": title, "label": _("Publish"), "is_planned": is_planned}
        return TemplateResponse(request, "admin/announcements/incident/add.html", common | context)

    def has_delete_permission(self, request, obj=None):
        """What people were told is not taken away."""
        return False

    def render_change_form(self, request, context, *args, **kwargs):
        context["may_update"] = self.has_change_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self):
        own, name = self.admin_site.admin_view, "announcements_incident"
        return [path("<int:pk>/novedad/", own(self.update), name=f"{name}_novedad"), *super().get_urls()]

    def update(self, request, pk):
        row = self.found(request, pk, methods=BOTH)
        form = UpdateForm(self.sent(request), incident=row)
        if form.is_valid():
            form.save(by=request.user, at=timezone.now())
            self.log_change(request, row, [{"changed": {"fields": ["stage"]}}])
            messages.success(request, _("People read it on the page of the service."))
            return self.change_page(row)
        title = _("Say what is known now")
        return self.page(request, {"row": row, "form": form, "title": title, "words": "", "label": _("Publish")})
