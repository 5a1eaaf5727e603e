"""Sessions on the desk: the calendar of all of them, booking on behalf, and what is done with one."""

from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from contracts.models import HourEntry
from files import serving
from tables.admin import UncountedPaginator
from training import weeks
from training.forms.desk import BehalfForm, CancelForm, CompleteForm, LinkForm, MoveForm, RecordingForm
from training.models import Booking, Recording


class StandingFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "estado"
    parts = {
        None: (pgettext_lazy("sessions", "To come"), lambda rows, at: rows.upcoming(at=at)),
        "sin-cerrar": (_("Over, nothing noted yet"), lambda rows, at: rows.past(at=at).filter(state="booked")),
        "celebradas": (pgettext_lazy("sessions", "Held"), lambda rows, at: rows.filter(state="held")),
        "anuladas": (pgettext_lazy("sessions", "Cancelled"), lambda rows, at: rows.filter(state="cancelled")),
    }

    def lookups(self, request, model_admin):
        return [(key, label) for key, (label, _which) in self.parts.items() if key]

    def choices(self, changelist):
        for key, (label, _which) in self.parts.items():
            query = changelist.get_query_string({self.parameter_name: key} if key else {}, [self.parameter_name])
            yield {"selected": self.value() == key, "query_string": query, "display": label}

    def queryset(self, request, queryset):
        return self.parts.get(self.value(), self.parts[None])[1](queryset, timezone.now())


