from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mail.messages import Unaddressable, as_bytes
from mail.models import Delivery, OutgoingMail
from tables.admin import UncountedPaginator

# The filter names the kinds of this many latest mails; the table is not read through for it.
RECENT = 2000


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        recent = OutgoingMail.objects.order_by("-id").values_list("kind", flat=True)[:RECENT]
        return [(kind, kind) for kind in sorted(set(recent))]

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(OutgoingMail)
class OutgoingMailAdmin(admin.ModelAdmin):
    """The outbox as staff see it: everything to read, nothing to edit; resend, cancel, hold."""

    list_display = ["subject", "state", "kind", "address", "created_at", "sent_at", "attempts"]
    list_filter = ["state", "lane", KindFilter]
    search_fields = ["address", "subject"]
    search_help_text = _("Part of the address or of the subject.")
    ordering = ["-id"]
    sortable_by = ()
    list_per_page = 50
    paginator = UncountedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["resend", "cancel"]
    actions_selection_counter = False
    fieldsets = [
        (None, {"fields": ["state", "kind", "lane", "name", "address", "language", "subject", "text", "attached"]}),
        (
            _("Delivery"),
            {"fields": ["created_at", "sent_at", "attempts", "due_at", "lease_until", "last_error"]},
        ),
        (_("Headers"), {"fields": ["message_id", "header_lines", "thread", "person_id", "company_id"]}),
    ]
    readonly_fields = ["header_lines", "withheld", "attached"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("text", "html", "headers")

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        """No field is edited; the permission opens the actions (`has_steer_permission`)."""
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def has_steer_permission(self, request) -> bool:
        """May resend, cancel, hold and resume."""
        return request.user.has_perm("mail.change_outgoingmail")

    def get_urls(self):
        own = self.admin_site.admin_view
        return [
            path("hold/", own(self.hold_view), name="mail_outgoingmail_hold"),
            path("resume/", own(self.resume_view), name="mail_outgoingmail_resume"),
            path("<int:pk>/eml/", own(self.eml_view), name="mail_outgoingmail_eml"),
            *super().get_urls(),
        ]

    @admin.display(description=_("text"))
    def withheld(self, mail: OutgoingMail) -> str:
        return _("Not shown: it holds a link that opens the account of a person.")

    def get_fieldsets(self, request, obj=None):
        if obj is None or may_read(request.user, obj):
            return self.fieldsets
        (title, options), *others = self.fieldsets
        fields = ["withheld" if name == "text" else name for name in options["fields"]]
        return [(title, {"fields": fields}), *others]

    @admin.display(description=_("headers"))
    def header_lines(self, mail: OutgoingMail) -> str:
        return "\n".join(f"{name}: {value}" for name, value in mail.headers.items())

    @admin.display(description=_("attached files"))
    def attached(self, mail: OutgoingMail) -> str:
        return ", ".join(file.stored.name for file in mail.attachments.select_related("stored")) or "–"

    @admin.action(description=_("Send again"), permissions=["steer"])
    def resend(self, request, queryset) -> None:
        mails = list(queryset.resendable())
        count = queryset.resend(at=timezone.now())
        self._log(request, mails, _("Sent again."))
        self.message_user(
            request,
            ngettext("%(count)d e-mail was queued again.", "%(count)d e-mails were queued again.", count)
            % {"count": count},
        )

    @admin.action(description=_("Cancel"), permissions=["steer"])
    def cancel(self, request, queryset) -> None:
        mails = list(queryset.waiting())
        count = queryset.cancel()
        self._log(request, mails, _("Cancelled."))
        self.message_user(
            request,
            ngettext("%(count)d e-mail was cancelled.", "%(count)d e-mails were cancelled.", count) % {"count": count},
        )

    def changelist_view(self, request, extra_context=None):
        delivery = Delivery.current()
        context = {
            "banners": banners(delivery),
            "may_steer": self.has_steer_permission(request),
            "delivery_stopped": delivery.held or delivery.paused_until is not None,
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def hold_view(self, request: HttpRequest) -> HttpResponse:
        """Asks, then stops all delivery."""
        if self._confirmed(request):
            Delivery.current().hold(by_id=request.user.pk, at=timezone.now())
            self._log(request, [Delivery.current()], _("Held."))
            self.message_user(request, _("Delivery is held."), messages.WARNING)
            return redirect("admin:mail_outgoingmail_changelist")
        question = _("E-mails will wait in the outbox until somebody resumes delivery.")
        return self._ask(request, title=_("Hold delivery"), question=question)

    def resume_view(self, request: HttpRequest) -> HttpResponse:
        """Asks, then lets mail leave again and the server be tried at once."""
        if self._confirmed(request):
            Delivery.current().release()
            self._log(request, [Delivery.current()], _("Resumed."))
            self.message_user(request, _("Delivery goes on."))
            return redirect("admin:mail_outgoingmail_changelist")
        question = _("Everything that waits will be sent now.")
        return self._ask(request, title=_("Resume delivery"), question=question)

    def eml_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The whole mail as a file that mail programs open."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mail = get_object_or_404(OutgoingMail, pk=pk)
        if not may_read(request.user, mail):
            raise PermissionDenied
        try:
            content = as_bytes(mail)
        except Unaddressable as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect("admin:mail_outgoingmail_change", pk)
        disposition = {"Content-Disposition": f'attachment; filename="{mail.message_id.strip("<>").split("@")[0]}.eml"'}
        return HttpResponse(content, content_type="message/rfc822", headers=disposition)

    def _confirmed(self, request: HttpRequest) -> bool:
        if not self.has_steer_permission(request):
            raise PermissionDenied
        return request.method == "POST"

    def _ask(self, request: HttpRequest, **words) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **words}
        return TemplateResponse(request, "admin/mail/outgoingmail/confirm.html", context)

    def _log(self, request: HttpRequest, rows: list, words) -> None:
        LogEntry.objects.log_actions(request.user.pk or 0, rows, CHANGE, change_message=str(words))


def may_read(user, mail: OutgoingMail) -> bool:
    """A secret is read where there is no mail server to send it, and then by superusers alone."""
    return not mail.is_secret or (mail.state == OutgoingMail.State.KEPT and user.is_superuser)


def banners(delivery: Delivery) -> list:
    """Why nothing leaves, each reason a sentence; empty when mail flows."""
    found: list = []
    if settings.MAIL_SERVER is None:
        found.append(_("No mail server is configured: e-mails are kept here to be read. EMAIL_URL names the server."))
    if settings.MAIL_HOLD:
        found.append(_("Delivery is held by the setting PORTAL_MAIL_HOLD."))
    if delivery.held and delivery.held_at:
        found.append(_("Delivery is held since %(when)s.") % {"when": moment(delivery.held_at)})
    if delivery.paused_until:
        words = _("The mail server lets nothing through; it is tried again at %(when)s. It said: %(reason)s")
        found.append(words % {"when": moment(delivery.paused_until), "reason": delivery.last_error})
    return found


def moment(at) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