@admin.register(Booking)
class BookingAdmin(admin.ModelAdmin):
    """Sessions. Everything happens through their verbs."""

    list_display = ["begins", "company", "about", "trainer", "state"]
    list_filter = [StandingFilter, "slot__trainer"]
    list_select_related = ["company", "slot__trainer__user", "module__product"]
    search_fields = ["company__code", "company__name"]
    ordering = ["-slot__starts", "-id"]
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = UncountedPaginator
    actions = None
    change_list_template = "admin/training/booking/change_list.html"

    deeds = {
        "mover": ("move", MoveForm),
        "anular": ("cancel", CancelForm),
        "enlace": ("give_link", LinkForm),
        "cerrar": ("complete", CompleteForm),
        "grabacion": ("record", RecordingForm),
    }

    @admin.display(description=_("from"))
    def begins(self, booking):
        return f"{booking.slot.starts.astimezone(booking.slot.trainer.zone):%d/%m/%Y %H:%M}"

    @admin.display(description=_("subject"))
    def about(self, booking):
        return booking.subject

    @admin.display(description=_("trainer"))
    def trainer(self, booking):
        return booking.slot.trainer

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        own, name = self.admin_site.admin_view, "training_booking"
        deeds = [
            path(f"<int:pk>/{deed}/", own(self.deed_view), {"deed": deed}, f"{name}_{deed}") for deed in self.deeds
        ]
        return [
            path("calendario/", own(self.calendar_view), name=f"{name}_calendario"),
            path("<int:pk>/grabaciones/<int:number>/", own(self.recording_view), name=f"{name}_ver"),
            *deeds,
            *super().get_urls(),
        ]

    # --- the calendar ---

    def calendar_view(self, request):
        """A week of all trainers, on the clocks of the portal: sessions and free slots."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        first = weeks.monday_of(request.GET.get("semana", ""), today=timezone.localdate(now))
        context = {
            "week": weeks.of_all(first, at=now),
            "before": first - timedelta(weeks=1),
            "after": first + timedelta(weeks=1),
            "today": timezone.localdate(now),
        }
        return self.page(request, "calendar", gettext("Calendar of sessions"), **context)

    # --- booking on behalf ---

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {name: request.GET[name] for name in ("slot", "contact") if name in request.GET}
        form = BehalfForm(request.POST or None, by=request.user, at=timezone.now(), initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                booking = form.save()
            except ValidationError as refusal:
                form.add_error(None, refusal)
            else:
                messages.success(request, _("Booked. The contact has the confirmation and the invitation."))
                return redirect("admin:training_booking_change", booking.pk)
        return self.page(request, "behalf", gettext("Book on behalf of a company"), form=form)

    # --- one session ---

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """All that is known of a session, and the forms of what may be done with it."""
        booking = self.found(object_id)
        if not self.has_view_permission(request, booking) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return self.booking_page(request, booking)

    def deed_view(self, request, pk, deed):
        booking = self.found(pk)
        action, form_class = self.deeds[deed]
        if request.method != "POST" or not request.user.has_perm("training.change_booking"):
            raise PermissionDenied
        files = (request.FILES,) if action == "record" else ()
        form = form_class(request.POST, *files, booking=booking)
        if form.is_valid():
            try:
                words = form.save(by=request.user)
            except ValidationError as refusal:
                form.add_error(None, refusal)
            else:
                messages.success(request, words)
                return redirect("admin:training_booking_change", pk)
        return self.booking_page(request, self.found(pk), **{action: form})

    def recording_view(self, request, pk, number):
        """A recording for support."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        recording = get_object_or_404(Recording.objects.select_related("stored"), booking=pk, pk=number)
        if recording.stored is None:
            return redirect(recording.link)
        try:
            return serving.respond(request, recording.stored, name=recording.stored.name)
        except serving.Withheld:
            messages.error(request, _("The antivirus has yet to look at this file, or found something in it."))
            return redirect("admin:training_booking_change", pk)

    def booking_page(self, request, booking, **forms):
        """`forms`: those that were sent and refused."""
        may = self.doable(request, booking)
        known = dict(self.deeds.values())
        context = {
            "booking": booking,
            "forms": {name: forms.get(name) or form(booking=booking) for name, form in known.items() if name in may},
            "refused": next(iter(forms), ""),
            "wishes": booking.wishes.select_related("topic"),
            "attendees": booking.attendees.select_related("user"),
            "lines": HourEntry.objects.filter(reference=booking.public_id).select_related("by").newest_first(),
            "recordings": booking.recordings.select_related("stored"),
            "ticket_url": ticket_url(booking) if request.user.has_perm("tickets.add_ticket") else "",
        }
        status = HTTPStatus.UNPROCESSABLE_ENTITY if forms else HTTPStatus.OK
        return self.page(request, "session", str(booking), status=status, **context)

    def doable(self, request, booking) -> set[str]:
        """Which forms the page shows: the verbs decide again."""
        if not request.user.has_perm("training.change_booking"):
            return set()
        at, record = timezone.now(), {"record"} if booking.may_record else set()
        if booking.state != Booking.State.BOOKED:
            return record if booking.state == Booking.State.HELD else set()
        if at < booking.slot.starts:
            return {"move", "cancel", "give_link"}
        return {"complete", "cancel"} | record

    # --- the way of every page ---

    def found(self, pk) -> Booking:
        if not str(pk).isascii() or not str(pk).isdigit():
            raise Http404
        bookings = Booking.objects.in_rows().select_related(
            "booked_by", "cancelled_by", "completed_by", "module__product"
        )
        return get_object_or_404(bookings, pk=pk)

    def page(self, request, template, title, *, status=HTTPStatus.OK, **context):
        common = self.admin_site.each_context(request) | {"opts": self.opts, "title": title}
        return TemplateResponse(request, f"admin/training/booking/{template}.html", common | context, status=status)


def ticket_url(booking: Booking) -> str:
    """The desk's page for a new ticket, filled in with what is known: for doubts that came up."""
    subject = gettext("Doubt from the training of %(date)s: %(subject)s") % {
        "date": f"{booking.slot.starts.astimezone(booking.slot.trainer.zone):%d/%m/%Y}",
        "subject": booking.subject,
    }
    known = {"author": booking.contact.email, "subject": subject}
    if booking.module:
        known["product"] = booking.module.product_id
    return f"{reverse('admin:tickets_ticket_add')}?{urlencode(known)}"
